using System.Buffers.Binary;
using SixLabors.ImageSharp.Formats.Gif;
using SixLabors.ImageSharp.Metadata;

namespace VggCuda.Imaging.Containers;

/// <summary>Takes the first frame out of a GIF file.</summary>
/// <remarks>Format: CompuServe, "Graphics Interchange Format, version 89a", 1990.</remarks>
internal static class GifContainer
{
    private const int HeaderBytes = 13;

    public static PictureContent Open(ReadOnlySpan<byte> file)
    {
        BlockReader reader = new(file);
        byte[] header = reader.Take(HeaderBytes).ToArray();
        ReadOnlySpan<byte> table = reader.Take(TableBytes(header[10]));
        ReadOnlySpan<byte> control = [];
        while (true)
        {
            byte kind = reader.Take(1)[0];
            if (kind == 0x2C)
            {
                break;
            }

            if (kind != 0x21)
            {
                throw BrokenPictureException.Damaged();
            }

            // Extensions: only the graphic control one (transparency) changes the pixels.
            byte label = reader.Take(1)[0];
            ReadOnlySpan<byte> blocks = reader.TakeBlocks();
            control = label == 0xF9 ? blocks : control;
        }

        byte[] frame = reader.Take(9).ToArray();
        ReadOnlySpan<byte> ownTable = reader.Take(TableBytes(frame[8]));
        byte codeBits = reader.Take(1)[0];

        // Encoders exist that leave the canvas or the frame without a size, or the canvas smaller than the frame.
        int width = Number(frame, 4) > 0 ? Number(frame, 4) : Number(header, 6);
        int height = Number(frame, 6) > 0 ? Number(frame, 6) : Number(header, 8);
        int canvasWidth = Math.Max(Number(header, 6), Number(frame, 0) + width);
        int canvasHeight = Math.Max(Number(header, 8), Number(frame, 2) + height);
        SizeCheck.Require(canvasWidth, canvasHeight);
        Put(frame, 4, width);
        Put(frame, 6, height);
        Put(header, 6, canvasWidth);
        Put(header, 8, canvasHeight);

        ReadOnlySpan<byte> data = reader.TakeBlocks();
        LzwCheck.Require(data, codeBits, (long)width * height);
        byte[] essence =
        [
            .. header, .. table,
            .. control.Length > 0 ? [0x21, 0xF9] : Array.Empty<byte>(), .. control,
            0x2C, .. frame, .. ownTable, codeBits, .. data,
            0x3B,
        ];
        return new PictureContent
        {
            Essence = essence,
            Decoder = new GifDecoder { IgnoreMetadata = true, DecodingMode = FrameDecodingMode.First },
            Width = canvasWidth,
            Height = canvasHeight,
        };
    }

    private static int TableBytes(byte flags) => (flags & 0x80) != 0 ? 3 << ((flags & 7) + 1) : 0;

    private static int Number(byte[] bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at));

    private static void Put(byte[] bytes, int at, int value) => BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), (ushort)Math.Min(value, ushort.MaxValue));

    private ref struct BlockReader(ReadOnlySpan<byte> file)
    {
        private ReadOnlySpan<byte> _rest = file;

        public ReadOnlySpan<byte> Take(int count)
        {
            if (_rest.Length < count)
            {
                throw BrokenPictureException.CutShort();
            }

            ReadOnlySpan<byte> taken = _rest[..count];
            _rest = _rest[count..];
            return taken;
        }

        /// <summary>Sub-blocks with their lengths, up to and with the empty one that ends them.</summary>
        public ReadOnlySpan<byte> TakeBlocks()
        {
            int length = 0;
            while (true)
            {
                if (length >= _rest.Length)
                {
                    throw BrokenPictureException.CutShort();
                }

                byte block = _rest[length];
                length += 1 + block;
                if (block == 0)
                {
                    return Take(length);
                }
            }
        }
    }
}
