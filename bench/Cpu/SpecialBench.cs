using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Model;

namespace VggCuda.Bench.Cpu;

/// <summary>Whether unusual numbers are slow: a dead network, gradients and pictures of denormal numbers, values that are not finite.</summary>
internal static class SpecialBench
{
    private const double Tiny = 1e-40;

    public static void Run(BenchOptions options, Report report)
    {
        report.Line("");
        report.Line("## Unusual numbers, one thread, full width without the dense layers, tap block5_conv3");
        report.Line("");
        report.Line("| case | forward and backward, ms | processor time, ms |");
        report.Line("|---|---|---|");
        Topology topology = new(Topology.ImageNet.Blocks, null);
        Network alive = Network.FromWeights(new Shifted(new HeWeights(topology, 1), 0));
        Network dead = Network.FromWeights(new Shifted(new HeWeights(topology, 1), -1e6f));
        Network plain = Network.FromWeights(new Shifted(new HeWeights(topology, 1), null));
        Case(options, report, "as it should be", alive, 100, 1);
        Case(options, report, "dead network: every value below zero", dead, 100, 1);
        Case(options, report, "gradient at the tap of 1e-40", alive, 100, Tiny);
        Case(options, report, "no biases, picture of 1e-40: every value a denormal number", plain, Tiny, 1);
        Case(options, report, "picture of infinities", alive, double.PositiveInfinity, 1);
        Case(options, report, "picture of NaN", alive, double.NaN, 1);
    }

    private static void Case(BenchOptions options, Report report, string name, Network network, double picture, double tapGradient)
    {
        using CpuBackend backend = new(1);
        ProgramSpec spec = new() { Taps = [new TapSpec(network.Topology.Find("block5_conv3")!) { Channels = [[.. Enumerable.Range(0, 512)]] }], Batch = 1, Height = 224, Width = 224, Preprocessing = Preprocessing.Raw };
        using INetworkProgram program = backend.Compile(network, spec);
        using ITensor image = backend.Allocate(program.InputShape);
        using ITensor gradient = backend.Allocate(program.InputShape);
        using ITensor tap = backend.Allocate(program.Tap.Shape);
        Random random = new(1);
        backend.Upload(image, [.. Enumerable.Range(0, (int)program.InputShape.Count).Select(_ => picture * random.NextDouble())]);
        backend.Fill(tap, tapGradient);
        Times times = new();
        void Work()
        {
            program.Forward(image);
            program.Backward(tap, gradient);
        }

        Work();
        times.Add(Work, options.Rounds);
        report.Line($"| {name} | {times.Median:F1} | {times.LeastCpu:F1} |");
    }

    /// <summary>Weights with every bias moved, or left out.</summary>
    private sealed class Shifted(HeWeights inner, float? shift) : IWeightSource
    {
        public string Name => inner.Name;

        public IReadOnlyList<LayerWeights> Layers => inner.Layers;

        public void Read(string layer, WeightPart part, long start, Span<float> destination, CancellationToken cancellation = default)
        {
            inner.Read(layer, part, start, destination, cancellation);
            if (part == WeightPart.Bias)
            {
                foreach (ref float value in destination)
                {
                    value = shift is float s ? value + s : 0;
                }
            }
        }

        public string? ComputeSha256(CancellationToken cancellation = default) => null;

        public void Dispose() => inner.Dispose();
    }
}
