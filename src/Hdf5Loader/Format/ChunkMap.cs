using System.Collections.Immutable;

namespace VggCuda.Hdf5Loader.Format;

/// <summary>Where a chunk is stored.</summary>
/// <param name="Address">First byte, counted from the superblock; <see cref="Hdf5Layout.Undefined"/> where it was never written.</param>
/// <param name="Stored">Bytes.</param>
/// <param name="Mask">Filters that were left out.</param>
internal readonly record struct Chunk(ulong Address, int Stored, uint Mask);

/// <summary>The chunks of a dataset, by their place in the grid (C order).</summary>
internal sealed class ChunkMap
{
    private readonly Chunk[] _chunks;
    private readonly string _what;
    private int _found;

    /// <summary>Creates the map with no chunk in it.</summary>
    /// <param name="shape">Of the dataset.</param>
    /// <param name="chunk">Of one chunk.</param>
    /// <param name="elementSize">Bytes of an element.</param>
    /// <param name="filters">The filters.</param>
    /// <param name="metadata">The file.</param>
    /// <param name="what">For messages.</param>
    public ChunkMap(ImmutableArray<long> shape, ImmutableArray<long> chunk, int elementSize, FilterPipeline filters, Metadata metadata, string what)
    {
        _what = what;
        Shape = shape;
        ChunkShape = chunk;
        Filters = filters;
        Grid = [.. shape.Select((n, i) => ((n - 1) / chunk[i]) + 1)];
        Int128 bytes = chunk.Aggregate((Int128)elementSize, (a, b) => a * b);
        Int128 count = Grid.Aggregate((Int128)1, (a, b) => a * b);
        if (bytes > int.MaxValue || (filters.Filters.Length > 0 && bytes > Hdf5Layout.MaxFilteredChunk))
        {
            throw new Hdf5Exception($"{what} is stored in chunks of {bytes} bytes; this reader takes up to {Hdf5Layout.MaxFilteredChunk} with filters. Rewrite the file with 'h5repack -f NONE -l CONTI IN OUT'.");
        }

        metadata.CountChunks(count, what);
        ChunkBytes = (int)bytes;
        Band = (long)(bytes * (count / Grid[0]));
        if (Band > Hdf5Layout.MaxBand && !IsReadDirectly)
        {
            throw new Hdf5Exception($"{what} is stored in chunks that lie across the order of reading: {Band} bytes of them must be kept, this reader keeps {Hdf5Layout.MaxBand}. Rewrite the file with 'h5repack -f NONE -l CONTI IN OUT'.");
        }

        _chunks = new Chunk[(int)count];
        Array.Fill(_chunks, new Chunk(Hdf5Layout.Undefined, 0, 0));
    }

    public ImmutableArray<long> Shape { get; }

    public ImmutableArray<long> ChunkShape { get; }

    /// <summary>Chunks along each dimension.</summary>
    public ImmutableArray<long> Grid { get; }

    public FilterPipeline Filters { get; }

    /// <summary>Bytes of a decoded chunk; chunks at the edges are stored whole.</summary>
    public int ChunkBytes { get; }

    /// <summary>Decoded bytes of the chunks that one value of the first dimension runs through.</summary>
    public long Band { get; }

    /// <summary>Whether chunks are read in parts, straight into place: large ones without filters.</summary>
    public bool IsReadDirectly => Filters.Filters.Length == 0 && ChunkBytes > Hdf5Layout.MaxFilteredChunk;

    public int Count => _chunks.Length;

    public Chunk this[long index] => _chunks[index];

    public IEnumerable<Chunk> Chunks => _chunks;

    /// <summary>Adds a chunk at a place in the grid.</summary>
    public void Add(Metadata metadata, ReadOnlySpan<ulong> place, ulong address, ulong stored, uint mask)
    {
        long index = 0;
        for (int i = 0; i < Grid.Length; i++)
        {
            if (place[i] >= (ulong)Grid[i])
            {
                throw new Hdf5Exception($"{_what} has a chunk outside its shape; the file is damaged.");
            }

            index = (index * Grid[i]) + (long)place[i];
        }

        if (_chunks[index].Address != Hdf5Layout.Undefined)
        {
            throw new Hdf5Exception($"{_what} has two chunks for one place; the file is damaged.");
        }

        if (stored > (ulong)FilterPipeline.MostStored(ChunkBytes) || stored < (ulong)Filters.FewestStored(ChunkBytes, mask) || stored == 0
            || (Filters.Filters.Length == 0 && (stored != (ulong)ChunkBytes || mask != 0)))
        {
            throw new Hdf5Exception($"{_what} has a chunk stored in {stored} bytes, which cannot become its {ChunkBytes}; the file is damaged.");
        }

        metadata.Check($"a chunk of {_what}", address, stored);
        _chunks[index] = new Chunk(address, (int)stored, mask);
        _found++;
    }

    /// <summary>Checks that no chunk is missing: a missing one reads as the fill value, zeros.</summary>
    public void CheckComplete()
    {
        if (_found != _chunks.Length)
        {
            throw new Hdf5Exception($"{_what} was never written completely: {_chunks.Length - _found} of its {_chunks.Length} chunks are missing.");
        }
    }
}
