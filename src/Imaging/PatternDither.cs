using System.Numerics;

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

    private static readonly byte[] BayerMatrix =
    [
        0, 8, 2, 10,
        12, 4, 14, 6,
        3, 11, 1, 9,
        15, 7, 13, 5,
    ];

    // Far from any colour, yet its squared distance fits an int.
    private const int FarAway = 10_000;

    // Entries are sorted by lightness, hence comparing indices is comparing lightness. Filled up with far ones to whole vectors.
    private readonly int[] _red;
    private readonly int[] _green;
    private readonly int[] _blue;

    // 0 for not known yet, else index + 1. Rows are done in parallel; all would write the same.
    private readonly short[] _nearest = new short[1 << (3 * LookupBits)];

    /// <param name="colours">0xRRGGBB, darkest first, at most 256.</param>
    public PatternDither(int[] colours)
    {
        int padding = (Vector<int>.Count - (colours.Length % Vector<int>.Count)) % Vector<int>.Count;
        _red = [.. colours.Select(c => c >> 16), .. Enumerable.Repeat(FarAway, padding)];
        _green = [.. colours.Select(c => (c >> 8) & 255), .. Enumerable.Repeat(FarAway, padding)];
        _blue = [.. colours.Select(c => c & 255), .. Enumerable.Repeat(FarAway, padding)];
    }

    /// <summary>An index for every pixel, row by row.</summary>
    public byte[] Quantise(Picture picture)
    {
        byte[] indices = new byte[picture.Width * picture.Height];
        Parallel.For(0, picture.Height, y => QuantiseRow(picture, y, indices));
        return indices;
    }

    private void QuantiseRow(Picture picture, int y, byte[] indices)
    {
        Span<byte> candidates = stackalloc byte[Candidates];
        int filledFor = -1;
        for (int x = 0; x < picture.Width; x++)
        {
            int pixel = (y * picture.Width) + x;
            int colour = Palette.ColourAt(picture.Rgb, pixel);
            if (colour != filledFor)
            {
                Fill(candidates, colour);
                filledFor = colour;
            }

            indices[pixel] = candidates[BayerMatrix[((y & 3) * 4) + (x & 3)]];
        }
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
        Vector<int> least = new(int.MaxValue), best = Vector<int>.Zero, place = Vector<int>.Indices;
        for (int i = 0; i < _red.Length; i += Vector<int>.Count)
        {
            Vector<int> dr = new Vector<int>(r) - (new Vector<int>(_red, i) << 1);
            Vector<int> dg = new Vector<int>(g) - (new Vector<int>(_green, i) << 1);
            Vector<int> db = new Vector<int>(b) - (new Vector<int>(_blue, i) << 1);
            Vector<int> distance = (dr * dr) + (dg * dg) + (db * db);
            Vector<int> nearer = Vector.LessThan(distance, least);
            least = Vector.ConditionalSelect(nearer, distance, least);
            best = Vector.ConditionalSelect(nearer, place, best);
            place += new Vector<int>(Vector<int>.Count);
        }

        int nearest = best[0], smallest = least[0];
        for (int lane = 1; lane < Vector<int>.Count; lane++)
        {
            // Of equally near ones the first, whatever the vectors' length.
            if (least[lane] < smallest || (least[lane] == smallest && best[lane] < nearest))
            {
                (smallest, nearest) = (least[lane], best[lane]);
            }
        }

        _nearest[cell] = (short)(nearest + 1);
        return (byte)nearest;
    }
}
