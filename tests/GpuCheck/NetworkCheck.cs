using System.Runtime.InteropServices;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Randomness;
using VggCuda.Engine.Rendering;
using VggCuda.Kernels;

namespace VggCuda.GpuCheck;

/// <summary>The whole network in every precision: logits and the image's gradient, written out beside weights and image for PyTorch to check (bench/peers/pytorch_check.py).</summary>
internal static class NetworkCheck
{
    // Of the others the layers are checked one by one; each precision here costs its plans.
    private static readonly Precision[] Precisions = [Precision.Fp32, Precision.Fp16, Precision.Bf16];

    public static void Run(Settings settings, CheckResult result)
    {
        Compute(settings, result);
        PythonPeer.Run("pytorch_check.py", settings.Scratch, result);
    }

    private static void Compute(Settings settings, CheckResult result)
    {
        using CudaBackend backend = settings.Open();
        Network network = settings.Network();
        RawWeights.Write(settings.Scratch, network.Weights, settings.Side);
        int channel = 20 % settings.Topology.Head!.Classes;
        double[] image = Image(settings.Side);
        WriteFloats(settings, "image", image);
        result.Columns("who", "logits (largest)", "gradient (norm)", "against");
        double[]? logits32 = null;
        double[]? gradient32 = null;
        foreach (Precision precision in Precisions)
        {
            double[] logits = Logits(backend, network, settings, precision, image);
            double[] gradient = Gradient(backend, network, settings, precision, image, channel);
            WriteFloats(settings, $"logits_{precision}", logits);
            WriteFloats(settings, $"gradient_{precision}", gradient);
            logits32 ??= logits;
            gradient32 ??= gradient;
            double logitError = Errors.Relative(logits32, logits);
            double gradientError = Errors.Norm(gradient32, gradient);
            result.Row(precision, logitError, gradientError, "our fp32");
            result.Require(logitError <= Errors.TapTolerance(precision), $"{precision}: logits {logitError:R}");
            result.Require(gradientError <= Errors.GradientTolerance(precision), $"{precision}: gradient {gradientError:R}");
        }
    }

    private static double[] Logits(CudaBackend backend, Network network, Settings settings, Precision precision, double[] image)
    {
        ProgramSpec spec = Spec(settings, precision) with { NeedsGradient = false };
        using INetworkProgram program = backend.Compile(network, spec);
        using ITensor input = backend.Allocate(program.InputShape);
        backend.Upload(input, image);
        program.Forward(input);
        double[] logits = new double[program.Tap.Shape.Count];
        backend.Download(program.Tap, logits);
        return logits;
    }

    private static double[] Gradient(CudaBackend backend, Network network, Settings settings, Precision precision, double[] image, int channel)
    {
        using INetworkProgram program = backend.Compile(network, Spec(settings, precision) with { Taps = [Spec(settings, precision).Taps[0] with { Channels = [[channel]] }] });
        using ITensor input = backend.Allocate(program.InputShape);
        using ITensor output = backend.Allocate(program.InputShape);
        using ITensor tapGradient = backend.Allocate(program.Tap.Shape);
        backend.Upload(input, image);
        backend.Fill(tapGradient, 1);
        program.Forward(input);
        program.Backward(tapGradient, output);
        double[] gradient = new double[output.Shape.Count];
        backend.Download(output, gradient);
        return gradient;
    }

    private static ProgramSpec Spec(Settings settings, Precision precision) => new()
    {
        Taps = [new TapSpec(settings.Topology.Find("predictions")!)],
        Batch = 1,
        Height = settings.Side,
        Width = settings.Side,
        Precision = precision,
        Preprocessing = Preprocessing.Raw,
    };

    private static double[] Image(int side)
    {
        NumPyRandom random = new(5);
        return [.. Enumerable.Range(0, side * side * 3).Select(_ => (double)(float)(random.NextDouble() * 255))];
    }

    private static void WriteFloats(Settings settings, string name, double[] values) =>
        File.WriteAllBytes(Path.Combine(settings.Scratch, name.ToLowerInvariant() + ".f32"), MemoryMarshal.AsBytes<float>([.. values.Select(v => (float)v)]).ToArray());
}
