using System.Numerics;

namespace VggCuda.Hdf5Loader.Format;

/// <summary>A fractal heap: managed objects in blocks of doubling size, tiny ones inside their own IDs, huge ones by themselves.</summary>
internal sealed class FractalHeap
{
    private readonly SortedList<ulong, (byte[] Bytes, int Data)> _blocks = [];
    private readonly Metadata _metadata;
    private readonly ulong _address;
    private readonly string _what;
    private readonly int _idLength;
    private readonly bool _checksums;
    private readonly int _offsetBytes;
    private readonly int _lengthBytes;
    private readonly int _width;
    private readonly ulong _startSize;
    private readonly ulong _maxDirect;
    private readonly ulong _hugeTree;
    private Dictionary<ulong, (ulong Address, ulong Length)>? _huge;

    private FractalHeap(Metadata metadata, ulong address, string what)
    {
        _metadata = metadata;
        _address = address;
        _what = what;
        int o = metadata.OffsetSize;
        int l = metadata.LengthSize;
        Cursor cursor = new(metadata.CheckedBlock(what, address, (ulong)(22 + (12 * l) + (3 * o) + 4)), what);
        cursor.Signature("FRHP"u8);
        cursor.Version(0);
        _idLength = cursor.U16();
        int filters = cursor.U16();
        _checksums = (cursor.U8() & 2) != 0;
        uint maxManaged = cursor.U32();
        cursor.Skip(l);
        _hugeTree = cursor.Address(o);
        // Bookkeeping of free space, counts of objects: not needed to find one.
        cursor.Skip(l + o + (8 * l));
        _width = cursor.U16();
        _startSize = cursor.Unsigned(l);
        _maxDirect = cursor.Unsigned(l);
        int heapBits = cursor.U16();
        cursor.Skip(2);
        ulong root = cursor.Address(o);
        int rows = cursor.U16();
        if (filters != 0)
        {
            throw new Hdf5Exception($"{what} is filtered; this reader does not take that. Copy the file with h5repack.");
        }

        if (_width is < 1 or > 1024 || !IsPower(_startSize) || !IsPower(_maxDirect) || _startSize > _maxDirect || _maxDirect > Hdf5Layout.MaxBlock || heapBits is < 8 or > 64 || maxManaged == 0)
        {
            throw new Hdf5Exception($"{what} has sizes that it cannot have; the file is damaged.");
        }

        _offsetBytes = (heapBits + 7) / 8;
        _lengthBytes = Math.Min(Bytes(_maxDirect), Bytes(maxManaged));
        if (root == Hdf5Layout.Undefined)
        {
            return;
        }

        if (rows == 0)
        {
            ReadDirect(root, 0, _startSize);
        }
        else
        {
            ReadIndirect(root, 0, rows, 0, []);
        }
    }

    public static FractalHeap Read(Metadata metadata, ulong address, string what) => new(metadata, address, what);

    /// <summary>Finds the object of an ID.</summary>
    public ReadOnlyMemory<byte> Find(ReadOnlySpan<byte> id)
    {
        Cursor cursor = new(id[..Math.Min(id.Length, _idLength)], $"an ID in {_what}");
        int head = cursor.U8();
        int kind = (head >> 4) & 3;
        if (head >> 6 != 0 || kind == 3)
        {
            throw new Hdf5Exception($"{_what} has an ID of an unknown kind; the file is damaged.");
        }

        if (kind == 2)
        {
            return cursor.Bytes((head & 15) + 1).ToArray();
        }

        if (kind == 1)
        {
            return FindHuge(cursor.Unsigned(Math.Min(8, cursor.Remaining)));
        }

        ulong offset = cursor.Unsigned(_offsetBytes);
        ulong length = cursor.Unsigned(_lengthBytes);
        foreach ((ulong start, (byte[] bytes, int data)) in _blocks)
        {
            ulong at = offset - start;
            if (offset >= start && at < (ulong)bytes.Length)
            {
                return at >= (ulong)data && length <= (ulong)bytes.Length - at && length > 0
                    ? bytes.AsMemory((int)at, (int)length)
                    : throw new Hdf5Exception($"{_what} has an object that leaves its block; the file is damaged.");
            }
        }

        throw new Hdf5Exception($"{_what} has no block for one of its objects; the file is damaged.");
    }

    // Objects too large for a block are listed in a tree of address, length and number.
    private byte[] FindHuge(ulong number)
    {
        string what = $"the large objects of {_what}";
        if (_huge is null)
        {
            _huge = [];
            BTree2.Visit(_metadata, _hugeTree, 1, Hdf5Layout.MaxNames, what, record =>
            {
                Cursor cursor = new(record, what);
                (ulong address, ulong length) = (cursor.Address(_metadata.OffsetSize), cursor.Unsigned(_metadata.LengthSize));
                _huge[cursor.Unsigned(_metadata.LengthSize)] = (address, length);
            });
        }

        return _huge.TryGetValue(number, out (ulong Address, ulong Length) place)
            ? _metadata.Block(what, place.Address, place.Length)
            : throw new Hdf5Exception($"{what} do not include one that is asked for; the file is damaged.");
    }

    private static bool IsPower(ulong value) => BitOperations.IsPow2(value);

    private static int Bytes(ulong value) => (BitOperations.Log2(value) / 8) + 1;

    private void ReadDirect(ulong address, ulong heapOffset, ulong size)
    {
        string what = $"a block of {_what}";
        byte[] bytes = _metadata.Block(what, address, size);
        Cursor cursor = new(bytes, what);
        cursor.Signature("FHDB"u8);
        CheckOwner(ref cursor, heapOffset, what);
        if (_checksums)
        {
            int at = cursor.Position;
            uint stored = cursor.U32();
            // The checksum covers the block with its own field zeroed.
            bytes.AsSpan(at, 4).Clear();
            if (Lookup3.Hash(bytes) != stored)
            {
                throw new Hdf5Exception($"{what} does not match its checksum; the file is damaged.");
            }
        }

        _blocks.Add(heapOffset, (bytes, cursor.Position));
    }

    private void ReadIndirect(ulong address, ulong heapOffset, int rows, int depth, HashSet<ulong> visited)
    {
        string what = $"an indirect block of {_what}";
        if (depth > 4 || rows > 64 || !visited.Add(address))
        {
            throw new Hdf5Exception($"{what} is nested too deeply; the file is damaged.");
        }

        int o = _metadata.OffsetSize;
        int head = 5 + o + _offsetBytes;
        byte[] bytes = _metadata.CheckedBlock(what, address, (ulong)(head + (rows * _width * o) + 4));
        Cursor cursor = new(bytes, what);
        cursor.Signature("FHIB"u8);
        CheckOwner(ref cursor, heapOffset, what);
        ulong at = heapOffset;
        for (int row = 0; row < rows; row++)
        {
            // Rows 0 and 1 hold blocks of the starting size, each later row blocks of twice its predecessor's.
            int doublings = Math.Max(0, row - 1);
            ulong size = doublings < 40 ? _startSize << doublings : 0;
            for (int column = 0; column < _width; column++)
            {
                ulong child = cursor.Address(o);
                if (child != Hdf5Layout.Undefined)
                {
                    ReadChild(child, at, size, depth, visited);
                }

                at += size;
            }
        }
    }

    private void ReadChild(ulong child, ulong at, ulong size, int depth, HashSet<ulong> visited)
    {
        if (_blocks.ContainsKey(at) || size == 0)
        {
            throw new Hdf5Exception($"{_what} has two blocks at one place; the file is damaged.");
        }

        if (size <= _maxDirect)
        {
            ReadDirect(child, at, size);
            return;
        }

        // A nested indirect block of this size: rows until the doubling table covers it.
        int rows = BitOperations.Log2(size) - BitOperations.Log2(_startSize * (ulong)_width) + 1;
        if (rows < 1)
        {
            throw new Hdf5Exception($"{_what} has an indirect block too small for its table; the file is damaged.");
        }

        ReadIndirect(child, at, rows, depth + 1, visited);
    }

    private void CheckOwner(ref Cursor cursor, ulong heapOffset, string what)
    {
        cursor.Version(0);
        if (cursor.Address(_metadata.OffsetSize) != _address || cursor.Unsigned(_offsetBytes) != heapOffset)
        {
            throw new Hdf5Exception($"{what} belongs elsewhere; the file is damaged.");
        }
    }
}
