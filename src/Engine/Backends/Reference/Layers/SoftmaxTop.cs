namespace VggCuda.Engine.Backends.Reference.Layers;

/// <summary>p[i] = exp(z[i] - max z) / sum over j of exp(z[j] - max z), for each image by itself.</summary>
/// <remarks>Bridle (1990); the largest logit is taken out so that nothing overflows.</remarks>
internal static class SoftmaxTop
{
    /// <summary>In place: logits become probabilities.</summary>
    public static void Forward(double[] values, int images)
    {
        int classes = values.Length / images;
        for (int n = 0; n < images; n++)
        {
            Span<double> z = values.AsSpan(n * classes, classes);
            double largest = double.NegativeInfinity;
            foreach (double logit in z)
            {
                largest = Math.Max(largest, logit);
            }

            double sum = 0;
            for (int i = 0; i < z.Length; i++)
            {
                z[i] = Math.Exp(z[i] - largest);
                sum += z[i];
            }

            for (int i = 0; i < z.Length; i++)
            {
                z[i] /= sum;
            }
        }
    }

    /// <summary>In place: dz[i] = p[i] (dp[i] - sum over j of dp[j] p[j]).</summary>
    public static void Backward(double[] probabilities, double[] gradient, int images)
    {
        int classes = probabilities.Length / images;
        for (int n = 0; n < images; n++)
        {
            ReadOnlySpan<double> p = probabilities.AsSpan(n * classes, classes);
            Span<double> g = gradient.AsSpan(n * classes, classes);
            double mean = 0;
            for (int j = 0; j < g.Length; j++)
            {
                mean += g[j] * p[j];
            }

            for (int i = 0; i < g.Length; i++)
            {
                g[i] = p[i] * (g[i] - mean);
            }
        }
    }
}
