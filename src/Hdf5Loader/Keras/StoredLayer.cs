using System.Collections.Immutable;
using VggCuda.Hdf5Loader.Format;

namespace VggCuda.Hdf5Loader.Keras;

/// <summary>A layer with weights, as the file has it.</summary>
/// <param name="Name">The layer's name, or its counted class name (conv2d_3) where <see cref="StoredNetwork.IsCounted"/>.</param>
/// <param name="Weights">Its datasets in the file's order.</param>
internal sealed record StoredLayer(string Name, ImmutableArray<Hdf5Dataset> Weights);

/// <summary>What a file holds.</summary>
internal sealed record StoredNetwork
{
    public required KerasLayout Layout { get; init; }

    /// <summary>The layers with weights, in model order.</summary>
    public required ImmutableArray<StoredLayer> Layers { get; init; }

    /// <summary>Names are counted class names; only the order tells which layer is which.</summary>
    public bool IsCounted { get; init; }

    public string? NestedIn { get; init; }

    public ImmutableArray<string> IgnoredLayers { get; init; } = [];

    public string? KerasVersion { get; init; }

    public string? Backend { get; init; }
}
