using System.Text.Json.Serialization;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader;
using VggCuda.Hdf5Loader.Files;
using VggCuda.Hdf5Loader.Keras;

namespace VggCuda.Cli.Weights;

/// <summary>What a weights file is and holds, as data.</summary>
internal sealed record FileInformation
{
    public required string Path { get; init; }

    public required long Size { get; init; }

    /// <summary>A published file that has this size, or null; verify compares the checksum.</summary>
    public string? PublishedBySize { get; init; }

    /// <summary>weights, model, checkpoint, keras3Weights, keras3Archive.</summary>
    public required string Layout { get; init; }

    /// <summary>The same in words.</summary>
    public required string Writer { get; init; }

    public string? KerasVersion { get; init; }

    public string? Backend { get; init; }

    public string? NestedIn { get; init; }

    public required int SuperblockVersion { get; init; }

    /// <summary>Position of the HDF5 data in the file.</summary>
    public required long DataStart { get; init; }

    /// <summary>Number formats and storage that occur.</summary>
    public required IReadOnlyList<string> DataTypes { get; init; }

    public required IReadOnlyList<string> Storage { get; init; }

    public required IReadOnlyList<string> Filters { get; init; }

    /// <summary>Whether it is read straight into place: contiguous little-endian float32.</summary>
    public required bool Plain { get; init; }

    public required long Parameters { get; init; }

    /// <summary>The network in a phrase, or null where it is no known one.</summary>
    public string? Network { get; init; }

    /// <summary>Why it is no known network, or null.</summary>
    public string? Problem { get; init; }

    /// <summary>Side of the input in pixels; null where any will do.</summary>
    public int? InputSize { get; init; }

    public int? Classes { get; init; }

    /// <summary>Where names of the classes come from, or null.</summary>
    public string? ClassNames { get; init; }

    /// <summary>Commands that can work with it.</summary>
    public required IReadOnlyList<string> Uses { get; init; }

    public required IReadOnlyList<TensorInformation> Tensors { get; init; }

    public IReadOnlyList<string> IgnoredLayers { get; init; } = [];

    /// <summary>The models in the file that have convolutions of their own; the names are for --network-name.</summary>
    public IReadOnlyList<ContainedNetwork> Networks { get; init; } = [];

    /// <summary>How each layer of the network was told.</summary>
    public IReadOnlyList<TakenLayer> Taken { get; init; } = [];

    /// <summary>Layers with weights that are not read, and why.</summary>
    public IReadOnlyList<IgnoredLayer> Ignored { get; init; } = [];

    /// <summary>Why dense layers of the file are not taken, or null.</summary>
    public string? HeadRefusal { get; init; }

    /// <summary>What was taken for granted because the file does not say it, or null.</summary>
    public string? Assumption { get; init; }

    public static FileInformation Of(KerasInspection found, IReadOnlyList<PublishedWeights> published) => new()
    {
        Path = found.Name,
        Size = found.FileSize,
        PublishedBySize = published.FirstOrDefault(p => p.Size == found.FileSize)?.Name,
        Layout = char.ToLowerInvariant(found.Layout.ToString()[0]) + found.Layout.ToString()[1..],
        Writer = WriterOf(found),
        KerasVersion = found.KerasVersion,
        Backend = found.Backend,
        NestedIn = found.NestedIn,
        SuperblockVersion = found.SuperblockVersion,
        DataStart = found.DataStart,
        DataTypes = [.. found.Tensors.Select(t => t.DataType).Distinct()],
        Storage = [.. found.Tensors.Select(t => StorageOf(t)).Distinct()],
        Filters = [.. found.Tensors.SelectMany(t => t.Filters).Distinct()],
        Plain = found.IsPlain,
        Parameters = found.ParameterCount,
        Network = found.Topology is null ? null : NetworkText.Of(found.Topology),
        Problem = found.Problem,
        InputSize = found.Topology?.FixedInputSize,
        Classes = found.Topology?.Head?.Classes,
        ClassNames = NamesOf(found),
        Uses = found.Topology switch
        {
            null => [],
            { Head: null } => ["activate of filters"],
            _ => ["activate of classes and filters", "predict"],
        },
        Tensors = [.. found.Tensors.Select(t => new TensorInformation(
            t.Layer,
            t.Part switch { WeightPart.Kernel => "kernel", WeightPart.Bias => "bias", _ => null },
            t.Path, [.. t.Shape], t.DataType, StorageOf(t), [.. t.Filters], t.Offset, t.StoredBytes))],
        IgnoredLayers = found.IgnoredLayers,
        Networks = found.Networks,
        Taken = found.Taken,
        Ignored = found.Ignored,
        HeadRefusal = found.HeadRefusal,
        Assumption = found.Assumption,
    };

    private static string StorageOf(KerasTensor tensor) => tensor.Storage.ToString().ToLowerInvariant();

    private static string WriterOf(KerasInspection found)
    {
        string version = found.KerasVersion is string v ? $"Keras {v}" : "Keras";
        string backend = found.Backend is string b ? $", {b} backend" : "";
        return found.Layout switch
        {
            KerasLayout.Weights when found.KerasVersion is null => "unknown, in the layout of Keras 1's save_weights",
            KerasLayout.Weights => $"{version}, save_weights to .h5{backend}",
            KerasLayout.Model => $"{version}, model.save to .h5{backend}",
            KerasLayout.Checkpoint => "Keras 2.12 to 2.14, save_weights to .weights.h5",
            KerasLayout.Keras3Weights => "Keras 2.15 or 3, save_weights to .weights.h5",
            _ => $"{(found.KerasVersion is null ? "Keras 3" : version)}, model.save to .keras",
        };
    }

    private static string? NamesOf(KerasInspection found)
    {
        if (found.Topology?.Head is not { } head)
        {
            return null;
        }

        string beside = Hdf5Loader.Files.ClassNames.PathBeside(found.Name);
        return File.Exists(beside) ? beside : head.Classes == ImageNetClasses.Count ? "ImageNet" : null;
    }
}

/// <summary>One tensor.</summary>
internal sealed record TensorInformation(
    string Layer, string? Part, string Dataset, IReadOnlyList<long> Shape, string DataType, string Storage, IReadOnlyList<string> Filters, long? Offset, long StoredBytes);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(FileInformation))]
internal sealed partial class FileInformationJson : JsonSerializerContext;
