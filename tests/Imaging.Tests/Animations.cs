using System.Buffers.Binary;
using System.Text;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Gif;
using SixLabors.ImageSharp.PixelFormats;

namespace VggCuda.Imaging.Tests;

/// <summary>Reads animations whole: GIF by the library, WebP's container here, its frames by the library.</summary>
internal static class Animations
{
    /// <summary>All frames, how long each is shown in milliseconds, and how often all are shown, 0 for ever.</summary>
    public static (Picture[] Frames, int[] Delays, int Repetitions) Read(byte[] file) =>
        file.AsSpan().StartsWith("GIF"u8) ? Gif(file) : WebP(file);

    private static (Picture[] Frames, int[] Delays, int Repetitions) Gif(byte[] file)
    {
        using Image<Rgb24> image = Image.Load<Rgb24>(Library.Configuration, file);
        List<Picture> frames = [];
        List<int> delays = [];
        for (int i = 0; i < image.Frames.Count; i++)
        {
            frames.Add(ToPicture(image.Frames[i]));
            delays.Add(image.Frames[i].Metadata.GetGifMetadata().FrameDelay * 10);
        }

        return ([.. frames], [.. delays], image.Metadata.GetGifMetadata().RepeatCount);
    }

    // RFC 9649, section 2.7: RIFF, VP8X, ANIM, then ANMF for each frame. Strict: sizes must come out even.
    private static (Picture[] Frames, int[] Delays, int Repetitions) WebP(byte[] file)
    {
        Assert.Equal("RIFF", Encoding.ASCII.GetString(file, 0, 4));
        Assert.Equal(file.Length - 8, BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(4)));
        Assert.Equal("WEBPVP8X", Encoding.ASCII.GetString(file, 8, 8));
        Assert.Equal(0x02, file[20]);
        (int width, int height) = (Three(file, 24) + 1, Three(file, 27) + 1);
        Assert.Equal("ANIM", Encoding.ASCII.GetString(file, 30, 4));
        int repetitions = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(42));
        List<Picture> frames = [];
        List<int> delays = [];
        for (int at = 44; at < file.Length;)
        {
            Assert.Equal("ANMF", Encoding.ASCII.GetString(file, at, 4));
            int length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 4));
            Assert.Equal((0, 0, width - 1, height - 1), (Three(file, at + 8), Three(file, at + 11), Three(file, at + 14), Three(file, at + 17)));
            delays.Add(Three(file, at + 20));
            byte[] still = [.. "RIFF"u8, 0, 0, 0, 0, .. "WEBP"u8, .. file.AsSpan(at + 24, length - 16)];
            BinaryPrimitives.WriteInt32LittleEndian(still.AsSpan(4), still.Length - 8);
            using Image<Rgb24> image = Image.Load<Rgb24>(Library.Configuration, still);
            frames.Add(ToPicture(image.Frames.RootFrame));
            at += 8 + length + (length & 1);
        }

        return ([.. frames], [.. delays], repetitions);
    }

    private static Picture ToPicture(ImageFrame<Rgb24> frame)
    {
        byte[] rgb = new byte[frame.Width * frame.Height * 3];
        frame.CopyPixelDataTo(rgb);
        return new Picture(frame.Width, frame.Height, rgb);
    }

    private static int Three(byte[] bytes, int at) => bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
}
