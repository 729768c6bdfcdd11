using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace VggCuda.Hdf5Loader.Format;

/// <summary>Floating-point numbers that weights are stored as.</summary>
internal enum NumberKind
{
    Float32,
    Float16,
    Float64,
    BFloat16,
}

/// <summary>A kind of number and its byte order.</summary>
internal readonly record struct NumberFormat(NumberKind Kind, bool BigEndian)
{
    /// <summary>Bytes of one number.</summary>
    public int Size => Kind switch
    {
        NumberKind.Float32 => 4,
        NumberKind.Float64 => 8,
        _ => 2,
    };

    /// <summary>Whether the stored bytes are what a float in memory is.</summary>
    public bool IsNative => Kind == NumberKind.Float32 && BigEndian != BitConverter.IsLittleEndian;

    /// <summary>Converts stored numbers to float32. A float64 outside float32's range becomes an infinity.</summary>
    /// <param name="stored">Exactly the bytes of <paramref name="numbers"/>.Length numbers.</param>
    /// <param name="numbers">Overwritten.</param>
    public void Convert(ReadOnlySpan<byte> stored, Span<float> numbers)
    {
        switch (Kind)
        {
            case NumberKind.Float32:
                stored.CopyTo(MemoryMarshal.AsBytes(numbers));
                if (!IsNative)
                {
                    Span<uint> bits = MemoryMarshal.Cast<float, uint>(numbers);
                    BinaryPrimitives.ReverseEndianness(bits, bits);
                }

                break;
            case NumberKind.Float64:
                for (int i = 0; i < numbers.Length; i++)
                {
                    ReadOnlySpan<byte> at = stored.Slice(8 * i, 8);
                    numbers[i] = (float)(BigEndian ? BinaryPrimitives.ReadDoubleBigEndian(at) : BinaryPrimitives.ReadDoubleLittleEndian(at));
                }

                break;
            default:
                for (int i = 0; i < numbers.Length; i++)
                {
                    ReadOnlySpan<byte> at = stored.Slice(2 * i, 2);
                    ushort bits = BigEndian ? BinaryPrimitives.ReadUInt16BigEndian(at) : BinaryPrimitives.ReadUInt16LittleEndian(at);
                    numbers[i] = Kind == NumberKind.BFloat16
                        ? BitConverter.UInt32BitsToSingle((uint)bits << 16)
                        : (float)BitConverter.UInt16BitsToHalf(bits);
                }

                break;
        }
    }

    public override string ToString()
    {
        string name = Kind switch
        {
            NumberKind.Float32 => "float32",
            NumberKind.Float64 => "float64",
            NumberKind.Float16 => "float16",
            _ => "bfloat16",
        };
        return BigEndian ? name + " big-endian" : name;
    }
}
