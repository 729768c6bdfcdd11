namespace VggCuda.Hdf5Loader.Format;

/// <summary>Links and attributes that do not fit an object header: messages in a fractal heap, indexed by a B-tree of version 2.</summary>
internal static class DenseStorage
{
    private const int LinkNameRecord = 5;
    private const int AttributeNameRecord = 8;

    /// <summary>The link messages behind a link info message.</summary>
    public static List<ReadOnlyMemory<byte>> Links(Metadata metadata, ReadOnlySpan<byte> info, string what)
    {
        Cursor cursor = new(info, $"the link info of {what}");
        cursor.Version(0);
        cursor.Skip((cursor.U8() & 1) != 0 ? 8 : 0);
        // A record: the name's hash, then the heap's ID.
        return Read(metadata, ref cursor, LinkNameRecord, 4, $"the links of {what}");
    }

    /// <summary>The attribute messages behind an attribute info message.</summary>
    public static List<ReadOnlyMemory<byte>> Attributes(Metadata metadata, ReadOnlySpan<byte> info, string what)
    {
        Cursor cursor = new(info, $"the attribute info of {what}");
        cursor.Version(0);
        cursor.Skip((cursor.U8() & 1) != 0 ? 2 : 0);
        // A record: the heap's ID first.
        return Read(metadata, ref cursor, AttributeNameRecord, 0, $"the attributes of {what}");
    }

    private static List<ReadOnlyMemory<byte>> Read(Metadata metadata, ref Cursor info, int recordType, int idAt, string what)
    {
        ulong heapAddress = info.Address(metadata.OffsetSize);
        ulong treeAddress = info.Address(metadata.OffsetSize);
        List<ReadOnlyMemory<byte>> messages = [];
        if (heapAddress == Hdf5Layout.Undefined)
        {
            return messages;
        }

        FractalHeap heap = FractalHeap.Read(metadata, heapAddress, $"the heap of {what}");
        BTree2.Visit(metadata, treeAddress, recordType, Hdf5Layout.MaxNames, $"the index of {what}", record => messages.Add(heap.Find(record[idAt..])));
        return messages;
    }
}
