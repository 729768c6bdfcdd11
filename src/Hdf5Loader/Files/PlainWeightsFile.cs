using System.Buffers.Binary;
using System.Runtime.InteropServices;
using VggCuda.Engine.Files;
using VggCuda.Engine.Model;

namespace VggCuda.Hdf5Loader.Files;

/// <summary>Writes weights in the layout of the published Keras files: the plainest there is, and the one every reader knows.</summary>
/// <remarks>
/// HDF5 with superblock version 0 and symbol-table groups; the root attribute <c>layer_names</c>; a group per layer, the weightless
/// ones too, with the attribute <c>weight_names</c>; contiguous little-endian float32 datasets such as
/// <c>/block1_conv1/block1_conv1_W_1:0</c> (3, 3, in, out) and <c>..._b_1:0</c> (out). Same weights, same bytes, on every machine.
/// Unlike the published files, each dataset begins at a multiple of 64 bytes.
/// </remarks>
public static class PlainWeightsFile
{
    /// <summary>Values generated and written at a time by one thread: 4 MiB.</summary>
    private const int PieceLength = 1 << 20;

    /// <summary>The same for a source in chunks, 32 MiB and one thread: larger pieces decode fewer chunks twice, and only one thread at a time decodes.</summary>
    private const int ChunkedPieceLength = 1 << 23;
    private const int MostThreads = 8;
    private const int MillisecondsBetweenReports = 100;

    /// <summary>The size of the file that <see cref="Write"/> makes of a network, in bytes.</summary>
    public static long SizeOf(Topology topology)
    {
        ArgumentNullException.ThrowIfNull(topology);
        return PlainLayout.Of(topology).Length;
    }

    /// <summary>Writes a file: under a temporary name beside it, renamed when it is whole.</summary>
    /// <param name="source">The weights; each value is read once, at most 32 MiB in memory at a time, from several threads where that helps.</param>
    /// <param name="path">The file to make; its folder must exist.</param>
    /// <param name="overwrite">Whether a file of that name may be replaced.</param>
    /// <param name="progress">Told about ten times a second, from any thread.</param>
    /// <param name="cancellation">Ends the writing; nothing is left behind.</param>
    /// <returns>The network that was written.</returns>
    /// <exception cref="WeightsException">The source is no VGG or cannot be read.</exception>
    /// <exception cref="IOException">The file cannot be written: it exists, the disk is full, the folder is missing or closed, the path is a device.</exception>
    public static Topology Write(
        IWeightSource source,
        string path,
        bool overwrite = false,
        IProgress<FileProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentException.ThrowIfNullOrEmpty(path);
        Topology topology = Network.FromWeights(source).Topology;
        PlainLayout layout = PlainLayout.Of(topology);
        StagedFiles.Check(path, overwrite);
        DiskSpace.Demand(path, layout.Length, DiskSpace.Free(Path.GetDirectoryName(FilePaths.Resolve(path))!));

        // The whole length is allocated at once, so that a full disk shows before anything is generated.
        using StagedFiles files = new();
        files.Stage(
            path,
            layout.Length,
            write =>
            {
                write(layout.Head, 0);
                WriteValues(source, layout, write, progress, cancellation);
            },
            overwrite);
        cancellation.ThrowIfCancellationRequested();
        files.Commit();
        return topology;
    }

    private static void WriteValues(
        IWeightSource source, PlainLayout layout, WriteAt write, IProgress<FileProgress>? progress, CancellationToken cancellation)
    {
        bool chunked = source is KerasWeights { Inspection.IsPlain: false };
        int pieceLength = chunked ? ChunkedPieceLength : PieceLength;
        long total = layout.Tensors.Sum(t => t.Count) * sizeof(float);
        long done = 0;
        long lastReport = Environment.TickCount64;
        Lock reporting = new();
        ParallelOptions options = new()
        {
            CancellationToken = cancellation,
            MaxDegreeOfParallelism = chunked ? 1 : Math.Min(MostThreads, Environment.ProcessorCount),
        };
        try
        {
            Parallel.ForEach(
                System.Collections.Concurrent.Partitioner.Create(Pieces(layout, pieceLength), System.Collections.Concurrent.EnumerablePartitionerOptions.NoBuffering),
                options,
                () => new float[pieceLength],
                (piece, _, buffer) =>
                {
                    Span<float> values = buffer.AsSpan(0, piece.Length);
                    source.Read(piece.Tensor.Layer, piece.Tensor.Part, piece.Start, values, cancellation);
                    if (!BitConverter.IsLittleEndian)
                    {
                        Span<int> bits = MemoryMarshal.Cast<float, int>(values);
                        BinaryPrimitives.ReverseEndianness(bits, bits);
                    }

                    write(MemoryMarshal.AsBytes(values), piece.Tensor.Offset + (piece.Start * sizeof(float)));
                    Report(values.Length * sizeof(float));
                    return buffer;
                },
                _ => { });
        }
        catch (AggregateException e)
        {
            // Threads that failed together tell of the same fault: the first is enough.
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.Flatten().InnerExceptions[0]);
        }

        progress?.Report(new FileProgress(total, total));

        void Report(int bytes)
        {
            if (progress is null)
            {
                return;
            }

            lock (reporting)
            {
                done += bytes;
                long now = Environment.TickCount64;
                if (now - lastReport >= MillisecondsBetweenReports)
                {
                    lastReport = now;
                    progress.Report(new FileProgress(done, total));
                }
            }
        }
    }

    private static IEnumerable<(PlainLayout.Tensor Tensor, long Start, int Length)> Pieces(PlainLayout layout, int length)
    {
        foreach (PlainLayout.Tensor tensor in layout.Tensors)
        {
            for (long start = 0; start < tensor.Count; start += length)
            {
                yield return (tensor, start, (int)Math.Min(length, tensor.Count - start));
            }
        }
    }
}
