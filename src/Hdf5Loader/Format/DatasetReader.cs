using System.Buffers;
using System.Runtime.InteropServices;

namespace VggCuda.Hdf5Loader.Format;

/// <summary>Reads ranges of datasets into the caller's memory as float32. Safe to use from several threads.</summary>
internal sealed class DatasetReader(ByteSource source)
{
    // Small enough that the check for finite values finds the piece in the processor's cache, large enough for the calls not to count.
    private const int PieceBytes = 1 << 18;

    private readonly Lock _gate = new();
    private readonly ChunkCache _cache = new(source);

    /// <summary>Bytes read from the file so far, structure not counted.</summary>
    public long BytesRead => Interlocked.Read(ref _bytesRead);

    private long _bytesRead;

    /// <summary>Reads consecutive elements in C order.</summary>
    /// <exception cref="Hdf5Exception">They cannot be read, or one is not finite.</exception>
    public void Read(Hdf5Dataset dataset, long start, Span<float> destination, CancellationToken cancellation)
    {
        if (dataset.Storage == StorageKind.Chunked)
        {
            ReadChunked(dataset, start, destination, cancellation);
        }
        else
        {
            ReadFlat(dataset, start, destination, cancellation);
        }
    }

    private void ReadFlat(Hdf5Dataset dataset, long start, Span<float> destination, CancellationToken cancellation)
    {
        int size = dataset.Number.Size;
        bool native = dataset.Number.IsNative;
        byte[]? buffer = native ? null : ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            int step = PieceBytes / size;
            for (int at = 0; at < destination.Length; at += step)
            {
                cancellation.ThrowIfCancellationRequested();
                Span<float> piece = destination.Slice(at, Math.Min(step, destination.Length - at));
                Span<byte> bytes = native ? MemoryMarshal.AsBytes(piece) : buffer.AsSpan(0, piece.Length * size);
                long offset = (start + at) * size;
                if (dataset.Storage == StorageKind.Compact)
                {
                    dataset.Compact.Span.Slice((int)offset, bytes.Length).CopyTo(bytes);
                }
                else
                {
                    source.Read(dataset.Offset + offset, bytes);
                    Interlocked.Add(ref _bytesRead, bytes.Length);
                }

                if (!native)
                {
                    dataset.Number.Convert(bytes, piece);
                }

                CheckPiece(dataset, piece, start + at);
            }
        }
        finally
        {
            if (buffer is not null)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private void ReadChunked(Hdf5Dataset dataset, long start, Span<float> destination, CancellationToken cancellation)
    {
        ChunkMap map = dataset.Chunks!;
        int rank = map.Shape.Length;
        long rowSize = dataset.Count / map.Shape[0];
        long firstRow = start / rowSize / map.ChunkShape[0];
        long lastRow = (start + destination.Length - 1) / rowSize / map.ChunkShape[0];
        long perRow = map.Count / map.Grid[0];
        Span<long> origin = stackalloc long[rank];
        lock (_gate)
        {
            for (long number = firstRow * perRow; number < (lastRow + 1) * perRow; number++)
            {
                cancellation.ThrowIfCancellationRequested();
                long rest = number;
                for (int d = rank - 1; d >= 0; d--)
                {
                    (rest, long place) = Math.DivRem(rest, map.Grid[d]);
                    origin[d] = place * map.ChunkShape[d];
                }

                CopyChunk(dataset, number, origin, start, destination);
            }
        }
    }

    // Copies the rows of one chunk that fall into the range. A row runs along the last dimension.
    private void CopyChunk(Hdf5Dataset dataset, long number, ReadOnlySpan<long> origin, long start, Span<float> destination)
    {
        ChunkMap map = dataset.Chunks!;
        int rank = map.Shape.Length;
        int last = rank - 1;
        int size = dataset.Number.Size;
        int rowLength = (int)Math.Min(map.ChunkShape[last], map.Shape[last] - origin[last]);
        Span<long> row = stackalloc long[rank];
        row.Clear();
        ReadOnlySpan<byte> decoded = default;
        bool direct = map.IsReadDirectly;
        while (true)
        {
            long inDataset = 0;
            long inChunk = 0;
            for (int d = 0; d < rank; d++)
            {
                inDataset = (inDataset * map.Shape[d]) + origin[d] + row[d];
                inChunk = (inChunk * map.ChunkShape[d]) + row[d];
            }

            long from = Math.Max(inDataset, start);
            long to = Math.Min(inDataset + rowLength, start + destination.Length);
            if (from < to)
            {
                Span<float> target = destination.Slice((int)(from - start), (int)(to - from));
                long at = (inChunk + from - inDataset) * size;
                if (direct)
                {
                    ReadRow(dataset, (long)map[number].Address + at, target);
                }
                else
                {
                    decoded = decoded.IsEmpty ? _cache.Get(dataset, number, ref _bytesRead) : decoded;
                    dataset.Number.Convert(decoded.Slice((int)at, target.Length * size), target);
                }

                CheckPiece(dataset, target, from);
            }

            int dimension = last - 1;
            while (dimension >= 0 && ++row[dimension] >= Math.Min(map.ChunkShape[dimension], map.Shape[dimension] - origin[dimension]))
            {
                row[dimension--] = 0;
            }

            if (dimension < 0)
            {
                return;
            }
        }
    }

    private void ReadRow(Hdf5Dataset dataset, long offset, Span<float> target)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            int size = dataset.Number.Size;
            int step = PieceBytes / size;
            for (int at = 0; at < target.Length; at += step)
            {
                Span<float> piece = target.Slice(at, Math.Min(step, target.Length - at));
                Span<byte> bytes = buffer.AsSpan(0, piece.Length * size);
                source.Read(offset + ((long)at * size), bytes);
                _bytesRead += bytes.Length;
                dataset.Number.Convert(bytes, piece);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void CheckPiece(Hdf5Dataset dataset, ReadOnlySpan<float> values, long firstIndex)
    {
        int index = FiniteCheck.IndexOfNonFinite(values);
        if (index < 0)
        {
            return;
        }

        string place = string.Join(", ", Coordinates(dataset, firstIndex + index));
        throw new Hdf5Exception(dataset.Number.Kind == NumberKind.Float64 && float.IsInfinity(values[index])
            ? $"'{dataset.Path}' has a value at ({place}) that is infinite or exceeds float32's range; weights must be finite float32 numbers."
            : $"'{dataset.Path}' has the value {(float.IsNaN(values[index]) ? "NaN" : "infinity")} at ({place}); the file is damaged, or its training had diverged.");
    }

    private static IEnumerable<long> Coordinates(Hdf5Dataset dataset, long index)
    {
        Stack<long> coordinates = [];
        for (int d = dataset.Shape.Length - 1; d >= 0; d--)
        {
            (index, long at) = Math.DivRem(index, dataset.Shape[d]);
            coordinates.Push(at);
        }

        return coordinates;
    }
}
