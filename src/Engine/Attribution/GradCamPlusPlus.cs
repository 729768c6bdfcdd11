using System.Text.Json.Serialization;

namespace VggCuda.Engine.Attribution;

/// <summary>Grad-CAM++: m = max(0, sum over k of w_k A_k), w_k = sum over positions of a g, where g = dz/dA_k is positive, a = 1 / (2 + g S_k) divided by its sum over those positions, S_k the sum of A_k.</summary>
/// <remarks>
/// Chattopadhay et al. (arXiv 1710.11063), equations 18 and 19 for the score exp(z), whose own value cancels, and the normalisation of the authors' program:
/// over the positions that count. Where g is negative the denominator may be 0 or less; those positions have no weight here. tf-keras-vis counts them in its sum.
/// </remarks>
public sealed record GradCamPlusPlus : GradientCamMethod
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Name => "grad-cam++";

    internal override void Combine(ReadOnlySpan<double> maps, ReadOnlySpan<double> gradient, int channels, Span<double> sum)
    {
        for (int k = 0; k < channels; k++)
        {
            double total = 0;
            for (int i = k; i < maps.Length; i += channels)
            {
                total += maps[i];
            }

            double weight = 0;
            double normalisation = 0;
            for (int i = k; i < gradient.Length; i += channels)
            {
                double g = gradient[i];
                if (g > 0)
                {
                    double alpha = 1 / (2 + (g * total));
                    normalisation += alpha;
                    weight += alpha * g;
                }
            }

            if (normalisation > 0)
            {
                for (int p = 0; p < sum.Length; p++)
                {
                    sum[p] += weight / normalisation * maps[(p * channels) + k];
                }
            }
        }
    }
}
