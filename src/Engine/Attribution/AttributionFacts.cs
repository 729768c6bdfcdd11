using System.Collections.Immutable;
using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Attribution;

/// <summary>What was found about a picture besides its map.</summary>
/// <param name="Class">The class that was asked about: the caller's, or the likeliest.</param>
/// <param name="Logit">Its logit for the clean picture.</param>
/// <param name="Probability">Its softmax probability, 0..1, at the plan's <see cref="AttributionPlan.Temperature"/>.</param>
/// <param name="Top">The likeliest classes, at most five, by falling probability.</param>
public sealed record AttributionFacts(int Class, double Logit, double Probability, ImmutableArray<Prediction> Top)
{
    /// <summary>How integrated gradients came out; null for other methods.</summary>
    public IntegrationFacts? Integration { get; init; }
}
