using System.Buffers.Binary;
using SkiaSharp;

namespace VggCuda.Imaging;

/// <summary>Finds the orientation in the EXIF data of PNG and WebP files. Whatever is malformed counts as upright.</summary>
/// <remarks>CIPA DC-008 (Exif 2.3), sections 4.5 and 4.6.4; PNG, third edition, section 11.3.4.5 (eXIf); RFC 9649, section 2.7 (EXIF chunk).</remarks>
internal static class Exif
{
    private const ushort OrientationTag = 0x0112;
    private const ushort ShortType = 3;

    public static SKEncodedOrigin OrientationInPng(ReadOnlySpan<byte> png)
    {
        for (ReadOnlySpan<byte> rest = png[Math.Min(8, png.Length)..]; rest.Length >= 12;)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            if (length > rest.Length - 12)
            {
                break;
            }

            if (rest.Slice(4, 4).SequenceEqual("eXIf"u8))
            {
                return OrientationInTiff(rest.Slice(8, (int)length));
            }

            rest = rest[(12 + (int)length)..];
        }

        return SKEncodedOrigin.TopLeft;
    }

    public static SKEncodedOrigin OrientationInWebP(ReadOnlySpan<byte> webp)
    {
        for (ReadOnlySpan<byte> rest = webp[Math.Min(12, webp.Length)..]; rest.Length >= 8;)
        {
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
            if (length > rest.Length - 8)
            {
                break;
            }

            if (rest[..4].SequenceEqual("EXIF"u8))
            {
                ReadOnlySpan<byte> data = rest.Slice(8, (int)length);

                // Some programs leave JPEG's preamble in.
                return OrientationInTiff(data.StartsWith("Exif\0\0"u8) ? data[6..] : data);
            }

            rest = rest[Math.Min(rest.Length, 8 + (int)length + (int)(length & 1))..];
        }

        return SKEncodedOrigin.TopLeft;
    }

    private static SKEncodedOrigin OrientationInTiff(ReadOnlySpan<byte> tiff)
    {
        bool little = tiff.StartsWith("II*\0"u8);
        if (tiff.Length < 10 || (!little && !tiff.StartsWith("MM\0*"u8)))
        {
            return SKEncodedOrigin.TopLeft;
        }

        uint directory = little ? BinaryPrimitives.ReadUInt32LittleEndian(tiff[4..]) : BinaryPrimitives.ReadUInt32BigEndian(tiff[4..]);
        if (directory > tiff.Length - 2)
        {
            return SKEncodedOrigin.TopLeft;
        }

        int entries = Number(tiff[(int)directory..], little);
        ReadOnlySpan<byte> rest = tiff[((int)directory + 2)..];
        for (int i = 0; i < entries && rest.Length >= 12; i++, rest = rest[12..])
        {
            if (Number(rest, little) == OrientationTag && Number(rest[2..], little) == ShortType)
            {
                ushort value = Number(rest[8..], little);
                return value is >= 1 and <= 8 ? (SKEncodedOrigin)value : SKEncodedOrigin.TopLeft;
            }
        }

        return SKEncodedOrigin.TopLeft;
    }

    private static ushort Number(ReadOnlySpan<byte> bytes, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);
}
