using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Attribution;

/// <summary>The gradient of the logit: m[y, x] = max over c of |dz/dp[y, x, c]|, p the picture in RGB 0..255. With another rule for ReLU: guided backpropagation, or the deconvolutional network.</summary>
/// <remarks>Simonyan, Vedaldi and Zisserman (arXiv 1312.6034), section 3.1; keras-vis 0.5 <c>visualize_saliency</c> with its modifiers, before it stretches the map to 0..1.</remarks>
public sealed record Saliency : AttributionMethod
{
    /// <summary>How the gradient passes a ReLU; keras-vis's <c>backprop_modifier</c>.</summary>
    public ReluRule Relu { get; init; } = ReluRule.Plain;

    /// <summary>What is done to the gradient before the maximum over channels; keras-vis's <c>grad_modifier</c>.</summary>
    public GradientModifier Modifier { get; init; } = GradientModifier.Absolute;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Name => Relu switch { ReluRule.Guided => "guided", ReluRule.Deconvnet => "deconvnet", _ => "saliency" };

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool IsSigned => Modifier.IsSigned();

    /// <inheritdoc/>
    public override void Validate(Network network, int side)
    {
    }

    internal override IMethodRun Start(AttributionSetting setting) =>
        new GradientRun(setting.Passes(Relu, imageGradient: true), (_, _, gradient, map) => Modifier.LargestOfChannels(gradient, map));
}
