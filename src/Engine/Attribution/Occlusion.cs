using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Attribution;

/// <summary>Occlusion: m[y, x] = the mean, over all positions of a square window that cover (y, x), of z(p) - z(p with the window filled by the baseline).</summary>
/// <remarks>
/// Zeiler and Fergus (arXiv 1311.2901), section 4; captum's <c>Occlusion</c>, which means over windows too, but lets the last ones hang over the edge. Here
/// the last window of each row and column is moved back to end at the edge, so that all are of one size and every pixel is covered.
/// </remarks>
public sealed record Occlusion : AttributionMethod
{
    /// <summary>Side of the window in pixels; null for a seventh of the picture's side, 32 of 224.</summary>
    public int? Window { get; init; }

    /// <summary>Pixels from one window to the next; null for a quarter of the window.</summary>
    public int? Stride { get; init; }

    /// <summary>What the window is filled with.</summary>
    public Baseline Baseline { get; init; } = Baseline.Zero;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Name => "occlusion";

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool IsSigned => true;

    /// <inheritdoc/>
    public override void Validate(Network network, int side)
    {
        (int window, int stride) = Sizes(side);
        Require(window >= 1 && window <= side, $"The window is {window} pixels wide; it must be between 1 and the picture's {side}.");
        Require(stride >= 1 && stride <= window, $"The stride is {stride}; it must be between 1 and the window's {window}, or pixels are left out.");
    }

    /// <summary>Window and stride for a picture's side.</summary>
    internal (int Window, int Stride) Sizes(int side)
    {
        int window = Window ?? Math.Max(1, (int)Math.Round(side / 7.0));
        return (window, Stride ?? Math.Max(1, window / 4));
    }

    internal override IMethodRun Start(AttributionSetting setting)
    {
        (int window, int stride) = Sizes(setting.Side);
        return new OcclusionRun(setting.Passes(ReluRule.Plain, imageGradient: false), Baseline, window, stride);
    }
}
