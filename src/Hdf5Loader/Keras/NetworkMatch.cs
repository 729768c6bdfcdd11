using System.Collections.Immutable;
using VggCuda.Engine.Model;

namespace VggCuda.Hdf5Loader.Keras;

/// <summary>A layer of the file that was taken for a layer of the network.</summary>
/// <param name="Name">The network's name for it, block3_conv1.</param>
/// <param name="Stored">The layer in the file.</param>
/// <param name="Reason">How it was told.</param>
internal sealed record MatchedLayer(string Name, StoredLayer Stored, string Reason);

/// <summary>A VGG found in a model.</summary>
internal sealed record NetworkMatch
{
    public required StoredModel Model { get; init; }

    public required Architecture Architecture { get; init; }

    /// <summary>Convolutions, then dense layers, in the network's order.</summary>
    public required ImmutableArray<MatchedLayer> Layers { get; init; }

    /// <summary>Layers of the same model that are not read, and why.</summary>
    public required ImmutableArray<IgnoredLayer> Ignored { get; init; }

    /// <summary>Why the model's dense layers are none of the network's, or null: they are, or there are none.</summary>
    public string? HeadRefusal { get; init; }

    /// <summary>What was taken for granted, because the file does not say it; null where nothing was.</summary>
    public string? Assumption { get; init; }
}
