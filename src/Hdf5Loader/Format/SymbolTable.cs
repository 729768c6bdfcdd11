namespace VggCuda.Hdf5Loader.Format;

/// <summary>The links of an old-style group: a B-tree of version 1 over symbol table nodes, names in a local heap.</summary>
internal static class SymbolTable
{
    public static List<Link> ReadLinks(Metadata metadata, ReadOnlySpan<byte> message, string what)
    {
        Cursor cursor = new(message, what);
        ulong tree = cursor.Address(metadata.OffsetSize);
        byte[] names = ReadLocalHeap(metadata, cursor.Address(metadata.OffsetSize), what);
        List<Link> links = [];
        HashSet<ulong> visited = [];
        ReadNode(tree, -1);
        return links;

        void ReadNode(ulong address, int expectedLevel)
        {
            string name = $"a B-tree node of {what}";
            BTree1.Node node = BTree1.ReadNode(metadata, address, 0, metadata.LengthSize, expectedLevel, visited, name);
            for (int i = 0; i < node.Entries; i++)
            {
                Cursor entry = node.Entry(i);
                entry.Skip(metadata.LengthSize);
                ulong child = entry.Address(metadata.OffsetSize);
                if (node.Level > 0)
                {
                    ReadNode(child, node.Level - 1);
                }
                else
                {
                    ReadSymbols(child);
                }
            }
        }

        void ReadSymbols(ulong address)
        {
            string name = $"a symbol table node of {what}";
            if (!visited.Add(address))
            {
                throw new Hdf5Exception($"{name} is there twice; the file is damaged.");
            }

            Cursor head = new(metadata.Block(name, address, 8), name);
            head.Signature("SNOD"u8);
            head.Version(1);
            head.Skip(1);
            int count = head.U16();
            int size = (2 * metadata.OffsetSize) + 24;
            Cursor entries = new(metadata.Block(name, address + 8, (ulong)(count * size)), name);
            for (int i = 0; i < count; i++)
            {
                links.Add(ReadSymbol(ref entries));
                if (links.Count > Hdf5Layout.MaxNames)
                {
                    throw new Hdf5Exception($"{what} has more than {Hdf5Layout.MaxNames} links; it is no weight file's.");
                }
            }
        }

        Link ReadSymbol(ref Cursor entries)
        {
            string linkName = Name(entries.Unsigned(metadata.OffsetSize));
            ulong header = entries.Address(metadata.OffsetSize);
            uint cache = entries.U32();
            entries.Skip(4);
            uint target = entries.U32();
            entries.Skip(12);
            return cache switch
            {
                0 or 1 => new Link(linkName, LinkKind.Hard, header, null),
                2 => new Link(linkName, LinkKind.Soft, Hdf5Layout.Undefined, Name(target)),
                _ => throw new Hdf5Exception($"a link of {what} is of the unknown kind {cache}; the file is damaged."),
            };
        }

        string Name(ulong offset)
        {
            int end = offset < (ulong)names.Length ? names.AsSpan((int)offset).IndexOf((byte)0) : -1;
            return end > 0
                ? metadata.Text(names.AsSpan((int)offset, end), $"a name in {what}")
                : throw new Hdf5Exception($"a name in {what} does not lie in its heap; the file is damaged.");
        }
    }

    private static byte[] ReadLocalHeap(Metadata metadata, ulong address, string what)
    {
        string name = $"the name heap of {what}";
        Cursor head = new(metadata.Block(name, address, (ulong)(8 + (2 * metadata.LengthSize) + metadata.OffsetSize)), name);
        head.Signature("HEAP"u8);
        head.Version(0);
        head.Skip(3);
        ulong size = head.Unsigned(metadata.LengthSize);
        head.Skip(metadata.LengthSize);
        return metadata.Block(name, head.Address(metadata.OffsetSize), size);
    }
}
