namespace VggCuda.Imaging.Jpeg;

/// <summary>From the coefficients of a block to its pixels.</summary>
/// <remarks>
/// ITU-T T.81, figure A.6 (zigzag) and section A.3.3 (inverse transform); the factorisation: Loeffler, Ligtenberg and Moschytz, "Practical
/// Fast 1-D DCT Algorithms with 11 Multiplications", 1989, columns first, in whole numbers with 13 bits behind the point, two of them kept
/// between the passes. That is the Independent JPEG Group's default method, so pixels are those of libjpeg and Pillow, on every processor.
/// </remarks>
internal static class JpegBlock
{
    private const int FractionBits = 13;
    private const int KeptBits = 2;

    /// <summary>The place of the k-th coefficient as stored, row by row.</summary>
    public static ReadOnlySpan<byte> Zigzag =>
    [
        0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
        35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
    ];

    /// <summary>Makes pixels.</summary>
    /// <param name="coefficients">64, row by row, as stored.</param>
    /// <param name="steps">What they are multiplied with.</param>
    /// <param name="pixels">Where the block's first pixel goes.</param>
    /// <param name="stride">From a row to the next.</param>
    public static void Invert(ReadOnlySpan<short> coefficients, ReadOnlySpan<ushort> steps, Span<byte> pixels, int stride)
    {
        Span<int> values = stackalloc int[64];
        for (int i = 0; i < 64; i++)
        {
            values[i] = coefficients[i] * steps[i];
        }

        for (int column = 0; column < 8; column++)
        {
            Transform(values[column..], 8, FractionBits - KeptBits);
        }

        for (int row = 0; row < 8; row++)
        {
            Span<int> line = values.Slice(row * 8, 8);
            Transform(line, 1, FractionBits + KeptBits + 3);
            Span<byte> target = pixels.Slice(row * stride, 8);
            for (int i = 0; i < 8; i++)
            {
                target[i] = (byte)Math.Clamp(line[i] + 128, 0, 255);
            }
        }
    }

    // In place, over eight values a step apart; what comes out is rounded to fewer bits.
    private static void Transform(Span<int> v, int step, int drop)
    {
        int z = (v[2 * step] + v[6 * step]) * 4433;
        int even2 = z - (v[6 * step] * 15137), even3 = z + (v[2 * step] * 6270);
        int even0 = (v[0] + v[4 * step]) << FractionBits, even1 = (v[0] - v[4 * step]) << FractionBits;
        int a = even0 + even3, d = even0 - even3, b = even1 + even2, c = even1 - even2;

        int o7 = v[7 * step], o5 = v[5 * step], o3 = v[3 * step], o1 = v[step];
        int all = (o7 + o3 + o5 + o1) * 9633;
        int z1 = (o7 + o1) * -7373, z2 = (o5 + o3) * -20995;
        int z3 = ((o7 + o3) * -16069) + all, z4 = ((o5 + o1) * -3196) + all;
        o7 = (o7 * 2446) + z1 + z3;
        o5 = (o5 * 16819) + z2 + z4;
        o3 = (o3 * 25172) + z2 + z3;
        o1 = (o1 * 12299) + z1 + z4;

        int half = 1 << (drop - 1);
        v[0] = (a + o1 + half) >> drop;
        v[7 * step] = (a - o1 + half) >> drop;
        v[step] = (b + o3 + half) >> drop;
        v[6 * step] = (b - o3 + half) >> drop;
        v[2 * step] = (c + o5 + half) >> drop;
        v[5 * step] = (c - o5 + half) >> drop;
        v[3 * step] = (d + o7 + half) >> drop;
        v[4 * step] = (d - o7 + half) >> drop;
    }
}
