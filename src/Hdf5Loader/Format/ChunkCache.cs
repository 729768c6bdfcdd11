namespace VggCuda.Hdf5Loader.Format;

/// <summary>The last decoded chunks of the dataset read last, so that reading it row by row decodes each chunk once. For one thread at a time.</summary>
internal sealed class ChunkCache(ByteSource source)
{
    // Or what one value of the first dimension runs through, where that is more.
    private const int Capacity = 8 << 20;

    private readonly Dictionary<long, byte[]> _chunks = [];
    private readonly Queue<long> _order = [];
    private Hdf5Dataset? _dataset;

    /// <summary>A decoded chunk.</summary>
    /// <param name="dataset">Its dataset.</param>
    /// <param name="number">Its number in the grid.</param>
    /// <param name="bytesRead">Grows by what had to be read.</param>
    public ReadOnlySpan<byte> Get(Hdf5Dataset dataset, long number, ref long bytesRead)
    {
        if (_dataset != dataset)
        {
            _chunks.Clear();
            _order.Clear();
            _dataset = dataset;
        }

        if (_chunks.TryGetValue(number, out byte[]? known))
        {
            return known;
        }

        ChunkMap map = dataset.Chunks!;
        byte[]? decoded = null;
        if ((_chunks.Count + 1L) * map.ChunkBytes > Math.Max(Capacity, map.Band) && _order.TryDequeue(out long oldest))
        {
            _chunks.Remove(oldest, out decoded);
        }

        decoded ??= new byte[map.ChunkBytes];
        Chunk chunk = map[number];
        if (map.Filters.Filters.Length == 0)
        {
            source.Read((long)chunk.Address, decoded);
        }
        else
        {
            byte[] stored = new byte[chunk.Stored];
            source.Read((long)chunk.Address, stored);
            map.Filters.Decode(stored, decoded, chunk.Mask, $"'{dataset.Path}'");
        }

        bytesRead += chunk.Stored;
        _chunks[number] = decoded;
        _order.Enqueue(number);
        return decoded;
    }
}
