namespace VggCuda.Engine.Attribution;

/// <summary>p_c = exp(z_c - max z) / sum_j exp(z_j - max z), for one class and without an array.</summary>
internal static class Softmax
{
    /// <summary>The probability of one class.</summary>
    public static double Of(ReadOnlySpan<double> logits, int index)
    {
        double max = double.NegativeInfinity;
        foreach (double z in logits)
        {
            max = Math.Max(max, z);
        }

        double sum = 0;
        foreach (double z in logits)
        {
            sum += Math.Exp(z - max);
        }

        return Math.Exp(logits[index] - max) / sum;
    }
}
