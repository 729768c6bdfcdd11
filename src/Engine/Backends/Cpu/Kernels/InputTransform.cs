using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>B^T d B of 6x6 windows: from feature maps, or from a pooled gradient and its masks, to the transformed domain.</summary>
internal static unsafe class InputTransform<TLanes, TVector>
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    // Windows ahead that are asked for: the map comes from the third cache or from memory, in six short runs per row of tiles.
    private const int Ahead = 2;

    /// <summary>Transforms one window of one channel block.</summary>
    /// <remarks>Line by line of the result, all in registers: loads are cheap, and a window half transformed would have to be stored and read again.</remarks>
    /// <param name="source">Upper left corner of the window.</param>
    /// <param name="rowStride">Floats between its rows.</param>
    /// <param name="target">Where product 0 goes.</param>
    /// <param name="productStride">Floats between products.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FromMap(float* source, nint rowStride, float* target, nint productStride)
    {
        for (int y = 0; y < 6; y++)
        {
            float* ahead = source + (y * rowStride) + ((2 + (4 * Ahead)) * TLanes.Width);
            TLanes.Prefetch(ahead);
            TLanes.Prefetch(ahead + TLanes.Width);
            TLanes.Prefetch(ahead + (2 * TLanes.Width));
            TLanes.Prefetch(ahead + (3 * TLanes.Width));
        }

        OuterLine(source, rowStride, target, productStride);
        InnerLines(WinogradPoints.A, 2f, source + rowStride, rowStride, target + (6 * productStride), productStride);
        InnerLines(WinogradPoints.B, 0.5f, source + rowStride, rowStride, target + (18 * productStride), productStride);
        OuterLine(source + rowStride, rowStride, target + (30 * productStride), productStride);
    }

    /// <summary>Transforms the window that a pooled gradient makes: each value goes to the place its mask names, zeros elsewhere. The window itself is never written.</summary>
    /// <param name="plane">The pooled gradient's plane, at its first inner value; zeros around it.</param>
    /// <param name="rowStride">Floats between its rows.</param>
    /// <param name="masks">The plane's masks, (height, width).</param>
    /// <param name="height">Rows of the pooled map.</param>
    /// <param name="width">Columns of the pooled map.</param>
    /// <param name="tileRow">Row of the tile in the map before pooling.</param>
    /// <param name="tileColumn">Column of the tile.</param>
    /// <param name="target">Where product 0 goes.</param>
    /// <param name="productStride">Floats between products.</param>
    /// <param name="scratch">36 vectors, aligned.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FromPooled(float* plane, nint rowStride, ulong* masks, int height, int width, int tileRow, int tileColumn, float* target, nint productStride, float* scratch)
    {
        // The window begins one row above the tile: an odd row, the lower one of its pooling window. The row and the
        // column around the map are zeros; what lies beyond them is another plane's. For zeros any mask will do: the nearest.
        TVector a = TLanes.Create(WinogradPoints.A);
        TVector b = TLanes.Create(WinogradPoints.B);
        TVector two = TLanes.Create(2f);
        TVector half = TLanes.Create(0.5f);
        TVector fiveHalves = TLanes.Create(2.5f);
        int y = (2 * tileRow) - 1;
        int x = (2 * tileColumn) - 1;
        float* v0 = plane + (y * rowStride);
        float* v1 = plane + (Math.Min(y + 1, height) * rowStride);
        float* v2 = plane + (Math.Min(y + 2, height) * rowStride);
        float* v3 = plane + (Math.Min(y + 3, height) * rowStride);
        ulong* m0 = masks + ((nint)Math.Max(y, 0) * width);
        ulong* m1 = masks + ((nint)Math.Min(y + 1, height - 1) * width);
        ulong* m2 = masks + ((nint)Math.Min(y + 2, height - 1) * width);
        ulong* m3 = masks + ((nint)Math.Min(y + 3, height - 1) * width);
        for (int j = 0; j < 4; j++)
        {
            nint column = Math.Clamp(x + j, 0, width - 1);
            ulong a0 = m0[column];
            ulong a1 = m1[column];
            ulong a2 = m2[column];
            ulong a3 = m3[column];
            nint place = (nint)Math.Min(x + j, width) * TLanes.Width;
            TVector d0 = TLanes.Load(v0 + place);
            TVector d1 = TLanes.Load(v1 + place);
            TVector d2 = TLanes.Load(v2 + place);
            TVector d3 = TLanes.Load(v3 + place);
            if (j > 0)
            {
                Spread(a0, a1, a2, a3, d0, d1, d2, d3, scratch + (((2 * j) - 1) * TLanes.Width), a, b, two, half, fiveHalves);
            }

            if (j < 3)
            {
                Spread(a0 >> 16, a1 >> 16, a2 >> 16, a3 >> 16, d0, d1, d2, d3, scratch + (2 * j * TLanes.Width), a, b, two, half, fiveHalves);
            }
        }

        Rows(scratch, target, productStride, a, b, two, half, fiveHalves);
    }

    // The first line, of rows 0, 2 and 4; or the last, of rows 1, 3 and 5.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OuterLine(float* source, nint rowStride, float* target, nint productStride)
    {
        TVector fiveHalves = TLanes.Create(2.5f);
        float* middle = source + (2 * rowStride);
        float* last = source + (4 * rowStride);
        Line(
            Outer(source, middle, last, 0, fiveHalves),
            Outer(source, middle, last, 1, fiveHalves),
            Outer(source, middle, last, 2, fiveHalves),
            Outer(source, middle, last, 3, fiveHalves),
            Outer(source, middle, last, 4, fiveHalves),
            Outer(source, middle, last, 5, fiveHalves),
            target,
            productStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Outer(float* first, float* middle, float* last, int x, TVector fiveHalves) => TLanes.NegatedMultiplyAdd(
        fiveHalves, TLanes.Load(middle + (x * TLanes.Width)), TLanes.Add(TLanes.Load(first + (x * TLanes.Width)), TLanes.Load(last + (x * TLanes.Width))));

    // Two lines from the even and the odd part of the four rows between.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InnerLines(float factor, float inner, float* row, nint rowStride, float* target, nint productStride)
    {
        TVector c = TLanes.Create(inner);
        TVector f = TLanes.Create(factor);
        float* odd = row + (2 * rowStride);
        TVector e0 = Difference(row + rowStride, odd + rowStride, 0, c), o0 = Difference(row, odd, 0, c);
        TVector e1 = Difference(row + rowStride, odd + rowStride, 1, c), o1 = Difference(row, odd, 1, c);
        TVector e2 = Difference(row + rowStride, odd + rowStride, 2, c), o2 = Difference(row, odd, 2, c);
        TVector e3 = Difference(row + rowStride, odd + rowStride, 3, c), o3 = Difference(row, odd, 3, c);
        TVector e4 = Difference(row + rowStride, odd + rowStride, 4, c), o4 = Difference(row, odd, 4, c);
        TVector e5 = Difference(row + rowStride, odd + rowStride, 5, c), o5 = Difference(row, odd, 5, c);
        Line(
            TLanes.MultiplyAdd(f, o0, e0),
            TLanes.MultiplyAdd(f, o1, e1),
            TLanes.MultiplyAdd(f, o2, e2),
            TLanes.MultiplyAdd(f, o3, e3),
            TLanes.MultiplyAdd(f, o4, e4),
            TLanes.MultiplyAdd(f, o5, e5),
            target,
            productStride);
        Line(
            TLanes.NegatedMultiplyAdd(f, o0, e0),
            TLanes.NegatedMultiplyAdd(f, o1, e1),
            TLanes.NegatedMultiplyAdd(f, o2, e2),
            TLanes.NegatedMultiplyAdd(f, o3, e3),
            TLanes.NegatedMultiplyAdd(f, o4, e4),
            TLanes.NegatedMultiplyAdd(f, o5, e5),
            target + (6 * productStride),
            productStride);
    }

    // second - factor first
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Difference(float* first, float* second, int x, TVector factor) =>
        TLanes.NegatedMultiplyAdd(factor, TLanes.Load(first + (x * TLanes.Width)), TLanes.Load(second + (x * TLanes.Width)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Line(TVector d0, TVector d1, TVector d2, TVector d3, TVector d4, TVector d5, float* target, nint stride) => Line(
        d0,
        d1,
        d2,
        d3,
        d4,
        d5,
        target,
        stride,
        TLanes.Create(WinogradPoints.A),
        TLanes.Create(WinogradPoints.B),
        TLanes.Create(2f),
        TLanes.Create(0.5f),
        TLanes.Create(2.5f));

    // One column of the window: the left places of the four pooled values, or the right ones where masks are shifted by 16.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spread(ulong a0, ulong a1, ulong a2, ulong a3, TVector d0, TVector d1, TVector d2, TVector d3, float* scratch, TVector a, TVector b, TVector two, TVector half, TVector fiveHalves) => Line(
        TLanes.Select((uint)(a0 >> 32) & 0xFFFF, d0),
        TLanes.Select((uint)a1 & 0xFFFF, d1),
        TLanes.Select((uint)(a1 >> 32) & 0xFFFF, d1),
        TLanes.Select((uint)a2 & 0xFFFF, d2),
        TLanes.Select((uint)(a2 >> 32) & 0xFFFF, d2),
        TLanes.Select((uint)a3 & 0xFFFF, d3),
        scratch,
        6 * TLanes.Width,
        a,
        b,
        two,
        half,
        fiveHalves);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Rows(float* scratch, float* target, nint productStride, TVector a, TVector b, TVector two, TVector half, TVector fiveHalves)
    {
        for (int y = 0; y < 6; y++)
        {
            float* p = scratch + (y * 6 * TLanes.Width);
            Line(
                TLanes.Load(p),
                TLanes.Load(p + TLanes.Width),
                TLanes.Load(p + (2 * TLanes.Width)),
                TLanes.Load(p + (3 * TLanes.Width)),
                TLanes.Load(p + (4 * TLanes.Width)),
                TLanes.Load(p + (5 * TLanes.Width)),
                target + (y * 6 * productStride),
                productStride,
                a,
                b,
                two,
                half,
                fiveHalves);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Line(
        TVector d0, TVector d1, TVector d2, TVector d3, TVector d4, TVector d5, float* target, nint stride, TVector a, TVector b, TVector two, TVector half, TVector fiveHalves)
    {
        TVector even1 = TLanes.NegatedMultiplyAdd(two, d2, d4);
        TVector odd1 = TLanes.NegatedMultiplyAdd(two, d1, d3);
        TVector even2 = TLanes.NegatedMultiplyAdd(half, d2, d4);
        TVector odd2 = TLanes.NegatedMultiplyAdd(half, d1, d3);
        TLanes.Store(target, TLanes.NegatedMultiplyAdd(fiveHalves, d2, TLanes.Add(d0, d4)));
        TLanes.Store(target + stride, TLanes.MultiplyAdd(a, odd1, even1));
        TLanes.Store(target + (2 * stride), TLanes.NegatedMultiplyAdd(a, odd1, even1));
        TLanes.Store(target + (3 * stride), TLanes.MultiplyAdd(b, odd2, even2));
        TLanes.Store(target + (4 * stride), TLanes.NegatedMultiplyAdd(b, odd2, even2));
        TLanes.Store(target + (5 * stride), TLanes.NegatedMultiplyAdd(fiveHalves, d3, TLanes.Add(d1, d5)));
    }
}
