using System.Collections.Immutable;

namespace VggCuda.Engine.Verdicts;

/// <summary>What is to be said of a unit and the picture that was drawn for it.</summary>
public enum VerdictKind
{
    /// <summary>The percentile says it.</summary>
    Percentile,

    /// <summary>The unit is not above 0 anywhere in the drawn picture, nor was it in any sample picture.</summary>
    NeverActive,

    /// <summary>A probability of 0.9999 or more was drawn for: there is hardly more to gain, and hardly a gradient.</summary>
    Saturated,

    /// <summary>Nothing in the finished picture changes the objective: its gradient is 0 in every pixel.</summary>
    NoGradient,
}

/// <summary>A unit's verdict.</summary>
/// <param name="Kind">What is said.</param>
/// <param name="Percentile">The share of sample pictures, in percent, to which the unit answers more weakly than to the finished picture.</param>
public sealed record Verdict(VerdictKind Kind, double Percentile)
{
    /// <summary>The kind in words: <c>percentile</c>, <c>never active</c>, <c>saturated</c>, <c>no gradient</c>.</summary>
    public string Words => Kind switch
    {
        VerdictKind.NeverActive => "never active",
        VerdictKind.Saturated => "saturated",
        VerdictKind.NoGradient => "no gradient",
        _ => "percentile",
    };
}

/// <summary>How like real pictures of its class a picture is at one layer.</summary>
/// <param name="Layer">Keras's name.</param>
/// <param name="Value">1 as real pictures of the class are on average, 0 as pictures of other classes; null where that is not known.</param>
public sealed record LayerTrust(string Layer, double? Value);

/// <summary>What is to be said of one drawn picture.</summary>
/// <param name="Index">The picture's place in the plan.</param>
/// <param name="Units">As its <see cref="Rendering.RenderedImage.Scores"/>; null where there are no statistics of the unit.</param>
/// <param name="Trust">By layer, from below; empty where it was not asked for, or the picture is not of one class.</param>
public sealed record PictureVerdict(int Index, ImmutableArray<Verdict?> Units, ImmutableArray<LayerTrust> Trust);
