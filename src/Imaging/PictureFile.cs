using SkiaSharp;
using VggCuda.Engine.Files;

namespace VggCuda.Imaging;

/// <summary>Reads pictures of the common formats and writes PNG with text metadata.</summary>
public static class PictureFile
{
    /// <summary>The longest picture file that is read, in bytes.</summary>
    public const long MaxFileBytes = 256L * 1024 * 1024;

    private const string Expected = "expected a PNG, JPEG, WebP or GIF picture";

    /// <summary>Reads a PNG, JPEG or WebP picture, or the first frame of a GIF or animated WebP.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The picture upright: an EXIF orientation is applied.</returns>
    /// <remarks>
    /// Grey values are repeated in all three channels, 16-bit values keep their upper byte, CMYK is converted plainly to RGB.
    /// Transparent parts are laid over white. Colour profiles are ignored: the stored values are what networks are trained on.
    /// The size in the header is checked against <see cref="Picture.MaxSide"/> and <see cref="Picture.MaxPixels"/> before anything is decoded.
    /// </remarks>
    /// <exception cref="PictureException">The file is missing, no picture, damaged, cut short or too large.</exception>
    public static Picture Read(string path) => Decode(FileContent.Read(path, MaxFileBytes), path);

    /// <summary>Decodes a picture held in memory; see <see cref="Read"/>.</summary>
    /// <param name="bytes">The content of a picture file.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="PictureException">The bytes are no picture, damaged, cut short or too large.</exception>
    public static Picture Decode(ReadOnlyMemory<byte> bytes, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string kind = FileContent.Describe(bytes.Span);
        if (kind is not ("a PNG picture" or "a JPEG picture" or "a WebP picture" or "a GIF picture"))
        {
            throw new PictureException(name, bytes.IsEmpty ? $"the file is empty; {Expected}." : $"this is {kind}; {Expected}.");
        }

        using SKData data = SKData.CreateCopy(bytes.Span);
        using SKCodec codec = SKCodec.Create(data) ?? throw Damaged(name, kind);
        SKImageInfo stored = codec.Info;
        if (Picture.SizeComplaint(stored.Width, stored.Height) is { } complaint)
        {
            throw new PictureException(name, complaint);
        }

        SKImageInfo wanted = new(stored.Width, stored.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        using SKBitmap bitmap = new();
        if (!bitmap.TryAllocPixels(wanted))
        {
            throw new PictureException(name, $"there is no memory for {stored.Width} x {stored.Height} pixels.");
        }

        switch (codec.GetPixels(wanted, bitmap.GetPixels()))
        {
            case SKCodecResult.Success:
                break;
            case SKCodecResult.IncompleteInput:
                throw new PictureException(name, $"{kind}, but the file is cut short; fetch or export it again.");
            default:
                throw Damaged(name, kind);
        }

        Picture picture = new(stored.Width, stored.Height, Pixels.OverWhite(bitmap.GetPixelSpan(), stored.Width, stored.Height, bitmap.RowBytes));
        return Orientation.Apply(picture, kind switch
        {
            // Skia finds the orientation in JPEG files alone.
            "a PNG picture" => Exif.OrientationInPng(bytes.Span),
            "a WebP picture" => Exif.OrientationInWebP(bytes.Span),
            _ => codec.EncodedOrigin,
        });
    }

    /// <summary>Encodes a picture as PNG: 8-bit RGB, without loss.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="text">Text metadata: keys of 1..79 printable Latin-1 characters, values of any text without NUL. Null for none.</param>
    /// <returns>The content of a .png file; the same picture and text give the same bytes.</returns>
    /// <exception cref="ArgumentException">A key or value cannot be stored.</exception>
    public static byte[] EncodePng(Picture picture, IReadOnlyDictionary<string, string>? text = null)
    {
        ArgumentNullException.ThrowIfNull(picture);
        using SKBitmap bitmap = Pixels.ToBitmap(picture);
        using SKPixmap pixmap = bitmap.PeekPixels();
        using SKData data = pixmap.Encode(new SKPngEncoderOptions(SKPngEncoderFilterFlags.AllFilters, 6))
            ?? throw new InvalidOperationException($"A picture of {picture.Width} x {picture.Height} could not be encoded as PNG.");
        return PngText.Insert(data.AsSpan(), text);
    }

    /// <summary>Writes a picture as PNG; see <see cref="EncodePng"/>. The file is whole or not there at all.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="path">Where to; an existing file is replaced.</param>
    /// <param name="text">Text metadata, or null.</param>
    /// <exception cref="ArgumentException">A key or value of the metadata cannot be stored.</exception>
    /// <exception cref="IOException">The file cannot be written; the message is fit to be shown to a user.</exception>
    public static void WritePng(Picture picture, string path, IReadOnlyDictionary<string, string>? text = null) =>
        StagedFiles.Write(path, EncodePng(picture, text));

    private static PictureException Damaged(string name, string kind) => new(name, $"{kind}, but a damaged one; fetch or export it again.");
}
