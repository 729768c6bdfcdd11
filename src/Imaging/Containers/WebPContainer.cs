using System.Buffers.Binary;
using SixLabors.ImageSharp.Formats.Webp;

namespace VggCuda.Imaging.Containers;

/// <summary>Takes the picture, or the first frame of an animation, out of a WebP file, and its orientation.</summary>
/// <remarks>RFC 9649, sections 2 (container), 3.4 (lossless header); RFC 6386, section 9.1 (lossy header).</remarks>
internal static class WebPContainer
{
    private const int FrameHeaderBytes = 16;
    private const byte AlphaFlag = 0x10;

    public static PictureContent Open(ReadOnlySpan<byte> file)
    {
        ReadOnlySpan<byte> extended = [], alpha = [], bits = [], frame = [];
        bool lossless = false;
        int orientation = 1;
        RiffChunks chunks = new(file[Math.Min(12, file.Length)..]);
        while (chunks.Next())
        {
            // Pixels cut short are no picture; of what comes behind them nobody asks.
            if (chunks.IsCut && bits.IsEmpty)
            {
                throw BrokenPictureException.CutShort();
            }

            if (chunks.Is("VP8X"u8) && extended.IsEmpty)
            {
                extended = chunks.Data;
            }
            else if (chunks.Is("ANMF"u8) && bits.IsEmpty && chunks.Data.Length >= FrameHeaderBytes)
            {
                frame = chunks.Data[..FrameHeaderBytes];
                RiffChunks inner = new(chunks.Data[FrameHeaderBytes..]);
                while (inner.Next() && bits.IsEmpty)
                {
                    Require(!inner.IsCut);
                    Note(inner, ref alpha, ref bits, ref lossless);
                }

                Require(!bits.IsEmpty);
            }
            else if (chunks.Is("EXIF"u8) && !chunks.IsCut)
            {
                orientation = Exif.Orientation(chunks.Data);
            }
            else
            {
                Note(chunks, ref alpha, ref bits, ref lossless);
            }
        }

        if (bits.IsEmpty)
        {
            throw BrokenPictureException.CutShort();
        }

        (int width, int height) = Size(bits, lossless);
        (int canvasWidth, int canvasHeight) = extended.Length >= 10 ? (Three(extended[4..]) + 1, Three(extended[7..]) + 1) : (width, height);
        (int left, int top) = frame.IsEmpty ? (0, 0) : (Three(frame) * 2, Three(frame[3..]) * 2);
        SizeCheck.Require(canvasWidth, canvasHeight);
        Require(frame.IsEmpty ? (width, height) == (canvasWidth, canvasHeight) : left + width <= canvasWidth && top + height <= canvasHeight);
        return new PictureContent
        {
            Essence = Rebuild(alpha, bits, lossless, width, height),
            Decoder = new WebpDecoder { IgnoreMetadata = true },
            Width = canvasWidth,
            Height = canvasHeight,
            Offset = (left, top),
            Orientation = orientation,
        };
    }

    private static void Note(RiffChunks chunk, ref ReadOnlySpan<byte> alpha, ref ReadOnlySpan<byte> bits, ref bool lossless)
    {
        if (!bits.IsEmpty)
        {
            return;
        }

        if (chunk.Is("ALPH"u8))
        {
            alpha = chunk.Data;
        }
        else if (chunk.Is("VP8 "u8) || chunk.Is("VP8L"u8))
        {
            bits = chunk.Data;
            lossless = chunk.Is("VP8L"u8);
        }
    }

    private static (int Width, int Height) Size(ReadOnlySpan<byte> bits, bool lossless)
    {
        if (lossless)
        {
            Require(bits.Length >= 5 && bits[0] == 0x2F);
            uint sizes = BinaryPrimitives.ReadUInt32LittleEndian(bits[1..]);
            return ((int)(sizes & 0x3FFF) + 1, (int)((sizes >> 14) & 0x3FFF) + 1);
        }

        // A key frame, and its first partition whole.
        Require(bits.Length >= 10 && (bits[0] & 1) == 0 && bits[3..6].SequenceEqual((ReadOnlySpan<byte>)[0x9D, 0x01, 0x2A]));
        if (Three(bits) >> 5 > bits.Length - 10)
        {
            throw BrokenPictureException.CutShort();
        }

        return (BinaryPrimitives.ReadUInt16LittleEndian(bits[6..]) & 0x3FFF, BinaryPrimitives.ReadUInt16LittleEndian(bits[8..]) & 0x3FFF);
    }

    // A still picture: the plain form, or the extended one where transparency stands in a chunk of its own.
    private static byte[] Rebuild(ReadOnlySpan<byte> alpha, ReadOnlySpan<byte> bits, bool lossless, int width, int height)
    {
        using MemoryStream file = new(bits.Length + alpha.Length + 64);
        file.Write("RIFF\0\0\0\0WEBP"u8);
        if (!lossless && !alpha.IsEmpty)
        {
            byte[] extended = new byte[10];
            extended[0] = AlphaFlag;
            BinaryPrimitives.WriteInt32LittleEndian(extended.AsSpan(4), width - 1);
            BinaryPrimitives.WriteUInt16LittleEndian(extended.AsSpan(7), (ushort)(height - 1));
            RiffChunks.Write(file, "VP8X"u8, extended);
            RiffChunks.Write(file, "ALPH"u8, alpha);
        }

        RiffChunks.Write(file, lossless ? "VP8L"u8 : "VP8 "u8, bits);
        RiffChunks.PutFileLength(file);
        return file.ToArray();
    }

    private static int Three(ReadOnlySpan<byte> bytes) => bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);

    private static void Require(bool sound)
    {
        if (!sound)
        {
            throw BrokenPictureException.Damaged();
        }
    }
}
