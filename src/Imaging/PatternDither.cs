namespace VggCuda.Imaging;

/// <summary>Dithers to any palette in a fixed pattern, so that a pixel that does not change between frames keeps its index.</summary>
/// <remarks>
/// Knoll's pattern dithering (Thomas Knoll, US patent 6,606,166, filed 1999, expired): for a colour, sixteen palette entries are chosen
/// one after the other, each nearest to the colour plus the error so far, so that their mean is the colour; sorted by lightness, the
/// pixel's place in a 4 x 4 threshold matrix (Bayer, 1973) picks one of them.
/// </remarks>
internal sealed class PatternDither
{
    private const int Candidates = 16;

    // Nearest entries are looked up for every second level of each channel, and kept.
    private const int LookupBits = 7;

    private static readonly byte[] s_bayer =
    [
        0, 8, 2, 10,
        12, 4, 14, 6,
        3, 11, 1, 9,
        15, 7, 13, 5,
    ];

    // Entries are sorted by lightness, hence comparing indices is comparing lightness.
    private readonly int[] _red;
    private readonly int[] _green;
    private readonly int[] _blue;
    private readonly short[] _nearest = new short[1 << (3 * LookupBits)];

    /// <param name="colours">0xRRGGBB, darkest first, at most 256.</param>
    public PatternDither(int[] colours)
    {
        _red = Array.ConvertAll(colours, c => c >> 16);
        _green = Array.ConvertAll(colours, c => (c >> 8) & 255);
        _blue = Array.ConvertAll(colours, c => c & 255);
    }

    /// <summary>An index for every pixel, row by row.</summary>
    public byte[] Quantise(Picture picture)
    {
        byte[] indices = new byte[picture.Width * picture.Height];
        byte[] rgb = picture.Rgb;
        Span<byte> candidates = stackalloc byte[Candidates];
        int pixel = 0;
        int filledFor = -1;
        for (int y = 0; y < picture.Height; y++)
        {
            for (int x = 0; x < picture.Width; x++, pixel++)
            {
                int colour = Palette.ColourAt(rgb, pixel);
                if (colour != filledFor)
                {
                    Fill(candidates, colour);
                    filledFor = colour;
                }

                indices[pixel] = candidates[s_bayer[((y & 3) * 4) + (x & 3)]];
            }
        }

        return indices;
    }

    private void Fill(Span<byte> candidates, int colour)
    {
        int r = colour >> 16, g = (colour >> 8) & 255, b = colour & 255;
        int errorR = 0, errorG = 0, errorB = 0;
        for (int i = 0; i < candidates.Length; i++)
        {
            byte chosen = Nearest(Math.Clamp(r + errorR, 0, 255), Math.Clamp(g + errorG, 0, 255), Math.Clamp(b + errorB, 0, 255));
            errorR += r - _red[chosen];
            errorG += g - _green[chosen];
            errorB += b - _blue[chosen];

            // Insertion sort: sixteen elements, half of them equal.
            int to = i;
            for (; to > 0 && candidates[to - 1] > chosen; to--)
            {
                candidates[to] = candidates[to - 1];
            }

            candidates[to] = chosen;
        }
    }

    private byte Nearest(int r, int g, int b)
    {
        const int drop = 8 - LookupBits;
        int cell = ((r >> drop) << (2 * LookupBits)) | ((g >> drop) << LookupBits) | (b >> drop);
        int known = _nearest[cell];
        if (known > 0)
        {
            return (byte)(known - 1);
        }

        // The middle of the cell, doubled to stay whole.
        r = ((r >> drop) << (drop + 1)) + 1;
        g = ((g >> drop) << (drop + 1)) + 1;
        b = ((b >> drop) << (drop + 1)) + 1;
        int best = 0, least = int.MaxValue;
        for (int i = 0; i < _red.Length; i++)
        {
            int dr = r - (2 * _red[i]), dg = g - (2 * _green[i]), db = b - (2 * _blue[i]);
            int distance = (dr * dr) + (dg * dg) + (db * db);
            if (distance < least)
            {
                (least, best) = (distance, i);
            }
        }

        _nearest[cell] = (short)(best + 1);
        return (byte)best;
    }
}
