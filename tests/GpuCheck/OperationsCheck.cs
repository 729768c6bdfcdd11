using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Model;
using VggCuda.Kernels;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.GpuCheck;

/// <summary>Every image operation against the reference, on the shapes of the contract tests and on a picture's.</summary>
internal static class OperationsCheck
{
    private static readonly TensorShape[] Shapes =
        [new(1, 65, 33, 3), new(3, 37, 41, 3), new(2, 9, 11, 7), new(3, 7, 1, 5), new(2, 1, 9, 3), new(5, 2, 2, 1), new(1, 131, 129, 5), new(2, 224, 224, 3)];

    public static void Run(Settings settings, CheckResult result)
    {
        using CudaBackend backend = settings.Open();
        using ReferenceBackend reference = new();
        result.Columns("operation", "largest error, relative to the largest value", "at most");
        foreach ((string name, OperationCase operation) in OperationCase.All)
        {
            double worst = 0;
            foreach (TensorShape shape in settings.Small ? Shapes[..^2] : Shapes)
            {
                using Tensors mine = new(backend);
                using Tensors theirs = new(reference);
                double[][] actual = operation.Run(mine, shape, 0);
                double[][] expected = operation.Run(theirs, shape, 0);
                for (int i = 0; i < expected.Length; i++)
                {
                    worst = Math.Max(worst, Errors.Relative(expected[i], actual[i]));
                }
            }

            result.Row(name, worst, operation.IsExact ? "0" : "2e-6");
            result.Require(worst <= (operation.IsExact ? 0 : 2e-6), $"{name}: error {worst:R}");
        }

        CheckRanking(backend, reference, result);
    }

    // What predict asks for: in eighths, so that equal logits are many, and with values that are no numbers.
    private static void CheckRanking(CudaBackend backend, IBackend reference, CheckResult result)
    {
        TensorShape shape = new(3, 1, 1, 1000);
        double[] logits = [.. Samples.Uniform(shape, -6, 9, 31).Select(v => Math.Round(v * 8) / 8)];
        logits[2500] = double.NaN;
        double worst = 0;
        bool sameOrder = true;
        using Tensors mine = new(backend);
        using Tensors theirs = new(reference);
        foreach (int top in (int[])[1, 5, 1000])
        {
            Prediction[] actual = [.. ((IBackend)backend).Rank(mine.Put(shape, logits), top).SelectMany(p => p)];
            Prediction[] expected = [.. reference.Rank(theirs.Put(shape, logits), top).SelectMany(p => p)];
            sameOrder &= expected.Select(p => p.Class).SequenceEqual(actual.Select(p => p.Class));
            worst = Math.Max(worst, Errors.Relative([.. expected.Select(p => p.Probability)], [.. actual.Select(p => p.Probability)]));
        }

        result.Row("Rank: softmax and top k", worst, "2e-6");
        result.Require(sameOrder, "Rank: another order than the reference's");
        result.Require(worst <= 2e-6, $"Rank: error {worst:R}");
    }
}

/// <summary>The contract's programs, small and odd, in every precision against the reference.</summary>
internal static class NetworkCasesCheck
{
    public static void Run(Settings settings, CheckResult result)
    {
        using CudaBackend backend = settings.Open();
        using ReferenceBackend reference = new();
        result.Columns("case", "precision", "tap", "gradient (norm)", "gradient of weights rounded by chance");
        foreach (Precision precision in Errors.Precisions)
        {
            bool same = ShiftedCase.Networks.All(name => Enum.GetValues<ShiftMode>().All(mode =>
            {
                using Tensors t = new(backend);
                List<double[]> two = ShiftedCase.Run(t, NetworkCase.All[name], precision, mode, fused: false);
                return two.Zip(ShiftedCase.Run(t, NetworkCase.All[name], precision, mode, fused: true)).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));
            }));
            result.Row("shift fused into the input", precision, same ? "the bits of two passes" : "other bits", "", "");
            result.Require(same, $"{precision}: the shift fused into the input gives other bits than a shift and a pass");
        }

        foreach ((string name, NetworkCase one) in NetworkCase.All.Where((_, i) => !settings.Small || i % 6 == 0))
        {
            using Tensors theirs = new(reference);
            (double[] tap, double[] gradient) = one.Run(theirs, Precision.Fp32);
            double chance = GradientByChance(reference, one, gradient);
            foreach (Precision precision in Errors.Precisions)
            {
                using Tensors mine = new(backend);
                (double[] myTap, double[] myGradient) = one.Run(mine, precision);
                double tapError = Errors.Relative(tap, myTap);
                double gradientError = Errors.Norm(gradient, myGradient);
                result.Row(name, precision, tapError, gradientError, precision == Precision.Fp32 ? "" : chance);
                result.Require(tapError <= Errors.TapTolerance(precision), $"{name} {precision}: tap {tapError:R}");
                double most = Math.Max(Errors.GradientTolerance(precision), precision == Precision.Fp32 ? 0 : 2 * chance);
                result.Require(gradientError <= most, $"{name} {precision}: gradient {gradientError:R}");
            }
        }
    }

    // How far the gradient of a network goes whose ReLUs and maxima lie within rounding of a tie: the largest of a few networks with weights rounded
    // by chance, in double precision. An error of that size says nothing about a backend.
    private static double GradientByChance(ReferenceBackend reference, NetworkCase one, double[] gradient)
    {
        double largest = 0;
        for (int seed = 0; seed < 6; seed++)
        {
            using Tensors rounded = new(reference);
            (_, double[] other) = (one with { Network = Network.FromWeights(new RoundedWeights(one.Network.Weights, seed)) }).Run(rounded, Precision.Fp32);
            largest = Math.Max(largest, Errors.Norm(gradient, other));
        }

        return largest;
    }
}
