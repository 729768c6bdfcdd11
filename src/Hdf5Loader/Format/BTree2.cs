using System.Numerics;

namespace VggCuda.Hdf5Loader.Format;

/// <summary>B-trees of version 2, which index dense links and attributes, and chunks with several unlimited dimensions.</summary>
internal sealed class BTree2
{
    public delegate void Visitor(ReadOnlySpan<byte> record);

    // Signature, version, type and checksum of a node.
    private const int NodeOverhead = 10;
    private readonly Metadata _metadata;
    private readonly Visitor _visitor;
    private readonly string _what;
    private readonly HashSet<ulong> _visited = [];
    private readonly int _type;
    private readonly int _nodeSize;
    private readonly int _recordSize;
    private readonly int _countSize;
    private readonly int[] _totalSizes;
    private long _left;

    private BTree2(Metadata metadata, int type, int nodeSize, int recordSize, int depth, long total, string what, Visitor visitor)
    {
        _metadata = metadata;
        _type = type;
        _nodeSize = nodeSize;
        _recordSize = recordSize;
        _what = what;
        _visitor = visitor;
        _left = total;
        (_countSize, _totalSizes) = FieldSizes(metadata.OffsetSize, depth);
    }

    /// <summary>Calls the visitor on every record, in order.</summary>
    /// <param name="metadata">The file.</param>
    /// <param name="address">Of the tree's header.</param>
    /// <param name="type">The record type expected.</param>
    /// <param name="limit">The most records that can make sense.</param>
    /// <param name="what">For messages.</param>
    /// <param name="visitor">Gets each record.</param>
    public static void Visit(Metadata metadata, ulong address, int type, long limit, string what, Visitor visitor)
    {
        int o = metadata.OffsetSize;
        int l = metadata.LengthSize;
        Cursor cursor = new(metadata.CheckedBlock(what, address, (ulong)(16 + o + 2 + l + 4)), what);
        cursor.Signature("BTHD"u8);
        cursor.Version(0);
        int foundType = cursor.U8();
        uint nodeSize = cursor.U32();
        int recordSize = cursor.U16();
        int depth = cursor.U16();
        cursor.Skip(2);
        ulong root = cursor.Address(o);
        int rootCount = cursor.U16();
        ulong total = cursor.Unsigned(l);
        if (foundType != type || nodeSize is < 32 or > Hdf5Layout.MaxBlock || recordSize < 4 || recordSize + NodeOverhead > nodeSize || depth > Hdf5Layout.MaxDepth)
        {
            throw new Hdf5Exception($"{what} has record type {foundType}, nodes of {nodeSize}, records of {recordSize} bytes and depth {depth}, which it cannot have; the file is damaged.");
        }

        if (total > (ulong)limit)
        {
            throw new Hdf5Exception($"{what} is said to have {total} entries, more than the {limit} that it can have; the file is damaged.");
        }

        if (total == 0)
        {
            return;
        }

        BTree2 tree = new(metadata, type, (int)nodeSize, recordSize, depth, (long)total, what, visitor);
        tree.VisitNode(root, rootCount, depth);
        if (tree._left != 0)
        {
            throw new Hdf5Exception($"{what} lacks {tree._left} of its {total} entries; the file is damaged.");
        }
    }

    // How many bytes a node's record count and a subtree's total take, by level; they follow from how much fits a node.
    private (int CountSize, int[] TotalSizes) FieldSizes(int offsetSize, int depth)
    {
        long most = (_nodeSize - NodeOverhead) / _recordSize;
        int countSize = Bytes((ulong)most);
        int[] totals = new int[depth + 1];
        UInt128 below = (UInt128)most;
        for (int level = 1; level <= depth; level++)
        {
            int pointer = offsetSize + countSize + totals[level - 1];
            most = (_nodeSize - NodeOverhead - pointer) / (_recordSize + pointer);
            if (most < 1)
            {
                throw new Hdf5Exception($"{_what} has nodes too small for its records; the file is damaged.");
            }

            below = UInt128.Min((((UInt128)most + 1) * below) + (UInt128)most, ulong.MaxValue);
            totals[level] = Bytes((ulong)below);
        }

        return (countSize, totals);
    }

    private static int Bytes(ulong value) => value == 0 ? 1 : (BitOperations.Log2(value) / 8) + 1;

    private void VisitNode(ulong address, int count, int level)
    {
        if (!_visited.Add(address))
        {
            throw new Hdf5Exception($"{_what} is reached twice; the file is damaged.");
        }

        if (count > _left)
        {
            throw new Hdf5Exception($"{_what} has more entries than it declares; the file is damaged.");
        }

        _left -= count;
        int pointer = level == 0 ? 0 : _metadata.OffsetSize + _countSize + _totalSizes[level - 1];
        int used = 6 + (count * _recordSize) + (level == 0 ? 0 : (count + 1) * pointer) + 4;
        if (used > _nodeSize)
        {
            throw new Hdf5Exception($"{_what} has a node of {count} entries that does not fit its size; the file is damaged.");
        }

        byte[] bytes = _metadata.CheckedBlock(_what, address, (ulong)used);
        Cursor cursor = new(bytes, _what);
        cursor.Signature(level == 0 ? "BTLF"u8 : "BTIN"u8);
        cursor.Version(0);
        if (cursor.U8() != _type)
        {
            throw new Hdf5Exception($"{_what} has a node of another type; the file is damaged.");
        }

        ReadOnlySpan<byte> records = cursor.Bytes(count * _recordSize);
        for (int i = 0; i <= count; i++)
        {
            if (level > 0)
            {
                ulong child = cursor.Address(_metadata.OffsetSize);
                int childCount = (int)Math.Min(cursor.Unsigned(_countSize), int.MaxValue);
                cursor.Skip(_totalSizes[level - 1]);
                VisitNode(child, childCount, level - 1);
            }

            if (i < count)
            {
                _visitor(records.Slice(i * _recordSize, _recordSize));
            }
        }
    }
}
