using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Gif;
using SixLabors.ImageSharp.Formats.Png;
using SixLabors.ImageSharp.Formats.Webp;
using SixLabors.ImageSharp.Memory;
using SixLabors.ImageSharp.PixelFormats;
using VggCuda.Imaging.Containers;

namespace VggCuda.Imaging;

/// <summary>ImageSharp as we use it: three formats, bounded memory that is given back, one thread.</summary>
internal static class Library
{
    // The largest single piece: a picture of Picture.MaxPixels with four 16-bit channels.
    private const int MaxAllocationMegabytes = 576;

    public static readonly Configuration Configuration = new(new PngConfigurationModule(), new WebpConfigurationModule(), new GifConfigurationModule())
    {
        MaxDegreeOfParallelism = 1,
        MemoryAllocator = MemoryAllocator.Create(new MemoryAllocatorOptions { MaximumPoolSizeMegabytes = 0, AllocationLimitMegabytes = MaxAllocationMegabytes }),
    };

    /// <summary>Decodes the essence of a picture, laid over white, as stored.</summary>
    /// <exception cref="BrokenPictureException">The decoder refuses it, by whatever exception.</exception>
    public static Picture Decode(PictureContent content)
    {
        try
        {
            return content.IsDeep ? Deep(content) : Plain(content);
        }
        catch (Exception e) when (e is not (OutOfMemoryException or BrokenPictureException))
        {
            // Its own exceptions, and on damaged data many of .NET's: index out of range, null reference, division by zero.
            throw BrokenPictureException.Damaged();
        }
    }

    /// <summary>The library's picture of ours.</summary>
    public static Image<Rgb24> Wrap(Picture picture) => Image.LoadPixelData<Rgb24>(Configuration, picture.Rgb, picture.Width, picture.Height);

    private static Picture Plain(PictureContent content)
    {
        using Image<Rgba32> image = Image.Load<Rgba32>(Configuration, content.Essence.Span, content.Decoder);
        Picture picture = Canvas(content, image);
        image.ProcessPixelRows(pixels =>
        {
            for (int y = 0; y < pixels.Height; y++)
            {
                Span<byte> to = Row(picture, content, y, pixels.Width);
                foreach (Rgba32 pixel in pixels.GetRowSpan(y))
                {
                    (to[0], to[1], to[2]) = (OverWhite(pixel.R, pixel.A), OverWhite(pixel.G, pixel.A), OverWhite(pixel.B, pixel.A));
                    to = to[3..];
                }
            }
        });
        return picture;
    }

    // Keeps the upper bytes.
    private static Picture Deep(PictureContent content)
    {
        using Image<Rgba64> image = Image.Load<Rgba64>(Configuration, content.Essence.Span, content.Decoder);
        Picture picture = Canvas(content, image);
        image.ProcessPixelRows(pixels =>
        {
            for (int y = 0; y < pixels.Height; y++)
            {
                Span<byte> to = Row(picture, content, y, pixels.Width);
                foreach (Rgba64 pixel in pixels.GetRowSpan(y))
                {
                    int alpha = pixel.A >> 8;
                    (to[0], to[1], to[2]) = (OverWhite(pixel.R >> 8, alpha), OverWhite(pixel.G >> 8, alpha), OverWhite(pixel.B >> 8, alpha));
                    to = to[3..];
                }
            }
        });
        return picture;
    }

    private static Picture Canvas(PictureContent content, Image image)
    {
        if (content.Offset.Left + image.Width > content.Width || content.Offset.Top + image.Height > content.Height)
        {
            throw BrokenPictureException.Damaged();
        }

        Picture picture = Picture.Black(content.Width, content.Height);
        if (image.Width < content.Width || image.Height < content.Height)
        {
            picture.Rgb.AsSpan().Fill(255);
        }

        return picture;
    }

    private static Span<byte> Row(Picture picture, PictureContent content, int y, int width) =>
        picture.Rgb.AsSpan((((content.Offset.Top + y) * picture.Width) + content.Offset.Left) * 3, width * 3);

    // c * a + 255 * (1 - a), rounded, a in 0..1.
    private static byte OverWhite(int value, int alpha) => alpha == 255 ? (byte)value : (byte)(((value * alpha) + (255 * (255 - alpha)) + 127) / 255);
}
