using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Webp;
using SixLabors.ImageSharp.PixelFormats;
using VggCuda.Engine.Files;
using VggCuda.Imaging.Containers;

namespace VggCuda.Imaging;

/// <summary>Writes animated WebP, which plays for ever.</summary>
/// <remarks>Each frame is encoded by itself; container: RFC 9649, section 2.7. Any thread, any number at once.</remarks>
public static class AnimatedWebP
{
    private const byte AnimationFlag = 0x02;

    // A frame that replaces what was there instead of being laid over it.
    private const byte NoBlending = 0x02;

    // How hard the lossless encoder searches, 0..100.
    private const int LosslessEffort = 75;

    /// <summary>Encodes frames of one size.</summary>
    /// <param name="frames">At least one, all of one size of at most 16,383 on a side.</param>
    /// <param name="delay">How long each frame is shown; whole milliseconds, 1 ms to 60 s.</param>
    /// <param name="quality">0..100 for lossy compression; null for lossless, which is several times larger.</param>
    /// <exception cref="ArgumentException">There is no frame, sizes differ, a size, the delay or the quality is out of its range.</exception>
    public static byte[] Encode(IReadOnlyList<Picture> frames, TimeSpan delay, int? quality = 80)
    {
        Animation.Check(frames, delay, maxSide: 16383);
        if (quality is < 0 or > 100)
        {
            throw new ArgumentException($"The quality is {quality}; expected 0 to 100, or none for lossless.", nameof(quality));
        }

        WebpEncoder encoder = quality is { } lossy
            ? new WebpEncoder { FileFormat = WebpFileFormatType.Lossy, Quality = lossy }
            : new WebpEncoder { FileFormat = WebpFileFormatType.Lossless, Quality = LosslessEffort };
        using MemoryStream file = new();
        file.Write("RIFF\0\0\0\0WEBP"u8);
        byte[] extended = new byte[10];
        extended[0] = AnimationFlag;
        PutThree(extended.AsSpan(4), frames[0].Width - 1);
        PutThree(extended.AsSpan(7), frames[0].Height - 1);
        RiffChunks.Write(file, "VP8X"u8, extended);

        // A white ground, and no end to the repetitions.
        RiffChunks.Write(file, "ANIM"u8, [255, 255, 255, 255, 0, 0]);
        foreach (Picture frame in frames)
        {
            RiffChunks.Write(file, "ANMF"u8, Frame(frame, encoder, (int)Math.Round(delay.TotalMilliseconds)));
        }

        RiffChunks.PutFileLength(file);
        return file.ToArray();
    }

    /// <summary>Writes frames as a file, which is whole or not there at all; see <see cref="Encode"/>.</summary>
    /// <param name="path">Where to; an existing file is replaced.</param>
    /// <param name="frames">At least one, all of one size.</param>
    /// <param name="delay">How long each frame is shown.</param>
    /// <param name="quality">0..100, or null for lossless.</param>
    /// <exception cref="ArgumentException">As <see cref="Encode"/>.</exception>
    /// <exception cref="IOException">The file cannot be written; the message is fit to be shown to a user.</exception>
    public static void Write(string path, IReadOnlyList<Picture> frames, TimeSpan delay, int? quality = 80) =>
        StagedFiles.Write(path, Encode(frames, delay, quality));

    // Position (0, 0), size, duration, flags, and the picture's own chunks.
    private static byte[] Frame(Picture frame, WebpEncoder encoder, int milliseconds)
    {
        using Image<Rgb24> image = Library.Wrap(frame);
        using MemoryStream still = new();
        image.Save(still, encoder);
        using MemoryStream content = new();
        byte[] header = new byte[16];
        PutThree(header.AsSpan(6), frame.Width - 1);
        PutThree(header.AsSpan(9), frame.Height - 1);
        PutThree(header.AsSpan(12), milliseconds);
        header[15] = NoBlending;
        content.Write(header);
        RiffChunks chunks = new(still.GetBuffer().AsSpan(12, (int)still.Length - 12));
        while (chunks.Next())
        {
            if (chunks.Is("VP8 "u8) || chunks.Is("VP8L"u8))
            {
                RiffChunks.Write(content, chunks.Is("VP8 "u8) ? "VP8 "u8 : "VP8L"u8, chunks.Data);
            }
        }

        return content.ToArray();
    }

    private static void PutThree(Span<byte> bytes, int value)
    {
        bytes[0] = (byte)value;
        bytes[1] = (byte)(value >> 8);
        bytes[2] = (byte)(value >> 16);
    }
}
