using System.Collections.Immutable;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader.Format;

namespace VggCuda.Hdf5Loader.Keras;

/// <summary>A weight file's structure, whatever its layout and network.</summary>
internal sealed class KerasFile
{
    private readonly Hdf5File _file;
    private readonly long _dataStart;

    private KerasFile(Hdf5File file, StoredNetwork network, long dataStart)
    {
        _file = file;
        _dataStart = dataStart;
        Network = network;
        Data = file.Metadata.Source;
    }

    public StoredNetwork Network { get; }

    /// <summary>What the datasets' offsets count in.</summary>
    public ByteSource Data { get; }

    /// <summary>Opens a file for reading.</summary>
    public static ByteSource OpenSource(string path)
    {
        FileInfo info = new(path);
        if (!info.Exists)
        {
            throw new Hdf5Exception(Directory.Exists(path) ? "is a directory; a file was expected." : "does not exist.");
        }

        // Also keeps pipes and devices from being opened, which have no length and could block for ever.
        return info.Length == 0 ? throw new Hdf5Exception("is empty. Download or copy it again.") : new FileSource(path);
    }

    /// <summary>Runs something on a file, and gives all its failures one type.</summary>
    public static T Guard<T>(string name, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Hdf5Exception failure)
        {
            throw new WeightsException(name, failure.Layer, failure.Message, failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new WeightsException(name, null, $"cannot be opened or read: {failure.Message}", failure);
        }
    }

    /// <summary>Reads the structure.</summary>
    /// <exception cref="Hdf5Exception">It is not a weight file that this reader understands.</exception>
    public static KerasFile Read(ByteSource source)
    {
        byte[] head = new byte[(int)Math.Min(source.Length, 4)];
        source.Read(0, head);
        if (!KerasArchive.IsZip(head))
        {
            return Read(source, source, null, null);
        }

        KerasArchive archive = KerasArchive.Open(source);
        return Read(source, archive.Weights, archive.Weights.Start, archive.KerasVersion);
    }

    /// <summary>Describes the file to people.</summary>
    public KerasInspection Inspect(string name, long fileSize, Topology? topology, string? problem) => new()
    {
        Name = name,
        FileSize = fileSize,
        Layout = Network.Layout,
        NestedIn = Network.NestedIn,
        KerasVersion = Network.KerasVersion,
        Backend = Network.Backend,
        SuperblockVersion = _file.Version,
        DataStart = _dataStart,
        Tensors = [.. Network.Layers.SelectMany(l => l.Weights.Select(w => Describe(l.Name, w)))],
        IgnoredLayers = Network.IgnoredLayers,
        Topology = topology,
        Problem = problem,
    };

    private static KerasFile Read(ByteSource whole, ByteSource part, long? memberStart, string? version)
    {
        Hdf5File file = Hdf5File.TryOpen(part) ?? throw new Hdf5Exception(memberStart is null
            ? ForeignFile.Describe(whole)
            : "is an archive whose 'model.weights.h5' is not an HDF5 file.");
        StoredNetwork network = ReadNetwork(file);
        if (memberStart is not null)
        {
            network = network with { Layout = KerasLayout.Keras3Archive, KerasVersion = version };
        }

        // The rows of the first dense layer are in channel, row, column order then; only a stored configuration tells.
        if (network.Layers.FirstOrDefault(l => l.Weights.Any(w => w.Shape.Length == 2)) is { } dense && file.Root.Text("model_config")?.Contains("\"channels_first\"", StringComparison.Ordinal) == true)
        {
            throw new Hdf5Exception("is of a model with data_format 'channels_first', whose first dense layer sees the channels in another order; this reader takes 'channels_last'. Build the model with channels_last in Keras, transpose that layer's rows from (channels, rows, columns) to (rows, columns, channels), and save it again; without the dense layers nothing need be changed.").In(dense.Name);
        }

        List<Extent> data = [.. network.Layers.SelectMany(l => l.Weights).SelectMany(w => w.Extents)];
        ExtentCheck.Verify(data, file.Metadata.Extents);
        return new KerasFile(file, network, (memberStart ?? 0) + file.UserBlock);
    }

    private static StoredNetwork ReadNetwork(Hdf5File file)
    {
        Hdf5Object root = file.Root;
        if (NamedLayout.TryRead(file, root, KerasLayout.Weights) is StoredNetwork weights)
        {
            return weights;
        }

        if (root.Links.ContainsKey("model_weights") && file.Find(root, "model_weights") is Hdf5Object group)
        {
            return NamedLayout.TryRead(file, group, KerasLayout.Model)
                ?? throw new Hdf5Exception("has a group 'model_weights' without 'layer_names'; it is damaged or was not written by Keras.");
        }

        if (VariableLayout.TryRead(file) is StoredNetwork variables)
        {
            return variables;
        }

        if (root.FindAttribute("nb_layers") is not null)
        {
            throw new Hdf5Exception("is in the layout of Keras 0.x (layer_0/param_0), whose kernels are Theano's: rotated by 180 degrees and ordered (out, in, 3, 3). Take the file named '..._tf_dim_ordering_tf_kernels.h5'.");
        }

        string found = root.Links.Count == 0 ? "nothing" : string.Join(", ", root.Links.Keys.Take(6));
        throw new Hdf5Exception($"is an HDF5 file, but not one of Keras's weight files: it has no 'layer_names', 'model_weights', 'layers' or '_layer_checkpoint_dependencies'. At its root: {found}.");
    }

    private KerasTensor Describe(string layer, Hdf5Dataset dataset) => new(
        dataset.Path,
        layer,
        LayerMapping.PartOf(dataset),
        dataset.Shape,
        dataset.Number.ToString(),
        dataset.Storage switch
        {
            StorageKind.Contiguous => KerasStorage.Contiguous,
            StorageKind.Compact => KerasStorage.Compact,
            _ => KerasStorage.Chunked,
        },
        dataset.Chunks?.Filters.Names ?? [],
        dataset.Storage == StorageKind.Contiguous ? _dataStart + dataset.Offset : null,
        dataset.StoredBytes);
}
