using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Attribution;

/// <summary>The variance of the gradient over noisy copies of the picture: m[y, x] = max over c of the population variance of dz/dp[y, x, c] at p + s e.</summary>
/// <remarks>Adebayo et al. (arXiv 1810.03307); captum's <c>NoiseTunnel</c> with <c>vargrad</c>, which subtracts two large numbers where this adds up deviations from the running mean (Welford 1962).</remarks>
public sealed record VarGrad : AttributionMethod
{
    /// <summary>Noisy copies, 2 or more.</summary>
    public int Samples { get; init; } = 50;

    /// <summary>The noise's standard deviation as a share of the picture's largest less its smallest value.</summary>
    public double Noise { get; init; } = 0.15;

    /// <summary>Seed of the noise.</summary>
    public uint Seed { get; init; } = 1337;

    /// <summary>How the gradient passes a ReLU.</summary>
    public ReluRule Relu { get; init; } = ReluRule.Plain;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Name => "vargrad";

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool IsSigned => false;

    /// <inheritdoc/>
    public override void Validate(Network network, int side) => NoiseRun.Validate(Samples, Noise);

    internal override IMethodRun Start(AttributionSetting setting) =>
        new NoiseRun(setting.Passes(Relu, imageGradient: true), Samples, Noise, Seed, static (_, variance, map) => GradientModifier.None.LargestOfChannels(variance, map));
}
