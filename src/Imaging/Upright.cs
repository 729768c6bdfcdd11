namespace VggCuda.Imaging;

/// <summary>Turns a stored picture upright as its EXIF orientation says; only moves pixels, so nothing is lost.</summary>
/// <remarks>CIPA DC-008 (Exif 2.3), section 4.6.4, tag 0x0112: the value says where the stored first row and first column belong.</remarks>
internal static class Upright
{
    /// <summary>The picture upright; the same one where it is already.</summary>
    /// <param name="stored">The picture as stored.</param>
    /// <param name="orientation">1..8; 5 and above swap columns and rows.</param>
    public static Picture Turn(Picture stored, int orientation)
    {
        if (orientation is < 2 or > 8)
        {
            return stored;
        }

        int w = stored.Width;
        int h = stored.Height;
        bool swaps = orientation >= 5;
        byte[] upright = new byte[stored.Rgb.Length];
        int width = swaps ? h : w;
        for (int y = 0; y < (swaps ? w : h); y++)
        {
            for (int x = 0; x < width; x++)
            {
                (int sx, int sy) = orientation switch
                {
                    2 => (w - 1 - x, y),
                    3 => (w - 1 - x, h - 1 - y),
                    4 => (x, h - 1 - y),
                    5 => (y, x),
                    6 => (y, h - 1 - x),
                    7 => (w - 1 - y, h - 1 - x),
                    _ => (w - 1 - y, x),
                };
                stored.Rgb.AsSpan(((sy * w) + sx) * 3, 3).CopyTo(upright.AsSpan(((y * width) + x) * 3, 3));
            }
        }

        return new Picture(width, swaps ? w : h, upright);
    }
}
