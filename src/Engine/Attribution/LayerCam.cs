using System.Text.Json.Serialization;

namespace VggCuda.Engine.Attribution;

/// <summary>Layer-CAM: m = max(0, sum over k of max(0, dz/dA_k) A_k), each position with its own weight.</summary>
/// <remarks>Jiang et al., "LayerCAM: Exploring Hierarchical Class Activation Maps for Localization" (IEEE TIP 30, 2021), equations 5 to 7; tf-keras-vis <c>Layercam</c>.</remarks>
public sealed record LayerCam : GradientCamMethod
{
    /// <summary>Keeps the positive gradients, as the method is defined.</summary>
    public LayerCam() => Modifier = GradientModifier.Relu;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Name => "layer-cam";

    internal override void Combine(ReadOnlySpan<double> maps, ReadOnlySpan<double> gradient, int channels, Span<double> sum)
    {
        for (int i = 0; i < maps.Length; i++)
        {
            sum[i / channels] += gradient[i] * maps[i];
        }
    }
}
