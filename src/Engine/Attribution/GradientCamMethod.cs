using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Attribution;

/// <summary>Members of the family whose weights come from the logit's gradient at the layer.</summary>
public abstract record GradientCamMethod : CamMethod
{
    /// <summary>How the gradient passes a ReLU above the layer; keras-vis's <c>backprop_modifier</c>.</summary>
    public ReluRule Relu { get; init; } = ReluRule.Plain;

    /// <summary>What is done to the gradient first; keras-vis's <c>grad_modifier</c>.</summary>
    public GradientModifier Modifier { get; init; } = GradientModifier.None;

    internal override IMethodRun Start(AttributionSetting setting) =>
        new CamRun(setting.Passes(Relu, imageGradient: false, new TapSpec(Find(setting.Network)) { WantsGradient = true }), this);

    /// <summary>Adds the weighted maps up.</summary>
    /// <param name="maps">A, (positions, channels).</param>
    /// <param name="gradient">g = dz/dA after <see cref="Modifier"/>, the same shape.</param>
    /// <param name="channels">How many.</param>
    /// <param name="sum">One value per position, zeros on entry.</param>
    internal abstract void Combine(ReadOnlySpan<double> maps, ReadOnlySpan<double> gradient, int channels, Span<double> sum);
}
