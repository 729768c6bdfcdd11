using System.Text.Json.Serialization;

namespace VggCuda.Engine.Attribution;

/// <summary>Grad-CAM: m = max(0, sum over k of w_k A_k), w_k the mean over positions of dz/dA_k.</summary>
/// <remarks>
/// Selvaraju et al. (arXiv 1610.02391), equations 1 and 2. captum's <c>LayerGradCam</c> keeps the negative part unless told otherwise; keras-vis looks
/// at block5_pool, divides the gradient by its largest value and enlarges by splines.
/// </remarks>
public sealed record GradCam : GradientCamMethod
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Name => "grad-cam";

    internal override void Combine(ReadOnlySpan<double> maps, ReadOnlySpan<double> gradient, int channels, Span<double> sum)
    {
        double[] weights = new double[channels];
        for (int i = 0; i < gradient.Length; i += channels)
        {
            for (int k = 0; k < channels; k++)
            {
                weights[k] += gradient[i + k] / sum.Length;
            }
        }

        for (int p = 0; p < sum.Length; p++)
        {
            ReadOnlySpan<double> at = maps.Slice(p * channels, channels);
            for (int k = 0; k < channels; k++)
            {
                sum[p] += weights[k] * at[k];
            }
        }
    }
}
