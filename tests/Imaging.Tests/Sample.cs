using CsCheck;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.Formats.Webp;
using SixLabors.ImageSharp.PixelFormats;

namespace VggCuda.Imaging.Tests;

/// <summary>Pictures made on the spot.</summary>
internal static class Sample
{
    /// <summary>Any picture of up to 40 x 40, of noise or of few colours.</summary>
    public static readonly Gen<Picture> Any =
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 40], Gen.Int[1, 300], Gen.Int).Select((w, h, colours, seed) => Noise(w, h, seed, colours));

    /// <summary>Uniformly random pixels out of so many random colours.</summary>
    public static Picture Noise(int width, int height, int seed, int colours = int.MaxValue)
    {
        Random random = new(seed);
        byte[] rgb = new byte[width * height * 3];
        if (colours == int.MaxValue)
        {
            random.NextBytes(rgb);
            return new Picture(width, height, rgb);
        }

        byte[] palette = new byte[colours * 3];
        random.NextBytes(palette);
        for (int i = 0; i < rgb.Length; i += 3)
        {
            palette.AsSpan(random.Next(colours) * 3, 3).CopyTo(rgb.AsSpan(i));
        }

        return new Picture(width, height, rgb);
    }

    /// <summary>Smooth in all channels, with far more than 256 colours from some 40 pixels on.</summary>
    public static Picture Gradient(int width, int height, int phase = 0)
    {
        Picture picture = Picture.Black(width, height);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                int at = ((y * width) + x) * 3;
                picture.Rgb[at] = (byte)(127 + (100 * Math.Sin((x + phase) / 17.0)));
                picture.Rgb[at + 1] = (byte)(127 + (100 * Math.Cos((y - phase) / 23.0)));
                picture.Rgb[at + 2] = (byte)(127 + (90 * Math.Sin((x + y + phase) / 31.0)));
            }
        }

        return picture;
    }

    public static Picture Plain(int width, int height, byte r, byte g, byte b)
    {
        Picture picture = Picture.Black(width, height);
        for (int i = 0; i < picture.Rgb.Length; i += 3)
        {
            (picture.Rgb[i], picture.Rgb[i + 1], picture.Rgb[i + 2]) = (r, g, b);
        }

        return picture;
    }

    public static byte[] Jpeg(Picture picture, int quality = 95, bool ratio444 = true) =>
        Encode(picture, new JpegEncoder { Quality = quality, ColorType = ratio444 ? JpegColorType.YCbCrRatio444 : JpegColorType.YCbCrRatio420 });

    public static byte[] LossyWebP(Picture picture) => Encode(picture, new WebpEncoder { FileFormat = WebpFileFormatType.Lossy, Quality = 60 });

    public static byte[] WebP(Picture picture) => Encode(picture, new WebpEncoder { FileFormat = WebpFileFormatType.Lossless, Quality = 30 });

    /// <summary>The same smooth picture in any of the four formats.</summary>
    public static byte[] Encoded(string kind) => kind switch
    {
        "png" => PictureFile.EncodePng(Gradient(48, 40)),
        "jpeg" => Jpeg(Gradient(48, 40)),
        "webp" => WebP(Gradient(48, 40)),
        _ => AnimatedGif.Encode([Gradient(48, 40)], TimeSpan.FromMilliseconds(100)),
    };

    private static byte[] Encode(Picture picture, IImageEncoder encoder)
    {
        using Image<Rgb24> image = Library.Wrap(picture);
        using MemoryStream file = new();
        image.Save(file, encoder);
        return file.ToArray();
    }

    public static (byte R, byte G, byte B) At(this Picture picture, int x, int y)
    {
        int at = ((y * picture.Width) + x) * 3;
        return (picture.Rgb[at], picture.Rgb[at + 1], picture.Rgb[at + 2]);
    }
}
