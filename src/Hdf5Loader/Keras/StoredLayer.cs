using System.Collections.Immutable;
using VggCuda.Hdf5Loader.Format;

namespace VggCuda.Hdf5Loader.Keras;

/// <summary>A tensor of a layer as the file lists it. What it is like is found out leniently, for layers that may be none of the network's; only <see cref="Read"/> demands a tensor of weights.</summary>
internal sealed class StoredTensor(Hdf5File file, Hdf5Object owner, string name)
{
    private Hdf5Dataset? _dataset;

    /// <summary>The name in the layer's list, or its number.</summary>
    public string Name => name;

    /// <summary>Path of the dataset.</summary>
    public string Path => owner.Path;

    /// <summary>Dimensions; empty where they cannot be told, and of a single number.</summary>
    public ImmutableArray<long> Shape { get; } = owner.PeekShape() ?? [];

    /// <summary>The type of its numbers, for people.</summary>
    public string TypeName => owner.PeekType() ?? "?";

    /// <summary>Whether something was to be seen of it.</summary>
    public bool IsDataset => owner.IsDataset;

    /// <summary>The dataset.</summary>
    /// <exception cref="Hdf5Exception">It is none of weights, was never written, or lies outside the file.</exception>
    public Hdf5Dataset Read() => _dataset ??= owner.IsDataset
        ? Hdf5Dataset.Read(file, owner)
        : throw new Hdf5Exception($"has a group '{owner.Path}' where one of its weights should be; the file is damaged.");

    /// <summary>"(3, 3, 64, 128)".</summary>
    public override string ToString() => $"({string.Join(", ", Shape)})";
}

/// <summary>A layer as the file has it: with tensors, without, a nested model, or unreadable.</summary>
internal sealed record StoredLayer
{
    /// <summary>The layer's own name where the file has it, else its group's (conv2d_3).</summary>
    public required string Name { get; init; }

    /// <summary>What the file calls its group.</summary>
    public required string Key { get; init; }

    /// <summary>Path of its group.</summary>
    public required string Path { get; init; }

    /// <summary>Its class in the words of <see cref="LayerClass"/>, or null where nothing tells.</summary>
    public string? Class { get; init; }

    /// <summary>Its tensors in the file's order.</summary>
    public ImmutableArray<StoredTensor> Tensors { get; init; } = [];

    /// <summary>The model that it is, or null.</summary>
    public StoredModel? Model { get; init; }

    /// <summary>Its settings, where the file holds the model's configuration.</summary>
    public LayerSettings? Settings { get; init; }

    /// <summary>Why it cannot be read, or null.</summary>
    public string? Problem { get; init; }

    /// <summary>What it does where it is no layer of the network.</summary>
    public LayerEffect Effect => Model is not null || Problem is not null ? LayerEffect.Changes
        : LayerClass.EffectOf(Class) is var effect && effect == LayerEffect.Unknown && Tensors.Length > 0 ? LayerEffect.Changes
        : effect;

    /// <summary>Whether it halves the map by maxima: told by its class or by Keras's name, block3_pool.</summary>
    public bool IsMaxPool => Effect == LayerEffect.MaxPool || (Effect == LayerEffect.Unknown && Name is ['b', 'l', 'o', 'c', 'k', _, '_', 'p', 'o', 'o', 'l']);

    /// <summary>The one kernel of four dimensions of a convolution, or null.</summary>
    public StoredTensor? ConvolutionKernel => LayerClass.MayConvolve(Class) ? Kernel(4) : null;

    /// <summary>The one kernel of two dimensions of a dense layer, or null.</summary>
    public StoredTensor? DenseKernel => LayerClass.MayBeDense(Class) ? Kernel(2) : null;

    private StoredTensor? Kernel(int rank) =>
        Tensors.Length == 2 && Tensors.Count(t => t.Shape.Length == 1) == 1 ? Tensors.FirstOrDefault(t => t.Shape.Length == rank) : null;
}

/// <summary>A model: layers, some of which may be models themselves.</summary>
internal sealed record StoredModel
{
    /// <summary>Its name, or its group's; empty where the file does not name it.</summary>
    public required string Name { get; init; }

    /// <summary>Path of its group, empty for the outermost.</summary>
    public required string Path { get; init; }

    /// <summary>Whether <see cref="Layers"/> are in the model's order. Otherwise only layers of one class are in order among themselves.</summary>
    public required bool IsOrdered { get; init; }

    /// <summary>Whether the layers without weights are among <see cref="Layers"/>.</summary>
    public required bool IsComplete { get; init; }

    public required ImmutableArray<StoredLayer> Layers { get; init; }

    /// <summary>All layers of the model and of those within it, in one row, where the order of both is known; null where it is not, or nothing is within it.</summary>
    /// <remarks>Of a nested model without its configuration the list begins with what is trainable; it is in order where that is all, which the numbers of its layers must show.</remarks>
    public StoredModel? Unfolded
    {
        get
        {
            if (!IsOrdered || Layers.All(l => l.Model is null))
            {
                return null;
            }

            List<StoredLayer> row = [];
            foreach (StoredLayer layer in Layers)
            {
                if (layer.Model is not { } model)
                {
                    row.Add(layer);
                    continue;
                }

                if (!model.IsOrdered && model.Layers.Any(l => l.Model is not null))
                {
                    return null;
                }

                ImmutableArray<StoredLayer> inner = model.IsOrdered ? (model.Unfolded ?? model).Layers : [.. model.Layers.OrderBy(l => LayerClass.Split(l.Name).Number)];
                bool numbered = inner.Select(l => LayerClass.Split(l.Name).Class).Distinct().Count() == 1;
                if (!model.IsOrdered && !numbered)
                {
                    return null;
                }

                row.AddRange(inner);
            }

            return this with { Layers = [.. row] };
        }
    }

    /// <summary>This model and all within it, the outermost first.</summary>
    public IEnumerable<StoredModel> All => [this, .. Layers.Where(l => l.Model is not null).SelectMany(l => l.Model!.All)];
}

/// <summary>What a file holds.</summary>
internal sealed record StoredFile
{
    public required KerasLayout Layout { get; init; }

    public required StoredModel Model { get; init; }

    public string? KerasVersion { get; init; }

    public string? Backend { get; init; }

    /// <summary>Whether the model's configuration has a layer whose channels come first.</summary>
    public bool IsChannelsFirst { get; init; }
}
