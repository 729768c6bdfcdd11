using System.Collections.Immutable;

namespace VggCuda.Hdf5Loader.Format;

/// <summary>How a dataset lies in the file.</summary>
internal enum StorageKind
{
    Contiguous,
    Compact,
    Chunked,
}

/// <summary>A dataset of numbers: its shape and type, and where its bytes are. Nothing of them has been read.</summary>
internal sealed class Hdf5Dataset
{
    private Hdf5Dataset(string path, NumberFormat number, ImmutableArray<long> shape, StorageKind storage)
    {
        Path = path;
        Number = number;
        Shape = shape;
        Storage = storage;
        Count = shape.Aggregate(1L, (a, b) => a * b);
    }

    public string Path { get; }

    public NumberFormat Number { get; }

    public ImmutableArray<long> Shape { get; }

    /// <summary>Number of elements.</summary>
    public long Count { get; }

    public StorageKind Storage { get; }

    /// <summary>Of contiguous data: their first byte, counted from the superblock.</summary>
    public long Offset { get; private init; }

    /// <summary>The bytes of compact data, which lie in the header.</summary>
    public ReadOnlyMemory<byte> Compact { get; private init; }

    public ChunkMap? Chunks { get; private init; }

    /// <summary>Bytes that the data take in the file.</summary>
    public long StoredBytes => Chunks is null ? Count * Number.Size : Chunks.Chunks.Sum(c => (long)c.Stored);

    /// <summary>The ranges of the file that its data take.</summary>
    public IEnumerable<Extent> Extents
    {
        get
        {
            string what = Storage == StorageKind.Chunked ? $"a chunk of '{Path}'" : $"'{Path}'";
            return Storage switch
            {
                StorageKind.Contiguous => [new Extent(what, Offset, StoredBytes)],
                StorageKind.Chunked => Chunks!.Chunks.Select(c => new Extent(what, (long)c.Address, c.Stored)),
                _ => [],
            };
        }
    }

    /// <summary>Reads the description.</summary>
    /// <exception cref="Hdf5Exception">It holds no floats, was never written, or lies outside the file.</exception>
    public static Hdf5Dataset Read(Hdf5File file, Hdf5Object owner)
    {
        Metadata metadata = file.Metadata;
        ObjectHeader header = owner.Header;
        string what = header.What;
        if (header.Find(Hdf5Layout.MessageType.ExternalFiles) is not null)
        {
            throw new Hdf5Exception($"{what} keeps its data in another file (external storage). Weights are read from one file only: rewrite it with 'h5repack IN OUT'.");
        }

        Datatype datatype = Datatype.Parse(Require(header, Hdf5Layout.MessageType.Datatype, "datatype").Span, what);
        Dataspace space = Dataspace.Parse(Require(header, Hdf5Layout.MessageType.Dataspace, "shape").Span, metadata.LengthSize, what);
        NumberFormat number = NumberOf(owner, datatype, what);
        long count = space.Count(what);
        if (count == 0)
        {
            throw new Hdf5Exception($"{what} is empty: its shape is {space}.");
        }

        if (count > Hdf5Layout.MaxElements)
        {
            throw new Hdf5Exception($"{what} has the shape {space}, {count} elements; {Hdf5Layout.MaxElements} are the most that this reader takes.");
        }

        ImmutableArray<long> shape = [.. space.Dimensions.Select(d => (long)d)];
        FilterPipeline filters = header.Find(Hdf5Layout.MessageType.Filters) is HeaderMessage message
            ? FilterPipeline.Parse(message.Data.Span, number.Size, what)
            : FilterPipeline.None;
        ReadOnlyMemory<byte> layout = Require(header, Hdf5Layout.MessageType.Layout, "layout");
        return ReadLayout(metadata, layout, owner.Path, number, shape, space.Maximum, filters, what);
    }

    private static ReadOnlyMemory<byte> Require(ObjectHeader header, int type, string name) =>
        header.Find(type)?.Data ?? throw new Hdf5Exception($"{header.What} has no {name}; the file is damaged.");

    private static NumberFormat NumberOf(Hdf5Object owner, Datatype datatype, string what)
    {
        if (datatype.Number is NumberFormat number)
        {
            return number;
        }

        // Keras 3 stores bfloat16 as two opaque bytes and says so in an attribute.
        if (datatype.Class == (int)DatatypeClass.Opaque && datatype.Size == 2 && owner.Text("dtype") == "bfloat16")
        {
            return new NumberFormat(NumberKind.BFloat16, false);
        }

        string hint = datatype.Class == (int)DatatypeClass.FixedPoint ? " Quantised weights are not taken: save the model before quantising it." : "";
        throw new Hdf5Exception($"{what} is of type {datatype}; weights are float32, float16, float64 or bfloat16.{hint}");
    }

    private static Hdf5Dataset ReadLayout(Metadata metadata, ReadOnlyMemory<byte> bytes, string path, NumberFormat number, ImmutableArray<long> shape, ImmutableArray<ulong> maximum, FilterPipeline filters, string what)
    {
        Cursor cursor = new(bytes.Span, $"the layout of {what}");
        int version = cursor.U8();
        int kind = cursor.U8();
        if (version is not (3 or 4))
        {
            throw new Hdf5Exception($"the layout of {what} has version {version}; 3 and 4 are known. Rewrite the file with 'h5repack IN OUT'.");
        }

        long needed = shape.Aggregate(1L, (a, b) => a * b) * number.Size;
        switch (kind)
        {
            case 0:
                int size = cursor.U16();
                CheckUnfiltered();
                CheckSize(size);
                return new Hdf5Dataset(path, number, shape, StorageKind.Compact) { Compact = bytes.Slice(cursor.Position, cursor.Bytes(size).Length) };
            case 1:
                ulong address = cursor.Address(metadata.OffsetSize);
                ulong length = cursor.Unsigned(metadata.LengthSize);
                CheckUnfiltered();
                if (address == Hdf5Layout.Undefined)
                {
                    throw new Hdf5Exception($"{what} was never written: the file has no data for it.");
                }

                CheckSize((long)Math.Min(length, long.MaxValue));
                long offset = metadata.Check(what, address, length);
                return new Hdf5Dataset(path, number, shape, StorageKind.Contiguous) { Offset = offset };
            case 2:
                return new Hdf5Dataset(path, number, shape, StorageKind.Chunked) { Chunks = ReadChunks(metadata, ref cursor, version, number, shape, maximum, filters, what) };
            case 3:
                throw new Hdf5Exception($"{what} is a virtual dataset, whose data lie in other files. Weights are read from one file only: rewrite it with 'h5repack IN OUT'.");
            default:
                throw new Hdf5Exception($"the layout of {what} is of the unknown kind {kind}; the file is damaged.");
        }

        void CheckSize(long stored)
        {
            if (stored != needed)
            {
                throw new Hdf5Exception($"{what} has {stored} bytes for the shape ({string.Join(", ", shape)}) of {number}, {needed} were expected; the file is damaged.");
            }
        }

        void CheckUnfiltered()
        {
            if (filters.Filters.Length > 0)
            {
                throw new Hdf5Exception($"{what} has filters but no chunks; the file is damaged.");
            }
        }
    }

    private static ChunkMap ReadChunks(Metadata metadata, ref Cursor cursor, int version, NumberFormat number, ImmutableArray<long> shape, ImmutableArray<ulong> maximum, FilterPipeline filters, string what)
    {
        int flags = version == 4 ? cursor.U8() : 0;
        int rank = cursor.U8() - 1;
        ulong address = version == 3 ? cursor.Address(metadata.OffsetSize) : 0;
        int sizeBytes = version == 4 ? cursor.U8() : 4;
        if (rank != shape.Length || sizeBytes is < 1 or > 8 || (flags & ~3) != 0)
        {
            throw new Hdf5Exception($"the layout of {what} is for {rank} dimensions, its shape has {shape.Length}; the file is damaged.");
        }

        ImmutableArray<long>.Builder chunk = ImmutableArray.CreateBuilder<long>(rank);
        for (int i = 0; i < rank; i++)
        {
            ulong size = cursor.Unsigned(sizeBytes);
            chunk.Add(size is > 0 and <= int.MaxValue ? (long)size : throw new Hdf5Exception($"{what} has chunks of size {size}; the file is damaged."));
        }

        if (cursor.Unsigned(sizeBytes) != (ulong)number.Size)
        {
            throw new Hdf5Exception($"the chunks of {what} have elements of another size than its datatype; the file is damaged.");
        }

        ChunkMap map = new(shape, chunk.MoveToImmutable(), number.Size, filters, metadata, what);
        if (version == 3)
        {
            if (address != Hdf5Layout.Undefined)
            {
                ChunkIndex.ReadTree(metadata, address, map, what);
            }
        }
        else
        {
            if ((flags & 1) != 0 && filters.Filters.Length > 0)
            {
                throw new Hdf5Exception($"{what} leaves its edge chunks unfiltered; this reader does not take that. Rewrite the file with 'h5repack -f NONE -l CONTI IN OUT'.");
            }

            ChunkIndex.ReadNew(metadata, cursor.U8(), ref cursor, (flags & 2) != 0, maximum, map, what);
        }

        map.CheckComplete();
        return map;
    }
}
