using System.Collections.Immutable;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader.Format;

namespace VggCuda.Hdf5Loader.Keras;

/// <summary>A weight file's structure, whatever its layout and network.</summary>
internal sealed class KerasFile
{
    private readonly Hdf5File _file;
    private readonly StoredFile _stored;
    private readonly long _dataStart;

    private KerasFile(Hdf5File file, StoredFile stored, string name, long dataStart)
    {
        _file = file;
        _stored = stored;
        _dataStart = dataStart;
        Name = name;
        Selection = NetworkSelection.Of(name, stored.Model);
        Data = file.Metadata.Source;
    }

    /// <summary>What to call it in messages.</summary>
    public string Name { get; }

    /// <summary>The networks in it.</summary>
    public NetworkSelection Selection { get; }

    /// <summary>What the datasets' offsets count in.</summary>
    public ByteSource Data { get; }

    /// <summary>Opens a file for reading.</summary>
    public static ByteSource OpenSource(string path)
    {
        FileInfo info = new(path);
        if (!info.Exists)
        {
            throw new Hdf5Exception(Directory.Exists(path) ? ForeignFile.DescribeFolder(path) : "does not exist.");
        }

        // Also keeps pipes and devices from being opened, which have no length and could block for ever.
        return info.Length == 0 ? throw new Hdf5Exception("is empty. Download or copy it again.") : new FileSource(path);
    }

    /// <summary>Bytes from the beginning to the end that the file says it has; all of an archive.</summary>
    /// <param name="fileSize">All of its bytes.</param>
    public long ContentLength(long fileSize) => _stored.Layout == KerasLayout.Keras3Archive ? fileSize : _file.UserBlock + _file.Metadata.End;

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
    /// <param name="source">The whole file.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="Hdf5Exception">It is not a weight file that this reader understands.</exception>
    public static KerasFile Read(ByteSource source, string name)
    {
        byte[] head = new byte[(int)Math.Min(source.Length, 4)];
        source.Read(0, head);
        if (!KerasArchive.IsZip(head))
        {
            return Read(source, source, name, null);
        }

        KerasArchive archive = KerasArchive.Open(source);
        return Read(source, archive.Weights, name, archive);
    }

    /// <summary>Reads what the layers of a network are stored as, and checks that it can be so.</summary>
    /// <exception cref="Hdf5Exception">A tensor is none of weights, was never written, lies outside the file or on another's bytes.</exception>
    public TensorMap ReadTensors(NetworkMatch match)
    {
        // The rows of the first dense layer are in channel, row, column order then; only a stored configuration tells.
        if (_stored.IsChannelsFirst && match.Layers.FirstOrDefault(l => !VggNames.IsConvolution(l.Name)) is { } dense)
        {
            throw new Hdf5Exception("is of a model with data_format 'channels_first', whose first dense layer sees the channels in another order; this reader takes 'channels_last'. Build the model with channels_last in Keras, transpose that layer's rows from (channels, rows, columns) to (rows, columns, channels), and save it again; without the dense layers nothing need be changed.").In(dense.Stored.Name);
        }

        TensorMap map = TensorMap.Read(match);
        ExtentCheck.Verify([.. map.Tensors.SelectMany(t => t.Dataset.Extents)], _file.Metadata.Extents);
        ExpansionCheck.Verify(map.Tensors.Select(t => t.Dataset));
        return map;
    }

    /// <summary>Describes the file to people.</summary>
    /// <param name="fileSize">Bytes.</param>
    /// <param name="match">The network in it, or null.</param>
    /// <param name="map">What its layers are stored as, or null.</param>
    /// <param name="topology">Its layer table, or null.</param>
    /// <param name="problem">Why there is none, or null.</param>
    public KerasInspection Inspect(long fileSize, NetworkMatch? match, TensorMap? map, Topology? topology, string? problem) => new()
    {
        Name = Name,
        FileSize = fileSize,
        Layout = _stored.Layout,
        NestedIn = match is not null && !ReferenceEquals(match.Model, Selection.Root) ? match.Model.Name : null,
        KerasVersion = _stored.KerasVersion,
        Backend = _stored.Backend,
        SuperblockVersion = _file.Version,
        DataStart = _dataStart,
        Tensors = map is not null ? [.. map.Tensors.Select(t => Describe(t.Layer, t.Dataset))] : [.. Selection.Root.All.SelectMany(m => m.Layers).Where(l => l.Model is null).SelectMany(l => l.Tensors.Select(t => DescribeLeniently(l.Name, t)))],
        Networks = Selection.Networks,
        Taken = match is null ? [] : [.. match.Layers.Select(l => new TakenLayer(l.Stored.Name, l.Stored.Path, l.Name, l.Reason))],
        Ignored = match is null ? [] : Selection.Ignored(match),
        HeadRefusal = match?.HeadRefusal,
        Assumption = match?.Assumption,
        Topology = topology,
        Problem = problem,
    };

    private static KerasFile Read(ByteSource whole, ByteSource part, string name, KerasArchive? archive)
    {
        Hdf5File file = Hdf5File.TryOpen(part) ?? throw new Hdf5Exception(archive is null
            ? ForeignFile.DescribeName(name) ?? ForeignFile.Describe(whole)
            : "is an archive whose 'model.weights.h5' is not an HDF5 file.");
        StoredFile stored = ReadStored(file, archive?.Configuration);
        return new KerasFile(file, archive is null ? stored : stored with { Layout = KerasLayout.Keras3Archive, KerasVersion = archive.KerasVersion }, name, (archive?.Weights.Start ?? 0) + file.UserBlock);
    }

    private static StoredFile ReadStored(Hdf5File file, string? configuration)
    {
        Hdf5Object root = file.Root;
        if (NamedLayout.TryRead(file, root, KerasLayout.Weights) is StoredFile weights)
        {
            return weights;
        }

        if (root.Links.ContainsKey("model_weights") && file.Find(root, "model_weights") is Hdf5Object group)
        {
            return NamedLayout.TryRead(file, group, KerasLayout.Model)
                ?? throw new Hdf5Exception("has a group 'model_weights' without 'layer_names'; it is damaged or was not written by Keras.");
        }

        if (root.FindAttribute("nb_layers") is not null)
        {
            throw new Hdf5Exception("is in the layout of Keras 0.x (layer_0/param_0), whose kernels are Theano's: rotated by 180 degrees and ordered (out, in, 3, 3). Take the file named '..._tf_dim_ordering_tf_kernels.h5'.");
        }

        if (VariableLayout.TryRead(file, configuration) is StoredFile variables)
        {
            return variables;
        }

        string found = root.Links.Count == 0 ? "nothing" : string.Join(", ", root.Links.Keys.Take(6));
        throw new Hdf5Exception($"is an HDF5 file, but not one of Keras's weight files: it has no 'layer_names', 'model_weights', 'layers' or '_layer_checkpoint_dependencies'. At its root: {found}.");
    }

    // Of a file that is no known network's: as well as it can be read.
    private KerasTensor DescribeLeniently(string layer, StoredTensor tensor)
    {
        try
        {
            return Describe(layer, tensor.Read());
        }
        catch (Hdf5Exception)
        {
            return new KerasTensor(tensor.Path, layer, TensorMap.PartOf(tensor.Shape.Length), tensor.Shape, tensor.TypeName, KerasStorage.Unknown, [], null, 0);
        }
    }

    private KerasTensor Describe(string layer, Hdf5Dataset dataset) => new(
        dataset.Path,
        layer,
        TensorMap.PartOf(dataset.Shape.Length),
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
