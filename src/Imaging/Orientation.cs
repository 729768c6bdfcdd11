using SkiaSharp;

namespace VggCuda.Imaging;

/// <summary>Turns a stored picture upright as its EXIF orientation says; only moves pixels, so nothing is lost.</summary>
/// <remarks>CIPA DC-008 (Exif 2.3), section 4.6.4, tag 0x0112: the value says where the stored first row and first column belong.</remarks>
internal static class Orientation
{
    public static Picture Apply(Picture stored, SKEncodedOrigin origin)
    {
        if (origin is < SKEncodedOrigin.TopRight or > SKEncodedOrigin.LeftBottom)
        {
            return stored;
        }

        int w = stored.Width;
        int h = stored.Height;
        bool swaps = origin >= SKEncodedOrigin.LeftTop;
        byte[] upright = new byte[stored.Rgb.Length];
        int width = swaps ? h : w;
        for (int y = 0; y < (swaps ? w : h); y++)
        {
            for (int x = 0; x < width; x++)
            {
                (int sx, int sy) = origin switch
                {
                    SKEncodedOrigin.TopRight => (w - 1 - x, y),
                    SKEncodedOrigin.BottomRight => (w - 1 - x, h - 1 - y),
                    SKEncodedOrigin.BottomLeft => (x, h - 1 - y),
                    SKEncodedOrigin.LeftTop => (y, x),
                    SKEncodedOrigin.RightTop => (y, h - 1 - x),
                    SKEncodedOrigin.RightBottom => (w - 1 - y, h - 1 - x),
                    _ => (w - 1 - y, x),
                };
                stored.Rgb.AsSpan(((sy * w) + sx) * 3, 3).CopyTo(upright.AsSpan(((y * width) + x) * 3, 3));
            }
        }

        return new Picture(width, swaps ? w : h, upright);
    }
}
