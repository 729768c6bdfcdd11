using System.Collections.Immutable;

namespace VggCuda.Engine.Model;

/// <summary>The dense layers behind the last pooling: ReLU on all but the last, which is the classifier.</summary>
/// <param name="Grid">Side of the last pooling's square output: 7 for 224 pixels.</param>
/// <param name="Layers">Names and units, in order; at least one.</param>
public sealed record Head(int Grid, ImmutableArray<(string Name, int Units)> Layers)
{
    private const int KerasLayers = 3;

    /// <summary>The names that Keras gives a VGG's dense layers: fc1, fc2, predictions.</summary>
    public static ImmutableArray<string> KerasNames { get; } = [.. Enumerable.Range(1, KerasLayers).Select(i => NameOf(i, KerasLayers))];

    /// <summary>Units of the last layer.</summary>
    public int Classes => Layers[^1].Units;

    /// <summary>A head with names after Keras's: fc1, fc2, and so on, and predictions for the last.</summary>
    /// <param name="grid">Side of the last pooling's square output.</param>
    /// <param name="units">Units of each layer; the last are the classes.</param>
    public static Head Create(int grid, params ImmutableArray<int> units) =>
        new(grid, [.. units.Select((count, i) => (NameOf(i + 1, units.Length), count))]);

    /// <summary>The same grid, names and units.</summary>
    public bool Equals(Head? other) => other is not null && Grid == other.Grid && Layers.SequenceEqual(other.Layers);

    /// <inheritdoc/>
    public override int GetHashCode() => Layers.Aggregate(Grid, (hash, layer) => HashCode.Combine(hash, layer));

    private static string NameOf(int number, int count) => number == count ? "predictions" : $"fc{number}";
}
