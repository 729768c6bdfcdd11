using System.Buffers.Binary;
using System.Text;

namespace VggCuda.Hdf5Loader.Files;

/// <summary>A growing block of little-endian bytes, allocated piece by piece and filled at absolute positions.</summary>
internal sealed class HeadWriter
{
    private byte[] _bytes = new byte[1 << 16];

    /// <summary>Bytes allocated so far, a multiple of 8.</summary>
    public int Length { get; private set; }

    /// <summary>Allocates zeroed bytes at the end.</summary>
    /// <param name="size">Bytes wanted; rounded up to a multiple of 8, the alignment HDF5's version 1 structures need.</param>
    /// <returns>Their position.</returns>
    public int Allocate(int size)
    {
        int position = Length;
        Length = checked(position + Padded(size));
        while (Length > _bytes.Length)
        {
            Array.Resize(ref _bytes, _bytes.Length * 2);
        }

        return position;
    }

    public void U8(int position, byte value) => _bytes[position] = value;

    public void U16(int position, int value) => BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(position), checked((ushort)value));

    public void U32(int position, long value) => BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(position), checked((uint)value));

    public void U64(int position, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan(position), value);

    public void U64(int position, long value) => U64(position, checked((ulong)value));

    /// <summary>Writes bytes that were allocated before.</summary>
    public void Bytes(int position, ReadOnlySpan<byte> bytes) => bytes.CopyTo(_bytes.AsSpan(position, bytes.Length));

    /// <summary>Writes ASCII text without a terminator.</summary>
    public void Ascii(int position, string text) => Encoding.ASCII.GetBytes(text, _bytes.AsSpan(position, text.Length));

    /// <summary>Everything allocated so far.</summary>
    public byte[] ToArray() => _bytes.AsSpan(0, Length).ToArray();

    /// <summary>The next multiple of 8.</summary>
    public static int Padded(int size) => checked(size + 7) & ~7;
}
