using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Attribution;

/// <summary>RISE: m = 1 / (N q) times the sum over N random masks M of the class's probability for b + M (p - b), times M; b what the network sees as 0, q the share of the grid that is kept.</summary>
/// <remarks>
/// Petsiuk, Das and Saenko (arXiv 1806.07421), equation 6, and its masks: a grid of g x g cells, each 1 with probability q, enlarged bilinearly to
/// (g + 1) cells of ceil(side / g) pixels and cut at a random offset of less than a cell. From the seed alone, in NumPy's stream: a grid, then two whole numbers, for each mask.
/// </remarks>
public sealed record Rise : AttributionMethod
{
    /// <summary>Random masks, 1 or more; the paper: 4000 for VGG16.</summary>
    public int Masks { get; init; } = 4000;

    /// <summary>Cells along each side; the paper: 7.</summary>
    public int Grid { get; init; } = 7;

    /// <summary>Probability that a cell is kept; the paper: 0.5.</summary>
    public double Keep { get; init; } = 0.5;

    /// <summary>Seed of the masks.</summary>
    public uint Seed { get; init; } = 1337;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Name => "rise";

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool IsSigned => false;

    /// <inheritdoc/>
    public override void Validate(Network network, int side)
    {
        Require(Masks is >= 1 and <= 1_000_000, $"The number of masks is {Masks}; it must be between 1 and 1000000.");
        Require(Grid >= 1 && Grid <= side, $"The grid of the masks has {Grid} cells along a side; it must be between 1 and the picture's {side} pixels.");
        Require(Keep is > 0 and <= 1, $"A cell of a mask is kept with probability {Keep}; it must be above 0 and at most 1.");
    }

    internal override IMethodRun Start(AttributionSetting setting) => new RiseRun(setting.Passes(ReluRule.Plain, imageGradient: false), this, setting.Batch);
}
