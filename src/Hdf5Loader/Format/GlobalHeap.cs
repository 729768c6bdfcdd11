namespace VggCuda.Hdf5Loader.Format;

/// <summary>Collections of variable-length strings.</summary>
internal sealed class GlobalHeap(Metadata metadata)
{
    private readonly Dictionary<ulong, Dictionary<int, ReadOnlyMemory<byte>>> _collections = [];

    /// <summary>The file that it is in.</summary>
    public Metadata Metadata => metadata;

    /// <summary>Finds an object.</summary>
    /// <param name="address">Of its collection.</param>
    /// <param name="index">In the collection.</param>
    /// <param name="what">For messages.</param>
    public ReadOnlySpan<byte> Find(ulong address, uint index, string what)
    {
        if (!_collections.TryGetValue(address, out Dictionary<int, ReadOnlyMemory<byte>>? collection))
        {
            _collections[address] = collection = ReadCollection(address, $"the string heap of {what}");
        }

        return index <= int.MaxValue && collection.TryGetValue((int)index, out ReadOnlyMemory<byte> data)
            ? data.Span
            : throw new Hdf5Exception($"{what} names a string that is not in the heap; the file is damaged.");
    }

    private Dictionary<int, ReadOnlyMemory<byte>> ReadCollection(ulong address, string name)
    {
        int headSize = 8 + metadata.LengthSize;
        Cursor head = new(metadata.Block(name, address, (ulong)headSize), name);
        head.Signature("GCOL"u8);
        head.Version(1);
        head.Skip(3);
        ulong size = head.Unsigned(metadata.LengthSize);
        if (size < 4096 || size % 8 != 0)
        {
            throw new Hdf5Exception($"{name} is said to be {size} bytes; the file is damaged.");
        }

        byte[] block = metadata.Block(name, address + (ulong)headSize, size - (ulong)headSize);
        Dictionary<int, ReadOnlyMemory<byte>> objects = [];
        Cursor cursor = new(block, name);
        while (cursor.Remaining >= headSize)
        {
            int index = cursor.U16();
            cursor.Skip(6);
            ulong length = cursor.Unsigned(metadata.LengthSize);
            // Index 0 is the free space at the end.
            if (index == 0)
            {
                break;
            }

            if (length > (ulong)cursor.Remaining || !objects.TryAdd(index, block.AsMemory(cursor.Position, (int)length)))
            {
                throw new Hdf5Exception($"{name} has an object that overlaps another or its end; the file is damaged.");
            }

            cursor.Skip((int)length);
            cursor.Skip(Math.Min(cursor.Remaining, -(int)length & 7));
        }

        return objects;
    }
}
