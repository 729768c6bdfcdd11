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
    /// <param name="scratch">16 vectors, aligned.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FromMap(float* source, nint rowStride, float* target, nint productStride, float* scratch)
    {
        for (int x = 0; x < 4; x++)
        {
            float* p = source + (x * TLanes.Width);
            WindowLine(TLanes.Load(p), TLanes.Load(p + rowStride), TLanes.Load(p + (2 * rowStride)), TLanes.Load(p + (3 * rowStride)), scratch + (x * TLanes.Width), 4 * TLanes.Width);
        }

        WindowRows(scratch, target, productStride);
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
    /// <param name="scratch">8 vectors, aligned.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ToTile(float* products, nint productStride, float* outputs, float* scratch)
    {
        nint rowStride = 4 * productStride;
        for (int x = 0; x < 4; x++)
        {
            float* p = products + (x * productStride);
            TileLine(TLanes.Load(p), TLanes.Load(p + rowStride), TLanes.Load(p + (2 * rowStride)), TLanes.Load(p + (3 * rowStride)), scratch + (x * TLanes.Width), 4 * TLanes.Width);
        }

        for (int y = 0; y < 2; y++)
        {
            float* p = scratch + (y * 4 * TLanes.Width);
            TileLine(TLanes.Load(p), TLanes.Load(p + TLanes.Width), TLanes.Load(p + (2 * TLanes.Width)), TLanes.Load(p + (3 * TLanes.Width)), outputs + (y * 4 * TLanes.Width), TLanes.Width);
        }
    }

    /// <summary>G g G^T of one vector of filters.</summary>
    /// <param name="weights">Weight 0 of the first filter; negative strides give the filter turned by 180 degrees.</param>
    /// <param name="weightStride">Floats from one of the nine weights to the next.</param>
    /// <param name="productStride">Floats between products.</param>
    /// <param name="target">Where product 0 goes.</param>
    /// <param name="scratch">12 vectors, aligned.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FromFilter(float* weights, nint weightStride, nint productStride, float* target, float* scratch)
    {
        for (int x = 0; x < 3; x++)
        {
            float* p = weights + (x * weightStride);
            FilterLine(TLanes.Load(p), TLanes.Load(p + (3 * weightStride)), TLanes.Load(p + (6 * weightStride)), scratch + (x * TLanes.Width), 3 * TLanes.Width);
        }

        for (int y = 0; y < 4; y++)
        {
            float* p = scratch + (y * 3 * TLanes.Width);
            FilterLine(TLanes.Load(p), TLanes.Load(p + TLanes.Width), TLanes.Load(p + (2 * TLanes.Width)), target + (y * 4 * productStride), productStride);
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FilterLine(TVector g0, TVector g1, TVector g2, float* target, nint stride)
    {
        TVector half = TLanes.Create(0.5f);
        TVector even = TLanes.Multiply(half, TLanes.Add(g0, g2));
        TLanes.Store(target, g0);
        TLanes.Store(target + stride, TLanes.MultiplyAdd(half, g1, even));
        TLanes.Store(target + (2 * stride), TLanes.NegatedMultiplyAdd(half, g1, even));
        TLanes.Store(target + (3 * stride), g2);
    }
}
