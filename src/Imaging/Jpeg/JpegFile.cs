using System.Buffers.Binary;
using VggCuda.Imaging.Containers;

namespace VggCuda.Imaging.Jpeg;

/// <summary>Reads JPEG files: sequential and progressive ones with Huffman coding and 8 bits, grey, RGB, YCbCr, CMYK and YCCK.</summary>
/// <remarks>
/// ITU-T T.81, annex B (markers); how colours are stored: T.871 (JFIF), Adobe Technical Note 5116 (APP14). Only a picture all of whose
/// coefficients have come is one; behind its end marker may stand anything: further pictures (MPO), films, garbage.
/// </remarks>
internal static class JpegFile
{
    private const byte EndOfImage = 0xD9;
    private const byte StartOfScan = 0xDA;
    private const byte QuantisationTables = 0xDB;
    private const byte RestartInterval = 0xDD;
    private const byte HuffmanTables = 0xC4;
    private const byte App0 = 0xE0;
    private const byte App1 = 0xE1;
    private const byte App14 = 0xEE;

    /// <summary>Decodes a file.</summary>
    /// <param name="file">From its start marker on.</param>
    /// <returns>The pixels as stored, and Exif's orientation, 1..8.</returns>
    /// <exception cref="BrokenPictureException">It is too large, of a kind that is not read, damaged, or lacks data.</exception>
    public static (int Width, int Height, byte[] Rgb, int Orientation) Decode(ReadOnlySpan<byte> file)
    {
        JpegFrame? frame = null;
        JpegTables tables = new();
        int orientation = 1;
        bool isJfif = false;
        int? adobe = null;
        int at = 2;
        while (true)
        {
            // Filling bytes, and what some cameras leave between segments, are passed over.
            while (at < file.Length - 1 && !(file[at] == 0xFF && file[at + 1] is not (0 or 0xFF)))
            {
                at++;
            }

            byte marker = at < file.Length - 1 ? file[at + 1] : (byte)0;
            at += 2;
            if (marker is 0 or EndOfImage)
            {
                if (frame is { IsComplete: true })
                {
                    return (frame.Width, frame.Height, JpegPixels.Of(frame, isJfif, adobe), orientation);
                }

                throw marker == EndOfImage && frame is { HasScan: true } ? BrokenPictureException.Damaged() : BrokenPictureException.CutShort();
            }

            if (marker is 1 or (>= 0xD0 and <= 0xD8))
            {
                continue;
            }

            ReadOnlySpan<byte> segment = Segment(file, at);
            ReadOnlySpan<byte> data = segment[2..];
            at += segment.Length;
            switch (marker)
            {
                case HuffmanTables:
                    tables.AddHuffman(data);
                    break;
                case QuantisationTables:
                    tables.AddQuantisation(data);
                    break;
                case RestartInterval:
                    JpegTables.Require(data.Length == 2);
                    tables.RestartInterval = BinaryPrimitives.ReadUInt16BigEndian(data);
                    break;
                case StartOfScan:
                    JpegTables.Require(frame is not null);
                    at += JpegScan.Read(frame!, tables, data, file[at..]);
                    break;
                case App0:
                    isJfif |= data.StartsWith("JFIF\0"u8);
                    break;
                case App1:
                    orientation = orientation == 1 && data.StartsWith("Exif\0\0"u8) ? Exif.Orientation(data) : orientation;
                    break;
                case App14:
                    adobe = data.Length >= 12 && data.StartsWith("Adobe"u8) ? data[11] : adobe;
                    break;
                case >= 0xC0 and <= 0xCF:
                    JpegTables.Require(frame is null);
                    frame = JpegFrame.Parse(marker, data);
                    break;
                default:
                    break;
            }
        }
    }

    private static ReadOnlySpan<byte> Segment(ReadOnlySpan<byte> file, int at)
    {
        if (at + 2 > file.Length)
        {
            throw BrokenPictureException.CutShort();
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(file[at..]);
        JpegTables.Require(length >= 2);
        return at + length <= file.Length ? file.Slice(at, length) : throw BrokenPictureException.CutShort();
    }
}
