using System.Collections.Immutable;
using VggCuda.Engine.Hashing;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader.Format;
using VggCuda.Hdf5Loader.Keras;

namespace VggCuda.Hdf5Loader;

/// <summary>The weights of a VGG in a file written by Keras.</summary>
/// <remarks>
/// <para>Opening reads the file's structure and checks it, shapes included; no weight is read before <see cref="Read"/> asks for it, and then only that one. Contiguous float32 data go from the file straight into the caller's memory.</para>
/// <para>A file is trusted in nothing: every address, size, count and depth is checked against limits, and every value read is checked to be finite. See docs/weight-files.md for the layouts taken and the refusals.</para>
/// <para><see cref="Read"/> may be called from several threads. The file stays open, and must stay as it is, until <see cref="Dispose"/>.</para>
/// </remarks>
public sealed class KerasWeights : IWeightSource
{
    private readonly ByteSource _source;
    private readonly TensorMap _map;
    private readonly DatasetReader _reader;
    private readonly HashSet<Hdf5Dataset> _knownNonZero = [];
    private readonly long _contentLength;
    private string? _sha256;

    private KerasWeights(ByteSource source, KerasFile file, string? networkName)
    {
        _source = source;
        Name = file.Name;
        NetworkMatch match = file.Selection.Choose(networkName);
        _map = file.ReadTensors(match);
        _reader = new DatasetReader(file.Data);
        _contentLength = file.ContentLength(source.Length);
        Layers = _map.Layers;
        Topology = Network.FromWeights(this).Topology;
        Inspection = file.Inspect(source.Length, match, _map, Topology, null);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<LayerWeights> Layers { get; }

    /// <summary>The network's layer table.</summary>
    public Topology Topology { get; }

    /// <summary>What the file is and holds.</summary>
    public KerasInspection Inspection { get; }

    /// <summary>Bytes of weights read from the file so far.</summary>
    internal long BytesRead => _reader.BytesRead;

    /// <summary>Opens a file.</summary>
    /// <param name="path">A <c>.h5</c>, <c>.weights.h5</c>, <c>.hdf5</c> or <c>.keras</c> file; told by its content, not its name.</param>
    /// <param name="networkName">The model in it that is meant, by name or path, where it holds several; null where it holds one.</param>
    /// <exception cref="WeightsException">It cannot be read, or does not hold a VGG, or several; the message says what it is and what to do.</exception>
    public static KerasWeights Open(string path, string? networkName = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Open(path, () => KerasFile.OpenSource(path), networkName);
    }

    /// <summary>Opens a file that is in memory, such as the bundled model.</summary>
    /// <param name="bytes">The whole file; must not change while it is in use.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="networkName">The model in it that is meant, by name or path, where it holds several; null where it holds one.</param>
    /// <exception cref="WeightsException">The bytes do not hold a VGG, or several.</exception>
    public static KerasWeights Open(ReadOnlyMemory<byte> bytes, string name, string? networkName = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Open(name, () => new MemorySource(bytes), networkName);
    }

    /// <summary>Says what a weight file is and holds, also where it is another network than a VGG.</summary>
    /// <param name="path">The file.</param>
    /// <param name="networkName">The model in it that is meant, by name or path, where it holds several.</param>
    /// <exception cref="WeightsException">It is not a weight file that this reader understands.</exception>
    public static KerasInspection Inspect(string path, string? networkName = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return KerasFile.Guard(path, () =>
        {
            using ByteSource source = KerasFile.OpenSource(path);
            KerasFile file = KerasFile.Read(source, path);
            try
            {
                // Owned by this method's source; not disposed twice, a file source does not mind.
                KerasWeights weights = new(source, file, networkName);
                return weights.Inspection;
            }
            catch (Exception failure) when (failure is Hdf5Exception or WeightsException)
            {
                return file.Inspect(source.Length, null, null, null, NetworkSelection.Describe(failure));
            }
        });
    }

    /// <inheritdoc/>
    public void Read(string layer, WeightPart part, long start, Span<float> destination, CancellationToken cancellation = default)
    {
        if (_map.Find(layer, part) is not Hdf5Dataset dataset)
        {
            throw new ArgumentException($"{Name} has no layer '{layer}' with weights.", nameof(layer));
        }

        if (start < 0 || start > dataset.Count || destination.Length > dataset.Count - start)
        {
            throw new ArgumentOutOfRangeException(nameof(start), start, $"The {part} of '{layer}' has {dataset.Count} values; {destination.Length} from {start} on are not all among them.");
        }

        if (destination.Length == 0)
        {
            return;
        }

        try
        {
            _reader.Read(dataset, start, destination, cancellation);
            if (part == WeightPart.Kernel)
            {
                CheckNotAllZero(dataset, destination, cancellation);
            }
        }
        catch (Hdf5Exception failure)
        {
            throw new WeightsException(Name, layer, failure.Message, failure);
        }
        catch (IOException failure)
        {
            throw new WeightsException(Name, layer, $"cannot be read: {failure.Message}", failure);
        }
    }

    /// <summary>SHA-256 of the file, lower-case hex. Reads it once, in pieces of 256 KiB; later calls have it at once.</summary>
    /// <remarks>Of the file as far as it itself says that it goes: bytes appended behind that are no part of it, and may be any number.</remarks>
    /// <param name="cancellation">Ends the hashing after the piece that is being read.</param>
    /// <exception cref="WeightsException">The file cannot be read, or was changed since it was opened, so that the values read may be of another file.</exception>
    public string ComputeSha256(CancellationToken cancellation = default) => _sha256 ??= KerasFile.Guard(Name, () =>
    {
        using ContentHash hash = ContentHash.Sha256();
        byte[] buffer = new byte[1 << 18];
        for (long at = 0; at < _contentLength; at += buffer.Length)
        {
            cancellation.ThrowIfCancellationRequested();
            Span<byte> piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, _contentLength - at));
            _source.Read(at, piece);
            hash.Append(piece);
        }

        if (!_source.IsUnchanged)
        {
            throw new Hdf5Exception("was changed by another program while it was in use. Run the command again.");
        }

        return hash.Finish();
    });

    string? IWeightSource.ComputeSha256(CancellationToken cancellation) => ComputeSha256(cancellation);

    /// <summary>Reads every value once: all are finite, no kernel is all zeros, every checksum that the file has matches.</summary>
    /// <param name="progress">Told the values read so far after each piece.</param>
    /// <param name="cancellation">Ends the check early.</param>
    /// <exception cref="WeightsException">Something is wrong; the message says where.</exception>
    public void CheckContents(IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        long largest = Inspection.Tensors.Max(t => t.Count);
        float[] buffer = new float[(int)Math.Min(largest, 1 << 20)];
        long done = 0;
        foreach (LayerWeights layer in Layers)
        {
            foreach (WeightPart part in (WeightPart[])[WeightPart.Kernel, WeightPart.Bias])
            {
                long count = _map.Find(layer.Layer, part)!.Count;
                for (long start = 0; start < count; start += buffer.Length)
                {
                    Span<float> piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, count - start));
                    Read(layer.Layer, part, start, piece, cancellation);
                    progress?.Report(done += piece.Length);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();

    /// <summary>Opens any source; disposes it where that fails.</summary>
    internal static KerasWeights Open(string name, Func<ByteSource> open, string? networkName = null) => KerasFile.Guard(name, () =>
    {
        ByteSource source = open();
        try
        {
            return new KerasWeights(source, KerasFile.Read(source, name), networkName);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    });

    // A kernel of zeros computes nothing: the file was laid out but never filled. Looked at once per kernel, and no
    // further than to its first value that is not zero.
    private void CheckNotAllZero(Hdf5Dataset dataset, ReadOnlySpan<float> read, CancellationToken cancellation)
    {
        lock (_knownNonZero)
        {
            if (_knownNonZero.Contains(dataset))
            {
                return;
            }
        }

        if (!read.ContainsAnyExcept(0f))
        {
            float[] buffer = new float[(int)Math.Min(dataset.Count, 1 << 16)];
            bool found = false;
            for (long start = 0; start < dataset.Count && !found; start += buffer.Length)
            {
                Span<float> piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, dataset.Count - start));
                _reader.Read(dataset, start, piece, cancellation);
                found = piece.ContainsAnyExcept(0f);
            }

            if (!found)
            {
                throw new Hdf5Exception($"every value of its kernel '{dataset.Path}' is zero: the file was laid out but never filled. Save the weights again.");
            }
        }

        lock (_knownNonZero)
        {
            _knownNonZero.Add(dataset);
        }
    }
}
