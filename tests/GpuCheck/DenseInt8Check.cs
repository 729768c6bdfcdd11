using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Kernels;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.GpuCheck;

/// <summary>Programs with dense weights of a byte each, against the reference with the same rounded weights.</summary>
internal static class DenseInt8Check
{
    public static void Run(Settings settings, CheckResult result)
    {
        using CudaBackend backend = (settings with { DenseWeights = DenseWeights.EightBit }).Open();
        using ReferenceBackend reference = new();
        result.Columns("program", "precision", "tap, error over its norm", "gradient, the same", "at most");
        foreach (string name in (string[])["fc1", "fc2, lists filled up", "predictions, all", "softmax, all", "one dense layer"])
        {
            foreach (Precision precision in (Precision[])[Precision.Fp32, Precision.Fp16])
            {
                NetworkCase one = NetworkCase.All[name];
                using Tensors mine = new(backend);
                using Tensors theirs = new(reference);
                (double[] tap, double[] gradient) = one.Run(mine, precision);
                (double[] expectedTap, double[] expectedGradient) = (one with { Network = Int8Weights.Rounded(one.Network) }).Run(theirs, Precision.Fp32);

                // Twice what other programs may have: rounding both weights and activations, more decisions of ReLU and pooling fall the other way.
                (double most, double mostBack) = (Errors.TapTolerance(precision), 2 * Errors.GradientTolerance(precision));
                double forward = Errors.Norm(expectedTap, tap), back = Errors.Norm(expectedGradient, gradient);
                result.Row(name, precision.ToString().ToLowerInvariant(), forward, back, $"{most}, {mostBack}");
                result.Require(forward <= most, $"{name}: tap {forward:R}");
                result.Require(back <= mostBack, $"{name}: gradient {back:R}");
            }
        }
    }
}
