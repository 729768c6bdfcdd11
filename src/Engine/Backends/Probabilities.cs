using System.Collections.Immutable;

namespace VggCuda.Engine.Backends;

/// <summary>p_i = exp(z_i - max z) / sum_j exp(z_j - max z).</summary>
public static class Probabilities
{
    /// <summary>Probabilities of logits; they sum to 1.</summary>
    public static double[] Of(ReadOnlySpan<double> logits)
    {
        double[] p = new double[logits.Length];
        double max = Largest(logits);
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

    /// <summary>The probability of one class, without an array.</summary>
    public static double Of(ReadOnlySpan<double> logits, int index)
    {
        double max = Largest(logits);
        double sum = 0;
        foreach (double z in logits)
        {
            sum += Math.Exp(z - max);
        }

        return Math.Exp(logits[index] - max) / sum;
    }

    /// <summary>All of a picture's classes with the probabilities of logits that are divided by a temperature; the order stays.</summary>
    /// <param name="all">Every class.</param>
    /// <param name="temperature">Above 0; 1 changes nothing.</param>
    public static ImmutableArray<Prediction> Calibrated(ImmutableArray<Prediction> all, double temperature)
    {
        if (temperature == 1)
        {
            return all;
        }

        double[] probabilities = Of([.. all.Select(p => p.Logit / temperature)]);
        return [.. all.Select((p, i) => p with { Probability = probabilities[i] })];
    }

    private static double Largest(ReadOnlySpan<double> logits)
    {
        double max = double.NegativeInfinity;
        foreach (double z in logits)
        {
            max = Math.Max(max, z);
        }

        return max;
    }
}
