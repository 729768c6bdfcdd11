using System.Collections.Immutable;

namespace VggCuda.Engine.Backends;

/// <summary>Ranks classes on the host: what <see cref="IBackend.Rank"/> does where a backend has nothing better.</summary>
internal static class HostRanking
{
    /// <summary>The first <paramref name="top"/> of one image's classes.</summary>
    public static ImmutableArray<Prediction> Of(ReadOnlySpan<double> logits, int top)
    {
        double[] own = logits.ToArray();
        double[] probabilities = Probabilities.Of(own);

        // .NET's order has NaN below all numbers and -0 equal to 0, and a stable sort leaves equals in their places.
        return [.. Enumerable.Range(0, own.Length).OrderByDescending(c => own[c]).Take(top).Select(c => new Prediction(c, probabilities[c], own[c]))];
    }
}
