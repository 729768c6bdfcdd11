using System.Text.Json.Serialization;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Attribution;

/// <summary>The gradient along the straight path from a baseline b to the picture p: m[y, x] = sum over c of (p - b)[y, x, c] times the integral over t from 0 to 1 of dz/dp[y, x, c] at b + t (p - b).</summary>
/// <remarks>
/// Sundararajan, Taly and Yan (arXiv 1703.01365); captum's <c>IntegratedGradients</c>, summed over channels, so that the map's sum is z(p) - z(b)
/// (completeness). While the gap is above the tolerance the steps are doubled, up to the limit.
/// </remarks>
public sealed record IntegratedGradients : AttributionMethod
{
    /// <summary>Nodes to begin with, 2 or more.</summary>
    public int Steps { get; init; } = 50;

    /// <summary>The most nodes that are tried.</summary>
    public int MaxSteps { get; init; } = 400;

    /// <summary>The gap that is good enough, as a share of |z(p) - z(b)|.</summary>
    public double Tolerance { get; init; } = 0.01;

    /// <summary>How the integral is added up.</summary>
    public Quadrature Rule { get; init; } = Quadrature.GaussLegendre;

    /// <summary>Where the path begins.</summary>
    public Baseline Baseline { get; init; } = Baseline.Zero;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Name => "integrated-gradients";

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool IsSigned => true;

    /// <inheritdoc/>
    public override void Validate(Network network, int side)
    {
        const int most = 10_000;
        Require(Steps is >= 2 and <= most, $"The number of steps is {Steps}; it must be between 2 and {most}.");
        Require(MaxSteps >= Steps && MaxSteps <= most, $"The limit of steps is {MaxSteps}; it must be between the steps, {Steps}, and {most}.");
        Require(Tolerance >= 0 && double.IsFinite(Tolerance), $"The tolerance is {Tolerance}; it must be a finite number, 0 or more.");
    }

    internal override IMethodRun Start(AttributionSetting setting) => new IntegratedGradientsRun(setting.Passes(Backends.ReluRule.Plain, imageGradient: true), this);
}
