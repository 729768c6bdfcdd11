using System.Buffers.Binary;

namespace VggCuda.Imaging.Containers;

/// <summary>Finds the orientation in EXIF data. Whatever is malformed counts as upright.</summary>
/// <remarks>CIPA DC-008 (Exif 2.3), sections 4.5 and 4.6.4. The standard wants a 16-bit number; some phones and editors write a 32-bit one.</remarks>
internal static class Exif
{
    private const ushort OrientationTag = 0x0112;
    private const ushort ShortType = 3;
    private const ushort LongType = 4;

    /// <summary>The orientation, 1..8.</summary>
    /// <param name="data">A TIFF structure; JPEG's preamble before it, which some programs leave in elsewhere too, is passed over.</param>
    public static int Orientation(ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> tiff = data.StartsWith("Exif\0\0"u8) ? data[6..] : data;
        bool little = tiff.StartsWith("II*\0"u8);
        if (tiff.Length < 10 || (!little && !tiff.StartsWith("MM\0*"u8)))
        {
            return 1;
        }

        uint directory = Long(tiff[4..], little);
        if (directory > tiff.Length - 2)
        {
            return 1;
        }

        int entries = Short(tiff[(int)directory..], little);
        ReadOnlySpan<byte> rest = tiff[((int)directory + 2)..];
        for (int i = 0; i < entries && rest.Length >= 12; i++, rest = rest[12..])
        {
            if (Short(rest, little) == OrientationTag)
            {
                uint value = Short(rest[2..], little) switch
                {
                    ShortType => Short(rest[8..], little),
                    LongType => Long(rest[8..], little),
                    _ => 1,
                };
                return value is >= 1 and <= 8 ? (int)value : 1;
            }
        }

        return 1;
    }

    private static ushort Short(ReadOnlySpan<byte> bytes, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);

    private static uint Long(ReadOnlySpan<byte> bytes, bool little) =>
        little ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
}
