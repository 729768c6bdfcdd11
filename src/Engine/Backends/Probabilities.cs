namespace VggCuda.Engine.Backends;

/// <summary>p_i = exp(z_i - max z) / sum_j exp(z_j - max z).</summary>
public static class Probabilities
{
    /// <summary>Probabilities of logits; they sum to 1.</summary>
    public static double[] Of(ReadOnlySpan<double> logits)
    {
        double max = double.NegativeInfinity;
        foreach (double z in logits)
        {
            max = Math.Max(max, z);
        }

        double[] p = new double[logits.Length];
        double sum = 0;
        for (int i = 0; i < p.Length; i++)
        {
            sum += p[i] = Math.Exp(logits[i] - max);
        }

        for (int i = 0; i < p.Length; i++)
        {
            p[i] /= sum;
        }

        return p;
    }
}
