using System.Buffers.Binary;
using VggCuda.Engine.Files;

namespace VggCuda.Imaging;

/// <summary>Which colours the frames of a GIF may have: 256 for all together, or 256 for each.</summary>
public enum GifPalette
{
    /// <summary>One palette for the whole animation: what does not change between frames keeps its colour exactly.</summary>
    Shared,

    /// <summary>A palette for each frame: truer colours where frames differ much, at the price of flicker in calm areas.</summary>
    PerFrame,
}

/// <summary>Writes animated GIF, which plays for ever.</summary>
/// <remarks>Format: CompuServe, "Graphics Interchange Format, version 89a", 1990; the loop by Netscape's application extension. Any thread, any number at once.</remarks>
public static class AnimatedGif
{
    /// <summary>Encodes frames of one size.</summary>
    /// <param name="frames">At least one, all of one size.</param>
    /// <param name="delay">How long each frame is shown, 1 ms to 60 s; rounded to whole hundredths of a second, at least two,
    /// since players take less for a mistake.</param>
    /// <param name="palette">One palette or one per frame.</param>
    /// <returns>The content of a .gif file; the same frames give the same bytes.</returns>
    /// <remarks>Up to 256 colours are kept exactly; more are quantised and dithered in a fixed pattern, which does not move from frame to frame.</remarks>
    /// <exception cref="ArgumentException">There is no frame, sizes differ, or the delay is out of its range.</exception>
    public static byte[] Encode(IReadOnlyList<Picture> frames, TimeSpan delay, GifPalette palette = GifPalette.Shared)
    {
        using MemoryStream stream = new();
        Write(stream, frames, delay, palette);
        return stream.ToArray();
    }

    /// <summary>Writes frames as a file, which is whole or not there at all; see <see cref="Encode"/>.</summary>
    /// <param name="path">Where to; an existing file is replaced.</param>
    /// <param name="frames">At least one, all of one size.</param>
    /// <param name="delay">How long each frame is shown.</param>
    /// <param name="palette">One palette or one per frame.</param>
    /// <exception cref="ArgumentException">As <see cref="Encode"/>.</exception>
    /// <exception cref="IOException">The file cannot be written; the message is fit to be shown to a user.</exception>
    public static void Write(string path, IReadOnlyList<Picture> frames, TimeSpan delay, GifPalette palette = GifPalette.Shared)
    {
        Animation.Check(frames, delay, ushort.MaxValue);
        StagedFiles.Write(path, stream => Write(stream, frames, delay, palette));
    }

    /// <summary>Writes frames to a stream; see <see cref="Encode"/>. Only one quantised frame is held at a time.</summary>
    /// <param name="stream">Where to; written from its position on, not closed.</param>
    /// <param name="frames">At least one, all of one size.</param>
    /// <param name="delay">How long each frame is shown.</param>
    /// <param name="palette">One palette or one per frame.</param>
    /// <exception cref="ArgumentException">As <see cref="Encode"/>.</exception>
    public static void Write(Stream stream, IReadOnlyList<Picture> frames, TimeSpan delay, GifPalette palette = GifPalette.Shared)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Animation.Check(frames, delay, ushort.MaxValue);
        Palette? shared = palette == GifPalette.Shared ? Palette.Of(frames) : null;

        stream.Write("GIF89a"u8);
        WriteNumbers(stream, frames[0].Width, frames[0].Height);
        stream.WriteByte((byte)(shared is null ? 0x70 : 0xF0 | (shared.Bits - 1)));
        stream.Write([0, 0]);
        if (shared is not null)
        {
            stream.Write(shared.Table());
        }

        // Application extension: three bytes of data, sub-block 1, repeat count 0 for ever.
        stream.Write([0x21, 0xFF, 11]);
        stream.Write("NETSCAPE2.0"u8);
        stream.Write([3, 1, 0, 0, 0]);

        int hundredths = Math.Max(2, (int)Math.Round(delay.TotalMilliseconds / 10));
        foreach (Picture frame in frames)
        {
            Palette colours = shared ?? Palette.Of([frame]);
            WriteFrame(stream, frame, colours, shared is null, hundredths);
        }

        stream.WriteByte(0x3B);
    }

    private static void WriteFrame(Stream stream, Picture frame, Palette colours, bool local, int hundredths)
    {
        // Graphic control extension: leave the frame in place, nothing transparent.
        stream.Write([0x21, 0xF9, 4, 0x04]);
        WriteNumbers(stream, hundredths);
        stream.Write([0, 0]);

        stream.WriteByte(0x2C);
        WriteNumbers(stream, 0, 0, frame.Width, frame.Height);
        stream.WriteByte((byte)(local ? 0x80 | (colours.Bits - 1) : 0));
        if (local)
        {
            stream.Write(colours.Table());
        }

        GifLzw.Write(stream, colours.Quantise(frame), Math.Max(2, colours.Bits));
    }

    private static void WriteNumbers(Stream stream, params ReadOnlySpan<int> numbers)
    {
        Span<byte> bytes = stackalloc byte[2];
        foreach (int number in numbers)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)number);
            stream.Write(bytes);
        }
    }
}
