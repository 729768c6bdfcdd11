using System.Collections.Immutable;

namespace VggCuda.Engine.Verdicts;

/// <summary>What pictures of one class have in common at a layer.</summary>
/// <param name="Pictures">Sample pictures that the network takes for the class.</param>
/// <param name="Same">How like the class such a picture is on average: the cosine between its standardised channel means and the others' mean.</param>
/// <param name="Other">The same of pictures that it takes for another class.</param>
/// <param name="Means">By channel the mean of the class's pictures, standardised.</param>
public sealed record ClassLikeness(int Pictures, double Same, double Other, ImmutableArray<double> Means);

/// <summary>What a layer's channels do on sample pictures, class by class: what a picture's inner activations are compared with.</summary>
public sealed record LayerLikeness
{
    // Below it the layer does not tell the class from the others, and a place between the two means nothing.
    private const double LeastGap = 0.1;

    /// <summary>Keras's name of the layer.</summary>
    public required string Name { get; init; }

    /// <summary>By channel the mean over the sample pictures of its mean over the map.</summary>
    public required ImmutableArray<double> Centres { get; init; }

    /// <summary>By channel the standard deviation of that.</summary>
    public required ImmutableArray<double> Deviations { get; init; }

    /// <summary>By class; null where fewer than two pictures were taken for it, or all.</summary>
    public required ImmutableArray<ClassLikeness?> Classes { get; init; }

    /// <summary>How like real pictures of a class a picture is: 1 as these are on average, 0 as pictures of other classes.</summary>
    /// <param name="index">The class.</param>
    /// <param name="means">The picture's channel means.</param>
    /// <returns>Null where there are too few pictures of the class, or the layer does not tell it from the others.</returns>
    public double? Trust(int index, ReadOnlySpan<double> means)
    {
        if (index >= Classes.Length || Classes[index] is not { } own || own.Same - own.Other < LeastGap)
        {
            return null;
        }

        double[] standardised = new double[means.Length];
        for (int c = 0; c < standardised.Length; c++)
        {
            standardised[c] = Standardised(means[c], Centres[c], Deviations[c]);
        }

        return (Cosine(standardised, own.Means.AsSpan()) - own.Other) / (own.Same - own.Other);
    }

    /// <summary>Deviations from the mean; a channel that is always the same says nothing.</summary>
    internal static double Standardised(double value, double centre, double deviation) => deviation > 0 ? (value - centre) / deviation : 0;

    /// <summary>The cosine of the angle between two vectors; 0 where one is 0.</summary>
    internal static double Cosine(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double dot = 0;
        double squareA = 0;
        double squareB = 0;
        for (int i = 0; i < a.Length; i++)
        {
            dot += a[i] * b[i];
            squareA += a[i] * a[i];
            squareB += b[i] * b[i];
        }

        double lengths = Math.Sqrt(squareA) * Math.Sqrt(squareB);
        return lengths > 0 && double.IsFinite(lengths) ? dot / lengths : 0;
    }
}
