using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Winograd's F(2x2, 3x3) over the points 0, +-1 and infinity, for maps of at most 4x4.</summary>
/// <remarks>
/// <para>16 products give 4 outputs. On a map of one 4x4 tile that is 64 products instead of 36, but 16 values per
/// filter instead of 36: at small batches such layers wait for their filters.</para>
/// <para>B^T = [1 0 -1 0; 0 1 1 0; 0 -1 1 0; 0 1 0 -1], G = [1 0 0; 1/2 1/2 1/2; 1/2 -1/2 1/2; 0 0 1],
/// A^T = [1 1 1 0; 0 1 -1 -1] (Lavin and Gray, arXiv 1509.09308, section 4.1).</para>
/// </remarks>
internal static unsafe class SmallTiles<TLanes, TVector>
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    /// <summary>B^T d B of a 4x4 window.</summary>
    /// <param name="source">Upper left corner of the window.</param>
    /// <param name="rowStride">Floats between its rows.</param>
    /// <param name="target">Where product 0 goes.</param>
    /// <param name="productStride">Floats between products.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FromMap(float* source, nint rowStride, float* target, nint productStride)
    {
        float* row1 = source + rowStride;
        float* row2 = row1 + rowStride;
        Differences(source, row2, target, productStride);
        WindowLine(
            TLanes.Add(TLanes.Load(row1), TLanes.Load(row2)),
            TLanes.Add(TLanes.Load(row1 + TLanes.Width), TLanes.Load(row2 + TLanes.Width)),
            TLanes.Add(TLanes.Load(row1 + (2 * TLanes.Width)), TLanes.Load(row2 + (2 * TLanes.Width))),
            TLanes.Add(TLanes.Load(row1 + (3 * TLanes.Width)), TLanes.Load(row2 + (3 * TLanes.Width))),
            target + (4 * productStride),
            productStride);
        Differences(row2, row1, target + (8 * productStride), productStride);
        Differences(row1, row2 + rowStride, target + (12 * productStride), productStride);
    }

    /// <summary>B^T d B of the window that a pooled gradient makes: each value goes to the place its mask names, zeros elsewhere.</summary>
    /// <param name="plane">The pooled gradient's plane, at its first inner value; zeros around it.</param>
    /// <param name="rowStride">Floats between its rows.</param>
    /// <param name="masks">The plane's masks, (height, width).</param>
    /// <param name="height">Rows of the pooled map.</param>
    /// <param name="width">Columns of the pooled map.</param>
    /// <param name="tileRow">Row of the 2x2 tile in the map before pooling, and so of its pooled value.</param>
    /// <param name="tileColumn">Column of the tile.</param>
    /// <param name="target">Where product 0 goes.</param>
    /// <param name="productStride">Floats between products.</param>
    /// <param name="scratch">16 vectors, aligned.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FromPooled(float* plane, nint rowStride, ulong* masks, int height, int width, int tileRow, int tileColumn, float* target, nint productStride, float* scratch)
    {
        // The lower half of the pooling window above, the one of the tile, the upper half of the one below; likewise
        // left to right. A window outside the map is a zero, for which any mask will do: the nearest.
        float* v0 = plane + ((tileRow - 1) * rowStride);
        float* v1 = plane + (Math.Min(tileRow, height) * rowStride);
        float* v2 = plane + (Math.Min(tileRow + 1, height) * rowStride);
        ulong* m0 = masks + ((nint)Math.Max(tileRow - 1, 0) * width);
        ulong* m1 = masks + ((nint)Math.Min(tileRow, height - 1) * width);
        ulong* m2 = masks + ((nint)Math.Min(tileRow + 1, height - 1) * width);
        for (int j = 0; j < 3; j++)
        {
            nint place = (nint)Math.Min(tileColumn - 1 + j, width) * TLanes.Width;
            nint column = Math.Clamp(tileColumn - 1 + j, 0, width - 1);
            TVector d0 = TLanes.Load(v0 + place);
            TVector d1 = TLanes.Load(v1 + place);
            TVector d2 = TLanes.Load(v2 + place);
            if (j < 2)
            {
                // The right places: column 0 of the window from the left neighbour, column 2 from the tile's own.
                Spread(m0[column] >> 16, m1[column] >> 16, m2[column] >> 16, d0, d1, d2, scratch + (2 * j * TLanes.Width));
            }

            if (j > 0)
            {
                Spread(m0[column], m1[column], m2[column], d0, d1, d2, scratch + (((2 * j) - 1) * TLanes.Width));
            }
        }

        WindowRows(scratch, target, productStride);
    }

    /// <summary>A^T m A of one tile.</summary>
    /// <param name="products">Product 0 of the tile.</param>
    /// <param name="productStride">Floats between products.</param>
    /// <param name="outputs">2 rows of 2 vectors, rows 4 vectors apart; overwritten.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ToTile(float* products, nint productStride, float* outputs)
    {
        nint rowStride = 4 * productStride;
        Column(products, rowStride, out TVector p0, out TVector q0);
        Column(products + productStride, rowStride, out TVector p1, out TVector q1);
        Column(products + (2 * productStride), rowStride, out TVector p2, out TVector q2);
        Column(products + (3 * productStride), rowStride, out TVector p3, out TVector q3);
        TileLine(p0, p1, p2, p3, outputs, TLanes.Width);
        TileLine(q0, q1, q2, q3, outputs + (4 * TLanes.Width), TLanes.Width);
    }

    /// <summary>One line of four of the products G g G^T of consecutive filters.</summary>
    /// <param name="line">0 to 3: products 4 line to 4 line + 3.</param>
    /// <param name="weights">Where the nine weights of the first filters lie.</param>
    /// <param name="target">Where the first of the line's products goes.</param>
    /// <param name="run">How many, and how far apart.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FilterLine(int line, float* weights, float* target, in FilterRun run)
    {
        TVector half = TLanes.Create(0.5f);
        TVector odd = TLanes.Create(line == 1 ? 0.5f : -0.5f);
        nint stride = run.WeightStride;
        for (int i = 0; i < run.Count; i++)
        {
            for (int x = 0; x < run.Columns * TLanes.Width; x += TLanes.Width)
            {
                float* w = weights + x;
                if (line is 0 or 3)
                {
                    float* row = w + (2 * line * stride);
                    Products(TLanes.Load(row), TLanes.Load(row + stride), TLanes.Load(row + (2 * stride)), half, target + x, run.ProductStride);
                }
                else
                {
                    Products(Row(w, stride, half, odd), Row(w + stride, stride, half, odd), Row(w + (2 * stride), stride, half, odd), half, target + x, run.ProductStride);
                }
            }

            weights += run.WeightStep;
            target += run.TargetStep;
        }
    }

    // One column of the window.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spread(ulong a0, ulong a1, ulong a2, TVector d0, TVector d1, TVector d2, float* scratch) => WindowLine(
        TLanes.Select((uint)(a0 >> 32) & 0xFFFF, d0),
        TLanes.Select((uint)a1 & 0xFFFF, d1),
        TLanes.Select((uint)(a1 >> 32) & 0xFFFF, d1),
        TLanes.Select((uint)a2 & 0xFFFF, d2),
        scratch,
        4 * TLanes.Width);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WindowRows(float* scratch, float* target, nint productStride)
    {
        for (int y = 0; y < 4; y++)
        {
            float* p = scratch + (y * 4 * TLanes.Width);
            WindowLine(TLanes.Load(p), TLanes.Load(p + TLanes.Width), TLanes.Load(p + (2 * TLanes.Width)), TLanes.Load(p + (3 * TLanes.Width)), target + (y * 4 * productStride), productStride);
        }
    }

    // A line of the window's products from the difference of two of its rows.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Differences(float* first, float* second, float* target, nint productStride) => WindowLine(
        TLanes.Subtract(TLanes.Load(first), TLanes.Load(second)),
        TLanes.Subtract(TLanes.Load(first + TLanes.Width), TLanes.Load(second + TLanes.Width)),
        TLanes.Subtract(TLanes.Load(first + (2 * TLanes.Width)), TLanes.Load(second + (2 * TLanes.Width))),
        TLanes.Subtract(TLanes.Load(first + (3 * TLanes.Width)), TLanes.Load(second + (3 * TLanes.Width))),
        target,
        productStride);

    // A column's part in both rows of the tile.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Column(float* column, nint rowStride, out TVector upper, out TVector lower)
    {
        TVector m1 = TLanes.Load(column + rowStride);
        TVector m2 = TLanes.Load(column + (2 * rowStride));
        upper = TLanes.Add(TLanes.Load(column), TLanes.Add(m1, m2));
        lower = TLanes.Subtract(TLanes.Subtract(m1, m2), TLanes.Load(column + (3 * rowStride)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WindowLine(TVector d0, TVector d1, TVector d2, TVector d3, float* target, nint stride)
    {
        TLanes.Store(target, TLanes.Subtract(d0, d2));
        TLanes.Store(target + stride, TLanes.Add(d1, d2));
        TLanes.Store(target + (2 * stride), TLanes.Subtract(d2, d1));
        TLanes.Store(target + (3 * stride), TLanes.Subtract(d1, d3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TileLine(TVector m0, TVector m1, TVector m2, TVector m3, float* target, nint stride)
    {
        TLanes.Store(target, TLanes.Add(m0, TLanes.Add(m1, m2)));
        TLanes.Store(target + stride, TLanes.Subtract(TLanes.Subtract(m1, m2), m3));
    }

    // Half the sum of the outer rows of weights, and half the middle one added or taken off.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Row(float* first, nint stride, TVector half, TVector odd) =>
        TLanes.MultiplyAdd(odd, TLanes.Load(first + (3 * stride)), TLanes.Multiply(half, TLanes.Add(TLanes.Load(first), TLanes.Load(first + (6 * stride)))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Products(TVector g0, TVector g1, TVector g2, TVector half, float* target, nint stride)
    {
        TVector even = TLanes.Multiply(half, TLanes.Add(g0, g2));
        TLanes.Store(target, g0);
        TLanes.Store(target + stride, TLanes.MultiplyAdd(half, g1, even));
        TLanes.Store(target + (2 * stride), TLanes.NegatedMultiplyAdd(half, g1, even));
        TLanes.Store(target + (3 * stride), g2);
    }
}
