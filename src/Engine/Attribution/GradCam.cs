using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

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

    internal override IMethodRun Start(AttributionSetting setting)
    {
        Layer layer = Find(setting.Network);
        if (Modifier != GradientModifier.None || !SummedHead.Serves(setting.Network.Topology, layer))
        {
            return base.Start(setting);
        }

        SummedHead head = new(setting.Network);
        TapSpec units = new(head.First) { Point = TapPoint.BeforeActivation, WantsGradient = true };
        return new CamRun(setting.Passes(Relu, imageGradient: false, new TapSpec(layer), units), this, head);
    }

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

        AddWeighted(maps, weights, sum);
    }

    /// <summary>sum[p] += sum over channels of weight times map.</summary>
    internal static void AddWeighted(ReadOnlySpan<double> maps, ReadOnlySpan<double> weights, Span<double> sum)
    {
        for (int p = 0; p < sum.Length; p++)
        {
            ReadOnlySpan<double> at = maps.Slice(p * weights.Length, weights.Length);
            for (int k = 0; k < weights.Length; k++)
            {
                sum[p] += weights[k] * at[k];
            }
        }
    }
}
