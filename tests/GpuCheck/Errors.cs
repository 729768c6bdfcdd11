using VggCuda.Engine.Backends;

namespace VggCuda.GpuCheck;

/// <summary>Measures of error, and what each precision may have.</summary>
internal static class Errors
{
    public static readonly Precision[] Precisions = [Precision.Fp32, Precision.Tf32, Precision.Fp16, Precision.Bf16];

    /// <summary>The largest error as a fraction of the largest finite value; 0 where all bits agree.</summary>
    public static double Relative(double[] expected, double[] actual)
    {
        double scale = expected.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
        double worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            if (!expected[i].Equals(actual[i]))
            {
                double error = Math.Abs(expected[i] - actual[i]) / Math.Max(scale, double.Epsilon);
                worst = double.IsNaN(error) ? double.PositiveInfinity : Math.Max(worst, error);
            }
        }

        return worst;
    }

    /// <summary>The error's Euclidean norm as a fraction of the expected one's.</summary>
    public static double Norm(double[] expected, double[] actual) =>
        Math.Sqrt(expected.Zip(actual, (e, a) => (e - a) * (e - a)).Sum() / expected.Sum(e => e * e));

    public static double TapTolerance(Precision precision) => precision switch
    {
        Precision.Fp32 => 1e-5,
        Precision.Bf16 => 0.16,
        _ => 0.02,
    };

    // ReLU masks and pooling decisions within rounding of a tie go either way, and in the contract's thin networks each one
    // weighs; PyTorch's own errors stand beside these in the report.
    public static double GradientTolerance(Precision precision) => precision switch
    {
        Precision.Fp32 => 2e-3,
        Precision.Bf16 => 0.8,
        _ => 0.15,
    };
}
