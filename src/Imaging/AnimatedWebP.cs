using SkiaSharp;
using VggCuda.Engine.Files;

namespace VggCuda.Imaging;

/// <summary>Writes animated WebP, which plays for ever.</summary>
public static class AnimatedWebP
{
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

        List<SKBitmap> bitmaps = new(frames.Count);
        try
        {
            SKWebpEncoderFrame[] encoderFrames = new SKWebpEncoderFrame[frames.Count];
            for (int i = 0; i < encoderFrames.Length; i++)
            {
                bitmaps.Add(Pixels.ToBitmap(frames[i]));
                encoderFrames[i] = new SKWebpEncoderFrame(bitmaps[i], delay);
            }

            SKWebpEncoderOptions options = quality is { } lossy
                ? new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossy, lossy)
                : new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossless, 70);
            using SKData data = SKWebpEncoder.EncodeAnimated(encoderFrames, options)
                ?? throw new InvalidOperationException($"{frames.Count} frames of {frames[0].Width} x {frames[0].Height} could not be encoded as WebP.");
            return data.ToArray();
        }
        finally
        {
            bitmaps.ForEach(b => b.Dispose());
        }
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
}
