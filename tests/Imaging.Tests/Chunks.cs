using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace VggCuda.Imaging.Tests;

/// <summary>Puts chunks into PNG, JPEG and WebP files.</summary>
internal static class Chunks
{
    /// <summary>A PNG with one more chunk right behind its header.</summary>
    public static byte[] Insert(byte[] png, string type, byte[] data) => [.. png[..33], .. Chunk(type, data), .. png[33..]];

    public static byte[] Chunk(string type, byte[] data)
    {
        byte[] typeAndData = [.. Encoding.ASCII.GetBytes(type), .. data];
        byte[] length = new byte[4], crc = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, data.Length);
        BinaryPrimitives.WriteUInt32BigEndian(crc, Crc32.HashToUInt32(typeAndData));
        return [.. length, .. typeAndData, .. crc];
    }

    /// <summary>A PNG whose pixels depend on their place, interlaced or not, unfiltered.</summary>
    public static byte[] Numbered(int width, int height, byte colourType, byte depth, int channels, bool interlaced)
    {
        (int X, int Y, int StepX, int StepY)[] passes = interlaced
            ? [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
            : [(0, 0, 1, 1)];
        List<byte> rows = [];
        foreach ((int left, int top, int stepX, int stepY) in passes)
        {
            for (int y = top; y < height && left < width; y += stepY)
            {
                rows.Add(0);
                int held = 0, bits = 0;
                for (int x = left; x < width; x += stepX)
                {
                    for (int c = 0; c < channels; c++)
                    {
                        int value = c == 3 ? (1 << depth) - 1 : ((x * 7) + (y * 31) + (c * 11) + (x * y)) & ((1 << Math.Min((int)depth, 8)) - 1);
                        for (int bit = depth - 1; bit >= 0; bit--)
                        {
                            held = (held << 1) | ((value >> bit) & 1);
                            if (++bits == 8)
                            {
                                rows.Add((byte)held);
                                (held, bits) = (0, 0);
                            }
                        }
                    }
                }

                if (bits > 0)
                {
                    rows.Add((byte)(held << (8 - bits)));
                }
            }
        }

        byte[] header = [0, 0, 0, (byte)width, 0, 0, 0, (byte)height, depth, colourType, 0, 0, (byte)(interlaced ? 1 : 0)];
        return [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, .. Chunk("IHDR", header), .. Chunk("IDAT", Deflate(rows.ToArray())), .. Chunk("IEND", [])];
    }

    /// <summary>A TIFF structure with the orientation tag alone, as EXIF embeds it.</summary>
    public static byte[] Exif(int orientation) =>
        [(byte)'I', (byte)'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, (byte)orientation, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>The same with the number in 32 bits, of either byte order.</summary>
    public static byte[] LongExif(int orientation, bool little) => little
        ? [(byte)'I', (byte)'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 4, 0, 1, 0, 0, 0, (byte)orientation, 0, 0, 0, 0, 0, 0, 0]
        : [(byte)'M', (byte)'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 4, 0, 0, 0, 1, 0, 0, 0, (byte)orientation, 0, 0, 0, 0];

    public static byte[] Deflate(ReadOnlySpan<byte> data)
    {
        using MemoryStream packed = new();
        using (ZLibStream zlib = new(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            zlib.Write(data);
        }

        return packed.ToArray();
    }

    public static byte[] JpegWithExif(byte[] jpeg, int orientation) => JpegWithExif(jpeg, Exif(orientation));

    public static byte[] JpegWithExif(byte[] jpeg, byte[] exif)
    {
        byte[] payload = [.. "Exif\0\0"u8, .. exif];
        return [0xFF, 0xD8, 0xFF, 0xE1, 0, (byte)(payload.Length + 2), .. payload, .. jpeg[2..]];
    }

    public static byte[] PngWithExif(byte[] png, int orientation) => Insert(png, "eXIf", Exif(orientation));

    /// <summary>The extended form of a simple lossless WebP: VP8X, the picture, EXIF.</summary>
    public static byte[] WebPWithExif(byte[] webp, int width, int height, int orientation) => WebPWithExif(webp, width, height, Exif(orientation));

    public static byte[] WebPWithExif(byte[] webp, int width, int height, byte[] exif)
    {
        byte[] body =
        [
            .. "WEBP"u8,
            .. "VP8X"u8, 10, 0, 0, 0, 0x08, 0, 0, 0, (byte)(width - 1), 0, 0, (byte)(height - 1), 0, 0,
            .. webp[12..],
            .. "EXIF"u8, (byte)exif.Length, 0, 0, 0, .. exif,
        ];
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, body.Length);
        return [.. "RIFF"u8, .. length, .. body];
    }
}
