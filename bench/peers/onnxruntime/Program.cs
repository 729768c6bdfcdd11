using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Model;
using VggCuda.Engine.Rendering;
using VggCuda.Hdf5Loader;
using VggCuda.Peers.OnnxRuntime;

// predict of the full network beside ONNX Runtime, in alternation in one process: pictures in memory to the likeliest classes.
// [rounds] [threads]
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
int rounds = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 9;
int threads = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : Environment.ProcessorCount;
Network network = Network.FromWeights(MemoryWeights.CopyOf(new HeWeights(Topology.ImageNet, 1)));
int side = network.Topology.FixedInputSize!.Value;
using SessionOptions options = new() { IntraOpNumThreads = threads, InterOpNumThreads = 1, GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL };
using InferenceSession session = new(OnnxModel.Of(network), options);
using CpuBackend backend = new(threads);
Console.WriteLine($"{backend.Description.Device}, {threads} threads, ONNX Runtime {OrtEnv.Instance().GetVersionString()}; medians of {rounds} rounds in alternation, milliseconds a picture.");
foreach (int batch in new[] { 1, 8 })
{
    Random random = new(1);
    float[][] pictures = [.. Enumerable.Range(0, batch).Select(_ => Enumerable.Range(0, side * side * 3).Select(_ => (float)random.Next(256)).ToArray())];

    // What the runtime gets is preprocessed beforehand: blue first, less the means, planes.
    float[] means = [103.939f, 116.779f, 123.68f];
    float[] planes = new float[batch * 3 * side * side];
    for (int i = 0; i < planes.Length; i++)
    {
        int place = i % (side * side), channel = i / (side * side) % 3, picture = i / (side * side) / 3;
        planes[i] = pictures[picture][(place * 3) + 2 - channel] - means[channel];
    }

    using OrtValue input = OrtValue.CreateTensorValueFromMemory(planes, [batch, 3, side, side]);
    using RunOptions run = new();
    using Predictor predictor = new(backend, network, batch, top: 5);
    float[] Theirs()
    {
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, ["image"], [input], [OnnxModel.Output]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    ImmutableArray<ImmutableArray<Prediction>> ours = predictor.Predict(pictures);
    float[] theirs = Theirs();
    double largest = theirs.Max(Math.Abs), off = 0;
    for (int i = 0; i < batch; i++)
    {
        foreach (Prediction p in ours[i])
        {
            off = Math.Max(off, Math.Abs(p.Logit - theirs[(i * (theirs.Length / batch)) + p.Class]) / largest);
        }
    }

    if (off > 1e-4)
    {
        Console.Error.WriteLine($"Nothing is timed: the logits of batch {batch} differ by {off:E1} of the largest.");
        return 1;
    }

    List<double> mine = [], other = [];
    for (int round = 0; round <= rounds; round++)
    {
        double Time(Action action)
        {
            long start = Stopwatch.GetTimestamp();
            action();
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds / batch;
        }

        double a = Time(() => predictor.Predict(pictures)), b = Time(() => Theirs());
        if (round > 0)
        {
            mine.Add(a);
            other.Add(b);
        }
    }

    double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);
    Console.WriteLine($"batch {batch}: ours {Median(mine):F1}, ONNX Runtime {Median(other):F1}: {Median(other) / Median(mine):F2} times as fast (largest difference of logits {off:E1})");
}

return 0;
