using System.Collections.Immutable;
using VggCuda.Engine.Model;

namespace VggCuda.Hdf5Loader.Keras;

/// <summary>How Keras arranged a weight file.</summary>
public enum KerasLayout
{
    /// <summary>Keras 1 and 2 <c>save_weights</c>, Keras 3 <c>save_weights</c> to <c>.h5</c>: <c>layer_names</c> at the root.</summary>
    Weights,

    /// <summary><c>model.save</c> to <c>.h5</c>: the same below <c>model_weights</c>.</summary>
    Model,

    /// <summary>Keras 2.12 to 2.14 <c>.weights.h5</c>: <c>_layer_checkpoint_dependencies</c>.</summary>
    Checkpoint,

    /// <summary>Keras 2.15 and 3 <c>.weights.h5</c>: <c>layers/NAME/vars</c>.</summary>
    Keras3Weights,

    /// <summary>A <c>.keras</c> archive with such a file in it.</summary>
    Keras3Archive,
}

/// <summary>How a tensor's bytes lie in the file.</summary>
public enum KerasStorage
{
    /// <summary>In one piece.</summary>
    Contiguous,

    /// <summary>In the object header.</summary>
    Compact,

    /// <summary>In chunks, possibly filtered.</summary>
    Chunked,

    /// <summary>Not told: no tensor of weights, or stored in a way that this reader does not take.</summary>
    Unknown,
}

/// <summary>A layer of the file that is not read.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Path">Path of its group.</param>
/// <param name="Reason">Why, as a clause that follows its name: "comes before ...".</param>
public sealed record IgnoredLayer(string Name, string Path, string Reason);

/// <summary>A layer of the file that was taken for one of the network's.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Path">Path of its group.</param>
/// <param name="TakenFor">The network's name for it, block3_conv1.</param>
/// <param name="Reason">How it was told.</param>
public sealed record TakenLayer(string Name, string Path, string TakenFor, string Reason);

/// <summary>A model in the file that has convolutions of its own.</summary>
/// <param name="Name">What to choose it by.</param>
/// <param name="Path">Path of its group; empty for the outermost.</param>
/// <param name="Network">The known network that it is, or null.</param>
/// <param name="Problem">Why it is none, or null.</param>
public sealed record ContainedNetwork(string Name, string Path, string? Network, string? Problem);

/// <summary>One tensor of a weight file.</summary>
/// <param name="Path">Path of the dataset in the file.</param>
/// <param name="Layer">The layer as the file names it.</param>
/// <param name="Part">Kernel or bias, told by the number of dimensions; null where it is neither.</param>
/// <param name="Shape">Dimensions.</param>
/// <param name="DataType">float32, float16, float64 or bfloat16, followed by " big-endian" where it is; of a layer that is not read any other.</param>
/// <param name="Storage">How the bytes lie.</param>
/// <param name="Filters">gzip, shuffle, fletcher32, in the order of writing.</param>
/// <param name="Offset">First byte in the file, of contiguous data.</param>
/// <param name="StoredBytes">Bytes taken in the file.</param>
public sealed record KerasTensor(
    string Path,
    string Layer,
    WeightPart? Part,
    ImmutableArray<long> Shape,
    string DataType,
    KerasStorage Storage,
    ImmutableArray<string> Filters,
    long? Offset,
    long StoredBytes)
{
    /// <summary>Number of elements.</summary>
    public long Count => Shape.Aggregate(1L, (a, b) => a * b);

    /// <summary>Contiguous little-endian float32: read straight into place.</summary>
    public bool IsPlain => Storage == KerasStorage.Contiguous && DataType == "float32";
}

/// <summary>What a weight file is and holds.</summary>
public sealed record KerasInspection
{
    /// <summary>The file's path, or what else the bytes are called.</summary>
    public required string Name { get; init; }

    /// <summary>Bytes.</summary>
    public required long FileSize { get; init; }

    /// <summary>How it is arranged.</summary>
    public required KerasLayout Layout { get; init; }

    /// <summary>The layer that holds the network as a nested model, or null.</summary>
    public string? NestedIn { get; init; }

    /// <summary>Keras's version, where the file says it.</summary>
    public string? KerasVersion { get; init; }

    /// <summary>Keras's backend, where the file says it.</summary>
    public string? Backend { get; init; }

    /// <summary>Version of HDF5's superblock, 0 to 3.</summary>
    public required int SuperblockVersion { get; init; }

    /// <summary>Bytes before the HDF5 data: a user block, or an archive's other members.</summary>
    public required long DataStart { get; init; }

    /// <summary>All tensors of the network in its order; where it is no known one, all of the file.</summary>
    public required ImmutableArray<KerasTensor> Tensors { get; init; }

    /// <summary>The models in it that have convolutions of their own: one mostly.</summary>
    public ImmutableArray<ContainedNetwork> Networks { get; init; } = [];

    /// <summary>How each layer of the network was told; empty where it is none.</summary>
    public ImmutableArray<TakenLayer> Taken { get; init; } = [];

    /// <summary>Layers with weights that are not read, and why.</summary>
    public ImmutableArray<IgnoredLayer> Ignored { get; init; } = [];

    /// <summary>Names of the layers with weights that are not read.</summary>
    public ImmutableArray<string> IgnoredLayers => [.. Ignored.Select(l => l.Name)];

    /// <summary>Why dense layers of the file are none of the network's, as a clause, or null: they are, or there are none.</summary>
    public string? HeadRefusal { get; init; }

    /// <summary>What was taken for granted because the file does not say it, as a clause; null where nothing was.</summary>
    public string? Assumption { get; init; }

    /// <summary>The VGG that it is, or null.</summary>
    public Topology? Topology { get; init; }

    /// <summary>Why it is no VGG, or null.</summary>
    public string? Problem { get; init; }

    /// <summary>Whether every tensor is contiguous little-endian float32.</summary>
    public bool IsPlain => Tensors.All(t => t.IsPlain);

    /// <summary>Number of values.</summary>
    public long ParameterCount => Tensors.Sum(t => t.Count);
}
