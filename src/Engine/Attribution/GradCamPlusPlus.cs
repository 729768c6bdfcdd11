using System.Text.Json.Serialization;

namespace VggCuda.Engine.Attribution;

/// <summary>Grad-CAM++: m = max(0, sum over k of w_k A_k), w_k = sum over the positions where g = dz/dA_k is positive of g / (2 + g S_k), S_k the sum of A_k over positions.</summary>
/// <remarks>
/// Chattopadhay et al. (arXiv 1710.11063), section 3, for the score exp(z), whose own value is a common factor and left out: for large logits it overflows. Where g
/// is negative its weight is 0, and so the denominator is never below 2. The authors' program and tf-keras-vis divide the coefficients by their sum, which the paper does not.
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
            for (int i = k; i < gradient.Length; i += channels)
            {
                double g = Math.Max(gradient[i], 0);
                weight += g / (2 + (g * total));
            }

            for (int p = 0; p < sum.Length; p++)
            {
                sum[p] += weight * maps[(p * channels) + k];
            }
        }
    }
}
