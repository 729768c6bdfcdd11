using System.Buffers.Binary;

namespace VggCuda.Hdf5Loader.Format;

/// <summary>Walks over a block of metadata, little-endian, and never leaves it.</summary>
internal ref struct Cursor(ReadOnlySpan<byte> bytes, string what)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private readonly string _what = what;

    /// <summary>Bytes walked over.</summary>
    public int Position { get; private set; }

    /// <summary>Bytes left.</summary>
    public readonly int Remaining => _bytes.Length - Position;

    public ReadOnlySpan<byte> Bytes(int count)
    {
        if (count < 0 || count > Remaining)
        {
            throw new Hdf5Exception($"{_what} is cut short; the file is damaged.");
        }

        ReadOnlySpan<byte> taken = _bytes.Slice(Position, count);
        Position += count;
        return taken;
    }

    public void Skip(int count) => Bytes(count);

    public byte U8() => Bytes(1)[0];

    public ushort U16() => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2));

    public uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));

    public ulong U64() => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(8));

    /// <summary>An unsigned number of 1 to 8 bytes.</summary>
    public ulong Unsigned(int size)
    {
        ReadOnlySpan<byte> taken = Bytes(size);
        ulong value = 0;
        for (int i = size - 1; i >= 0; i--)
        {
            value = (value << 8) | taken[i];
        }

        return value;
    }

    /// <summary>A file address; all bits set means undefined and becomes <see cref="Hdf5Layout.Undefined"/>.</summary>
    public ulong Address(int size)
    {
        ulong value = Unsigned(size);
        return size < 8 && value == (1UL << (8 * size)) - 1 ? Hdf5Layout.Undefined : value;
    }

    /// <summary>Checks the four letters that a structure begins with.</summary>
    public void Signature(ReadOnlySpan<byte> expected)
    {
        if (!Bytes(4).SequenceEqual(expected))
        {
            throw new Hdf5Exception($"{_what} does not begin with its signature; the file is damaged.");
        }
    }

    /// <summary>Checks a version number.</summary>
    public void Version(int expected)
    {
        int version = U8();
        if (version != expected)
        {
            throw new Hdf5Exception($"{_what} has version {version}, {expected} was expected; the file is damaged or newer than this reader.");
        }
    }
}
