using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Attribution;

/// <summary>The mean of the gradient over noisy copies of the picture: m[y, x] = max over c of |mean of dz/dp[y, x, c] at p + s e|, e normal, s a share of the picture's range.</summary>
/// <remarks>
/// Smilkov et al. (arXiv 1706.03825), section 3: the signed gradient is averaged, as in captum's <c>NoiseTunnel</c>. tf-keras-vis averages its
/// magnitude, which cannot cancel. The noise comes from the seed alone: the same for every picture, batch and backend.
/// </remarks>
public sealed record SmoothGrad : AttributionMethod
{
    /// <summary>Noisy copies, 2 or more.</summary>
    public int Samples { get; init; } = 50;

    /// <summary>The noise's standard deviation as a share of the picture's largest less its smallest value; the paper: 0.1 to 0.2.</summary>
    public double Noise { get; init; } = 0.15;

    /// <summary>Seed of the noise.</summary>
    public uint Seed { get; init; } = 1337;

    /// <summary>How the gradient passes a ReLU.</summary>
    public ReluRule Relu { get; init; } = ReluRule.Plain;

    /// <summary>What is done to the mean before the maximum over channels.</summary>
    public GradientModifier Modifier { get; init; } = GradientModifier.Absolute;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Name => "smoothgrad";

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool IsSigned => Modifier.IsSigned();

    /// <inheritdoc/>
    public override void Validate(Network network, int side) => NoiseRun.Validate(Samples, Noise);

    internal override IMethodRun Start(AttributionSetting setting) =>
        new NoiseRun(setting.Passes(Relu, imageGradient: true), Samples, Noise, Seed, (mean, _, map) => Modifier.LargestOfChannels(mean, map));
}
