using System.Buffers.Binary;
using System.Text;

namespace VggCuda.Hdf5Loader.Files;

/// <summary>Bodies of the object header messages that <see cref="PlainLayout"/> writes.</summary>
/// <remarks>"HDF5 File Format Specification", version 3.0, section IV.A.2; the versions are those of HDF5 1.8.</remarks>
internal static class Hdf5Messages
{
    /// <summary>Where in a <see cref="ContiguousLayout"/> message the address of the values is.</summary>
    public const int LayoutAddressOffset = 2;

    /// <summary>Little-endian IEEE 754 single precision (class 1, version 1).</summary>
    public static byte[] Float32 { get; } = FloatingPoint(4, 32, 23, 8, 127);

    /// <summary>Fill value message, version 2: space allocated late, written if set, and set to the library's zero.</summary>
    public static byte[] NoFillValue { get; } = [2, 2, 2, 1, 0, 0, 0, 0];

    /// <summary>Simple dataspace, version 1.</summary>
    public static byte[] Dataspace(params ReadOnlySpan<int> shape)
    {
        byte[] body = new byte[8 + (8 * shape.Length)];
        body[0] = 1;
        body[1] = (byte)shape.Length;
        for (int i = 0; i < shape.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(body.AsSpan(8 + (8 * i)), shape[i]);
        }

        return body;
    }

    /// <summary>Data layout, version 3, contiguous; the address is filled in later.</summary>
    public static byte[] ContiguousLayout(long bytes)
    {
        byte[] body = new byte[18];
        body[0] = 3;
        body[1] = 1;
        BinaryPrimitives.WriteInt64LittleEndian(body.AsSpan(LayoutAddressOffset + 8), bytes);
        return body;
    }

    /// <summary>An attribute (version 1) holding a list of names as null-padded fixed-length strings.</summary>
    /// <remarks>The empty list is an empty array of doubles: what h5py makes of an empty Python list, so what the published file has.</remarks>
    public static byte[] NamesAttribute(string name, string[] values)
    {
        int width = values.Length == 0 ? 8 : values.Max(v => v.Length);
        byte[] type = values.Length == 0 ? FloatingPoint(8, 64, 52, 11, 1023) : FixedString(width);
        byte[] space = Dataspace(values.Length);
        int nameAt = 8;
        int typeAt = nameAt + HeadWriter.Padded(name.Length + 1);
        int spaceAt = typeAt + HeadWriter.Padded(type.Length);
        int dataAt = spaceAt + HeadWriter.Padded(space.Length);
        byte[] body = new byte[dataAt + (values.Length * width)];
        body[0] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(body.AsSpan(2), (ushort)(name.Length + 1));
        BinaryPrimitives.WriteUInt16LittleEndian(body.AsSpan(4), (ushort)type.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(body.AsSpan(6), (ushort)space.Length);
        Encoding.ASCII.GetBytes(name, body.AsSpan(nameAt));
        type.CopyTo(body, typeAt);
        space.CopyTo(body, spaceAt);
        for (int i = 0; i < values.Length; i++)
        {
            Encoding.ASCII.GetBytes(values[i], body.AsSpan(dataAt + (i * width)));
        }

        return body;
    }

    // Class 3, version 1; padding type 1: the rest of a value is NUL.
    private static byte[] FixedString(int width) => [0x13, 1, 0, 0, (byte)width, (byte)(width >> 8), 0, 0];

    // Class 1, version 1; mantissa with its leading 1 implied, sign in the highest bit.
    private static byte[] FloatingPoint(byte size, byte bits, byte mantissa, byte exponent, ushort bias) =>
        [0x11, 0x20, (byte)(bits - 1), 0, size, 0, 0, 0, 0, 0, bits, 0, mantissa, exponent, 0, mantissa, (byte)bias, (byte)(bias >> 8), 0, 0];
}
