using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Png;
using SixLabors.ImageSharp.Formats.Webp;
using SixLabors.ImageSharp.PixelFormats;
using VggCuda.Engine.Files;
using VggCuda.Imaging.Containers;
using VggCuda.Imaging.Jpeg;

namespace VggCuda.Imaging;

/// <summary>Reads pictures of the common formats, writes PNG with text metadata, and WebP.</summary>
/// <remarks>Any thread, any number at once.</remarks>
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

        try
        {
            if (kind == "a JPEG picture")
            {
                (int width, int height, byte[] rgb, int orientation) = JpegFile.Decode(bytes.Span);
                return Upright.Turn(new Picture(width, height, rgb), orientation);
            }

            PictureContent content = kind switch
            {
                "a PNG picture" => PngContainer.Open(bytes.Span),
                "a WebP picture" => WebPContainer.Open(bytes.Span),
                _ => GifContainer.Open(bytes.Span),
            };
            return Upright.Turn(Library.Decode(content), content.Orientation);
        }
        catch (BrokenPictureException e)
        {
            throw new PictureException(name, $"{kind}, {e.Message}", e);
        }
        catch (OutOfMemoryException e)
        {
            throw new PictureException(name, $"{kind}, but there is no memory for its pixels.", e);
        }
    }

    /// <summary>Encodes a picture as PNG: 8-bit RGB, without loss.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="text">Text metadata: keys of 1..79 printable Latin-1 characters, values of any text without NUL. Null for none.</param>
    /// <returns>The content of a .png file; the same picture and text give the same bytes.</returns>
    /// <exception cref="ArgumentException">A key or value cannot be stored.</exception>
    public static byte[] EncodePng(Picture picture, IReadOnlyDictionary<string, string>? text = null)
    {
        ArgumentNullException.ThrowIfNull(picture);
        using Image<Rgb24> image = Library.Wrap(picture);
        using MemoryStream png = new();
        image.Save(png, new PngEncoder
        {
            ColorType = PngColorType.Rgb,
            BitDepth = PngBitDepth.Bit8,
            FilterMethod = PngFilterMethod.Adaptive,
            CompressionLevel = PngCompressionLevel.Level5,
            IgnoreMetadata = true,
        });
        return PngText.Insert(png.GetBuffer().AsSpan(0, (int)png.Length), text);
    }

    /// <summary>Encodes a picture with transparency as PNG: 8-bit RGBA, without loss.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="alpha">Opacity by pixel, row by row: 0 for nothing, 255 for all of it. The colours are kept where it is 0 too.</param>
    /// <param name="text">As for the other one.</param>
    /// <returns>The content of a .png file.</returns>
    /// <exception cref="ArgumentException">There is not one value per pixel, or a key or value cannot be stored.</exception>
    public static byte[] EncodePng(Picture picture, ReadOnlySpan<byte> alpha, IReadOnlyDictionary<string, string>? text = null)
    {
        ArgumentNullException.ThrowIfNull(picture);
        if (alpha.Length != picture.Width * picture.Height)
        {
            throw new ArgumentException($"{alpha.Length} values of opacity were given for {picture.Width} x {picture.Height} pixels.", nameof(alpha));
        }

        byte[] values = new byte[alpha.Length * 4];
        for (int i = 0; i < alpha.Length; i++)
        {
            picture.Rgb.AsSpan(i * 3, 3).CopyTo(values.AsSpan(i * 4));
            values[(i * 4) + 3] = alpha[i];
        }

        using Image<Rgba32> image = Image.LoadPixelData<Rgba32>(Library.Configuration, values, picture.Width, picture.Height);
        using MemoryStream png = new();
        image.Save(png, new PngEncoder
        {
            ColorType = PngColorType.RgbWithAlpha,
            BitDepth = PngBitDepth.Bit8,
            FilterMethod = PngFilterMethod.Adaptive,
            CompressionLevel = PngCompressionLevel.Level5,
            TransparentColorMode = PngTransparentColorMode.Preserve,
            IgnoreMetadata = true,
        });
        return PngText.Insert(png.GetBuffer().AsSpan(0, (int)png.Length), text);
    }

    /// <summary>Encodes a picture as WebP, with loss.</summary>
    /// <param name="picture">The picture, at most 16,383 pixels on a side.</param>
    /// <param name="quality">0..100.</param>
    /// <returns>The content of a .webp file.</returns>
    /// <exception cref="ArgumentException">The picture is too large, or the quality out of its range.</exception>
    public static byte[] EncodeWebP(Picture picture, int quality)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentOutOfRangeException.ThrowIfNegative(quality);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quality, 100);
        if (Math.Max(picture.Width, picture.Height) > 16383)
        {
            throw new ArgumentException($"WebP takes at most 16,383 pixels on a side; the picture has {picture.Width} x {picture.Height}.", nameof(picture));
        }

        using Image<Rgb24> image = Library.Wrap(picture);
        using MemoryStream webp = new();
        image.Save(webp, new WebpEncoder { FileFormat = WebpFileFormatType.Lossy, Quality = quality });
        return webp.ToArray();
    }

    /// <summary>Writes a picture as PNG; see <see cref="EncodePng(Picture, IReadOnlyDictionary{string, string}?)"/>. The file is whole or not there at all.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="path">Where to; an existing file is replaced.</param>
    /// <param name="text">Text metadata, or null.</param>
    /// <exception cref="ArgumentException">A key or value of the metadata cannot be stored.</exception>
    /// <exception cref="IOException">The file cannot be written; the message is fit to be shown to a user.</exception>
    public static void WritePng(Picture picture, string path, IReadOnlyDictionary<string, string>? text = null) =>
        StagedFiles.Write(path, EncodePng(picture, text));
}
