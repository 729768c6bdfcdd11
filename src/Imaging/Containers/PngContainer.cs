using System.Buffers.Binary;
using System.IO.Compression;
using SixLabors.ImageSharp.Formats.Png;

namespace VggCuda.Imaging.Containers;

/// <summary>Takes what makes the pixels out of a PNG file, and its orientation.</summary>
/// <remarks>PNG specification (W3C, third edition), sections 5.3 (chunks), 7 and 8 (scanlines, interlacing), 11.2 (critical chunks), 11.3.4.5 (eXIf).</remarks>
internal static class PngContainer
{
    private const int HeaderBytes = 13;

    public static PictureContent Open(ReadOnlySpan<byte> file)
    {
        PngChunks chunks = new(file);
        if (!chunks.Next())
        {
            throw BrokenPictureException.CutShort();
        }

        if (chunks.Is("CgBI"u8))
        {
            throw new BrokenPictureException("as Xcode stores it in programs for the iPhone (CgBI): its channels are swapped and its data is no PNG's; "
                + "turn it back with 'xcrun pngcrush -revert-iphone-optimizations', or fetch the original.");
        }

        if (!chunks.Is("IHDR"u8) || chunks.Data.Length != HeaderBytes || !chunks.IsSound())
        {
            throw chunks.IsCut ? BrokenPictureException.CutShort() : BrokenPictureException.Damaged();
        }

        ReadOnlySpan<byte> header = chunks.Data;
        uint width = BinaryPrimitives.ReadUInt32BigEndian(header), height = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        SizeCheck.Require(width, height);
        byte[] palette = [], transparency = [];
        using MemoryStream data = new();
        int orientation = 1;
        bool ended = false;
        while (!ended && chunks.Next())
        {
            if (chunks.Is("IDAT"u8))
            {
                // Of a chunk cut short, what is there: perhaps only its checksum is missing.
                Require(chunks.IsCut || chunks.IsSound());
                data.Write(chunks.Data);
            }
            else if (chunks.IsCut)
            {
                break;
            }
            else if (chunks.Is("PLTE"u8))
            {
                Require(chunks.IsSound() && chunks.Data.Length is > 0 and <= 768 && chunks.Data.Length % 3 == 0);
                palette = chunks.Data.ToArray();
            }
            else if (chunks.Is("tRNS"u8))
            {
                Require(chunks.IsSound());
                transparency = chunks.Data.ToArray();
            }
            else if (chunks.Is("eXIf"u8) || chunks.Is("exIf"u8))
            {
                orientation = orientation > 1 ? orientation : Exif.Orientation(chunks.Data);
            }
            else if (orientation == 1 && PngTextChunk.RawExif(chunks) is { } profile)
            {
                orientation = Exif.Orientation(profile);
            }

            ended = chunks.Is("IEND"u8);
        }

        int bits = header[8];
        int pixelBits = PixelBits(header);
        bool interlaced = header[12] == 1;
        RequireWhole(data, interlaced ? PngInterlace.Bytes((int)width, (int)height, pixelBits) : PngInterlace.RowBytes((int)width, (int)height, pixelBits), chunks.IsCut || !ended);
        data.Position = 0;
        using MemoryStream pixels = interlaced ? PngInterlace.Straighten(data, (int)width, (int)height, pixelBits) : data;
        if (header[9] == 3 && palette.Length > 0)
        {
            // An index beyond the palette is black, as others have it, not a fault.
            Array.Resize(ref palette, Math.Max(palette.Length, 3 << Math.Min(bits, 8)));
        }

        using MemoryStream essence = new((int)pixels.Length + 2048);
        essence.Write(file[..8]);
        PngChunks.Write(essence, "IHDR"u8, [.. header[..12], 0]);
        if (palette.Length > 0)
        {
            PngChunks.Write(essence, "PLTE"u8, palette);
        }

        if (transparency.Length > 0)
        {
            PngChunks.Write(essence, "tRNS"u8, transparency);
        }

        PngChunks.Write(essence, "IDAT"u8, pixels.GetBuffer().AsSpan(0, (int)pixels.Length));
        PngChunks.Write(essence, "IEND"u8, []);
        return new PictureContent
        {
            Essence = essence.GetBuffer().AsMemory(0, (int)essence.Length),
            Decoder = new PngDecoder { IgnoreMetadata = true },
            Width = (int)width,
            Height = (int)height,
            IsDeep = bits == 16,
            Orientation = orientation,
        };
    }

    private static void Require(bool sound)
    {
        if (!sound)
        {
            throw BrokenPictureException.Damaged();
        }
    }

    // Unpacks the data for its length alone.
    private static void RequireWhole(MemoryStream data, long expected, bool cut)
    {
        data.Position = 0;
        byte[] buffer = new byte[64 * 1024];
        using ZLibStream stream = new(data, CompressionMode.Decompress, leaveOpen: true);
        try
        {
            while (expected > 0)
            {
                int read = stream.Read(buffer, 0, (int)Math.Min(expected, buffer.Length));
                if (read == 0)
                {
                    throw cut ? BrokenPictureException.CutShort() : BrokenPictureException.Damaged();
                }

                expected -= read;
            }
        }
        catch (InvalidDataException)
        {
            throw cut ? BrokenPictureException.CutShort() : BrokenPictureException.Damaged();
        }
    }

    private static int PixelBits(ReadOnlySpan<byte> header)
    {
        int depth = header[8];
        int channels = (header[9], depth) switch
        {
            (0, 1 or 2 or 4 or 8 or 16) or (3, 1 or 2 or 4 or 8) => 1,
            (4, 8 or 16) => 2,
            (2, 8 or 16) => 3,
            (6, 8 or 16) => 4,
            _ => 0,
        };
        Require(channels > 0 && header[10] == 0 && header[11] == 0 && header[12] <= 1);
        return channels * depth;
    }
}
