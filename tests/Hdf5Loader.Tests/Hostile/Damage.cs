using System.Buffers.Binary;
using VggCuda.Hdf5Loader.Format;

namespace VggCuda.Hdf5Loader.Tests.Hostile;

/// <summary>A copy of a base file that is being damaged on purpose.</summary>
internal sealed class Damage(Anatomy anatomy)
{
    public Anatomy Base => anatomy;

    public byte[] Bytes { get; private set; } = (byte[])anatomy.Bytes.Clone();

    public void U8(long at, int value) => Bytes[at] = (byte)value;

    public void U16(long at, int value) => BinaryPrimitives.WriteUInt16LittleEndian(Bytes.AsSpan((int)at), (ushort)value);

    public void U32(long at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Bytes.AsSpan((int)at), value);

    public void U64(long at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Bytes.AsSpan((int)at), value);

    public ulong Get64(long at) => BinaryPrimitives.ReadUInt64LittleEndian(Bytes.AsSpan((int)at));

    public void Write(long at, ReadOnlySpan<byte> bytes) => bytes.CopyTo(Bytes.AsSpan((int)at));

    public void Fill(Extent extent, byte value) => Bytes.AsSpan((int)extent.Start, (int)extent.Length).Fill(value);

    public void Cut(long length) => Bytes = Bytes[..(int)length];

    /// <summary>Appends bytes and moves the old superblock's end of file behind them.</summary>
    public long Append(ReadOnlySpan<byte> bytes)
    {
        long at = Bytes.Length;
        Bytes = [.. Bytes, .. bytes];
        U64(40, (ulong)Bytes.Length);
        return at;
    }

    /// <summary>Makes a block's checksum right again, so that the damage is met by what lies behind the checksum.</summary>
    public void Seal(long start, long length) =>
        U32(start + length - 4, Lookup3.Hash(Bytes.AsSpan((int)start, (int)length - 4)));

    public void Seal(Extent extent) => Seal(extent.Start, extent.Length);

    /// <summary>Changes a header message and seals the header where it has a checksum.</summary>
    public void Message(string path, int type, Action<int, int> change, int skip = 0)
    {
        (int _, int at, int length, int blockStart, int blockLength) = anatomy.Messages(path).Where(m => m.Type == type).Skip(skip).First();
        change(at, length);
        if (anatomy.Bytes[anatomy.Headers[path]] != 1)
        {
            Seal(blockStart, blockLength);
        }
    }
}
