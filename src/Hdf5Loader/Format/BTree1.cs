namespace VggCuda.Hdf5Loader.Format;

/// <summary>Nodes of B-trees of version 1, which index old-style groups and chunks.</summary>
internal static class BTree1
{
    /// <summary>One node: Entries times (key, child), and a last key.</summary>
    public readonly ref struct Node(byte[] bytes, int level, int entries, int keySize, int offsetSize, string what)
    {
        public int Level => level;

        public int Entries => entries;

        /// <summary>At a key, followed by its child.</summary>
        public Cursor Entry(int index)
        {
            int size = keySize + offsetSize;
            return new Cursor(bytes.AsSpan(index * size, size), what);
        }
    }

    /// <summary>Reads a node.</summary>
    /// <param name="metadata">The file.</param>
    /// <param name="address">Of the node.</param>
    /// <param name="type">0 for groups, 1 for chunks.</param>
    /// <param name="keySize">Bytes of a key.</param>
    /// <param name="expectedLevel">One less than the parent's, or -1 at the root.</param>
    /// <param name="visited">Nodes met so far.</param>
    /// <param name="what">For messages.</param>
    public static Node ReadNode(Metadata metadata, ulong address, int type, int keySize, int expectedLevel, HashSet<ulong> visited, string what)
    {
        if (!visited.Add(address))
        {
            throw new Hdf5Exception($"{what} is reached twice; the file is damaged.");
        }

        int head = 8 + (2 * metadata.OffsetSize);
        Cursor cursor = new(metadata.Block(what, address, (ulong)head), what);
        cursor.Signature("TREE"u8);
        int foundType = cursor.U8();
        int level = cursor.U8();
        int entries = cursor.U16();
        if (foundType != type || level > Hdf5Layout.MaxDepth || (expectedLevel >= 0 && level != expectedLevel))
        {
            throw new Hdf5Exception($"{what} has type {foundType} and level {level}, which it cannot have there; the file is damaged.");
        }

        byte[] bytes = metadata.Block(what, address + (ulong)head, (ulong)((entries * (keySize + metadata.OffsetSize)) + keySize));
        return new Node(bytes, level, entries, keySize, metadata.OffsetSize, what);
    }
}
