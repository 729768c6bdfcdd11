using SkiaSharp;

namespace VggCuda.Imaging;

/// <summary>Between our packed RGB and Skia's four bytes a pixel.</summary>
internal static class Pixels
{
    /// <summary>Lays RGBA over white: c * a + 255 * (1 - a), rounded, a in 0..1.</summary>
    public static byte[] OverWhite(ReadOnlySpan<byte> rgba, int width, int height, int rowBytes)
    {
        byte[] rgb = new byte[width * height * 3];
        int to = 0;
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<byte> row = rgba.Slice(y * rowBytes, width * 4);
            for (int from = 0; from < row.Length; from += 4, to += 3)
            {
                int alpha = row[from + 3];
                for (int c = 0; c < 3; c++)
                {
                    rgb[to + c] = (byte)(((row[from + c] * alpha) + (255 * (255 - alpha)) + 127) / 255);
                }
            }
        }

        return rgb;
    }

    public static SKBitmap ToBitmap(Picture picture)
    {
        SKBitmap bitmap = new(new SKImageInfo(picture.Width, picture.Height, SKColorType.Rgb888x, SKAlphaType.Opaque));
        Span<byte> pixels = bitmap.GetPixelSpan();
        byte[] rgb = picture.Rgb;
        int from = 0;
        for (int y = 0; y < picture.Height; y++)
        {
            Span<byte> row = pixels.Slice(y * bitmap.RowBytes, picture.Width * 4);
            for (int to = 0; to < row.Length; to += 4, from += 3)
            {
                row[to] = rgb[from];
                row[to + 1] = rgb[from + 1];
                row[to + 2] = rgb[from + 2];
                row[to + 3] = 255;
            }
        }

        return bitmap;
    }

    public static Picture FromBitmap(SKBitmap bitmap) =>
        new(bitmap.Width, bitmap.Height, OverWhite(bitmap.GetPixelSpan(), bitmap.Width, bitmap.Height, bitmap.RowBytes));
}
