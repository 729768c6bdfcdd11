using System.Collections.Immutable;
using VggCuda.Engine.Attribution;

namespace VggCuda.Cli.Attribution;

/// <summary>A picture, a class that it was asked about, and each method's answer.</summary>
/// <param name="File">The picture's file.</param>
/// <param name="Answers">One per method.</param>
internal sealed record ExplainedPicture(string File, ImmutableArray<Answer> Answers)
{
    /// <summary>What the clean picture is taken for; the same whatever the method.</summary>
    public AttributionFacts Facts => Answers[0].Facts;
}

/// <summary>One method's answer.</summary>
/// <param name="Method">The method.</param>
/// <param name="Facts">What it found besides the map.</param>
/// <param name="Map">(side, side).</param>
internal sealed record Answer(AttributionMethod Method, AttributionFacts Facts, ReadOnlyMemory<float> Map);
