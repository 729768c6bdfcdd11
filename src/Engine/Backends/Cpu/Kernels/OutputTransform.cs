using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>A^T m A of 6x6 products to 4x4 outputs of one channel block, with what follows the convolution.</summary>
internal static unsafe class OutputTransform<TLanes, TVector>
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    /// <summary>Transforms one tile to 16 dense vectors.</summary>
    /// <param name="products">Product 0 of the tile.</param>
    /// <param name="productStride">Floats between products.</param>
    /// <param name="outputs">4 rows of 4 vectors, overwritten.</param>
    /// <param name="scratch">24 vectors, aligned.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transform(float* products, nint productStride, float* outputs, float* scratch)
    {
        Columns(products, productStride, scratch);
        for (int y = 0; y < 4; y++)
        {
            Row(scratch + (y * 6 * TLanes.Width), out TVector v0, out TVector v1, out TVector v2, out TVector v3);
            TLanes.Store(outputs, v0);
            TLanes.Store(outputs + TLanes.Width, v1);
            TLanes.Store(outputs + (2 * TLanes.Width), v2);
            TLanes.Store(outputs + (3 * TLanes.Width), v3);
            outputs += 4 * TLanes.Width;
        }
    }

    /// <summary>Adds the bias, applies ReLU where wanted, writes the map and one bit per value that is above zero.</summary>
    /// <param name="outputs">4 rows of 4 vectors.</param>
    /// <param name="bias">One vector.</param>
    /// <param name="relu">Whether the layer has its ReLU.</param>
    /// <param name="target">Upper left value of the tile in the map.</param>
    /// <param name="rowStride">Floats between rows of the map.</param>
    /// <param name="rows">Rows of the tile inside the map, 1 to 4.</param>
    /// <param name="columns">Columns inside the map, 1 to 4.</param>
    /// <param name="masks">Upper left mask, or null where none are kept.</param>
    /// <param name="maskStride">Masks between rows.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void BiasRelu(float* outputs, float* bias, bool relu, float* target, int rowStride, int rows, int columns, ushort* masks, int maskStride)
    {
        TVector shift = TLanes.Load(bias);
        for (int y = 0; y < rows; y++)
        {
            float* to = target + ((nint)y * rowStride);
            for (int x = 0; x < columns; x++)
            {
                TVector value = TLanes.Add(TLanes.Load(outputs + (((4 * y) + x) * TLanes.Width)), shift);
                if (masks is not null)
                {
                    masks[((nint)y * maskStride) + x] = (ushort)TLanes.PositiveBits(value);
                }

                TLanes.Store(to + (x * TLanes.Width), relu ? TLanes.Relu(value) : value);
            }
        }
    }

    /// <summary>Adds the bias, takes the maximum of each 2x2 window, applies ReLU, and notes where the first maximum was unless nothing was above zero.</summary>
    /// <param name="outputs">4 rows of 4 vectors.</param>
    /// <param name="bias">One vector.</param>
    /// <param name="target">Upper left pooled value.</param>
    /// <param name="rowStride">Floats between rows of the pooled map.</param>
    /// <param name="rows">Pooled rows inside the map, 0 to 2.</param>
    /// <param name="columns">Pooled columns inside the map, 0 to 2.</param>
    /// <param name="masks">Upper left mask, or null: 16 bits each for the window's four places in row-major order.</param>
    /// <param name="maskStride">Masks between rows.</param>
    /// <remarks>Adding the bias and taking ReLU are monotonic, rounding included, so both may follow the maximum, and the first maximum stays the first: a tie made by ReLU has no gradient anyway.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void BiasReluPool(float* outputs, float* bias, float* target, int rowStride, int rows, int columns, ulong* masks, int maskStride)
    {
        TVector shift = TLanes.Load(bias);
        for (int y = 0; y < rows; y++)
        {
            for (int x = 0; x < columns; x++)
            {
                float* p = outputs + (((8 * y) + (2 * x)) * TLanes.Width);
                TVector best = Pool(
                    TLanes.Add(TLanes.Load(p), shift),
                    TLanes.Add(TLanes.Load(p + TLanes.Width), shift),
                    TLanes.Add(TLanes.Load(p + (4 * TLanes.Width)), shift),
                    TLanes.Add(TLanes.Load(p + (5 * TLanes.Width)), shift),
                    out ulong mask);
                if (masks is not null)
                {
                    masks[((nint)y * maskStride) + x] = mask;
                }

                TLanes.Store(target + ((nint)y * rowStride) + (x * TLanes.Width), best);
            }
        }
    }

    /// <summary>Writes a gradient where the bits of the forward pass allow it.</summary>
    /// <param name="outputs">4 rows of 4 vectors.</param>
    /// <param name="target">Upper left value of the tile in the map.</param>
    /// <param name="rowStride">Floats between rows of the map.</param>
    /// <param name="rows">Rows of the tile inside the map, 1 to 4.</param>
    /// <param name="columns">Columns inside the map, 1 to 4.</param>
    /// <param name="masks">Upper left mask, or null where nothing is masked.</param>
    /// <param name="maskStride">Masks between rows.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Masked(float* outputs, float* target, int rowStride, int rows, int columns, ushort* masks, int maskStride)
    {
        for (int y = 0; y < rows; y++)
        {
            float* to = target + ((nint)y * rowStride);
            for (int x = 0; x < columns; x++)
            {
                TVector value = TLanes.Load(outputs + (((4 * y) + x) * TLanes.Width));
                if (masks is not null)
                {
                    value = TLanes.Select(masks[((nint)y * maskStride) + x], value);
                }

                TLanes.Store(to + (x * TLanes.Width), value);
            }
        }
    }

    /// <summary><see cref="Transform"/> and <see cref="BiasRelu"/> of a whole tile at once.</summary>
    /// <param name="products">Product 0 of the tile.</param>
    /// <param name="productStride">Floats between products.</param>
    /// <param name="bias">One vector.</param>
    /// <param name="relu">Whether the layer has its ReLU.</param>
    /// <param name="target">Upper left value of the tile in the map.</param>
    /// <param name="rowStride">Floats between rows of the map.</param>
    /// <param name="masks">Upper left mask, or null where none are kept.</param>
    /// <param name="maskStride">Masks between rows.</param>
    /// <param name="scratch">24 vectors, aligned.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WholeBiasRelu(float* products, nint productStride, float* bias, bool relu, float* target, int rowStride, ushort* masks, int maskStride, float* scratch)
    {
        PrefetchNext(target, rowStride);
        Columns(products, productStride, scratch);
        TVector shift = TLanes.Load(bias);
        for (int y = 0; y < 4; y++)
        {
            Row(scratch + (y * 6 * TLanes.Width), out TVector v0, out TVector v1, out TVector v2, out TVector v3);
            v0 = TLanes.Add(v0, shift);
            v1 = TLanes.Add(v1, shift);
            v2 = TLanes.Add(v2, shift);
            v3 = TLanes.Add(v3, shift);
            if (masks is not null)
            {
                // Four masks side by side, the first in the low bits.
                *(ulong*)masks = TLanes.PositiveBits(v0) | ((ulong)TLanes.PositiveBits(v1) << 16) | ((ulong)TLanes.PositiveBits(v2) << 32) | ((ulong)TLanes.PositiveBits(v3) << 48);
                masks += maskStride;
            }

            TLanes.Store(target, relu ? TLanes.Relu(v0) : v0);
            TLanes.Store(target + TLanes.Width, relu ? TLanes.Relu(v1) : v1);
            TLanes.Store(target + (2 * TLanes.Width), relu ? TLanes.Relu(v2) : v2);
            TLanes.Store(target + (3 * TLanes.Width), relu ? TLanes.Relu(v3) : v3);
            target += rowStride;
        }
    }

    /// <summary><see cref="Transform"/> and <see cref="BiasReluPool"/> of a whole tile at once.</summary>
    /// <param name="products">Product 0 of the tile.</param>
    /// <param name="productStride">Floats between products.</param>
    /// <param name="bias">One vector.</param>
    /// <param name="target">Upper left pooled value.</param>
    /// <param name="rowStride">Floats between rows of the pooled map.</param>
    /// <param name="masks">Upper left mask, or null.</param>
    /// <param name="maskStride">Masks between rows.</param>
    /// <param name="scratch">24 vectors, aligned.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WholeBiasReluPool(float* products, nint productStride, float* bias, float* target, int rowStride, ulong* masks, int maskStride, float* scratch)
    {
        Columns(products, productStride, scratch);
        TVector shift = TLanes.Load(bias);
        for (int y = 0; y < 2; y++)
        {
            float* row = scratch + (y * 12 * TLanes.Width);
            Row(row, out TVector a0, out TVector a1, out TVector a2, out TVector a3);
            Row(row + (6 * TLanes.Width), out TVector b0, out TVector b1, out TVector b2, out TVector b3);
            TLanes.Store(target, Pool(TLanes.Add(a0, shift), TLanes.Add(a1, shift), TLanes.Add(b0, shift), TLanes.Add(b1, shift), out ulong first));
            TLanes.Store(target + TLanes.Width, Pool(TLanes.Add(a2, shift), TLanes.Add(a3, shift), TLanes.Add(b2, shift), TLanes.Add(b3, shift), out ulong second));
            if (masks is not null)
            {
                masks[0] = first;
                masks[1] = second;
                masks += maskStride;
            }

            target += rowStride;
        }
    }

    /// <summary><see cref="Transform"/> and <see cref="Masked"/> of a whole tile at once.</summary>
    /// <param name="products">Product 0 of the tile.</param>
    /// <param name="productStride">Floats between products.</param>
    /// <param name="target">Upper left value of the tile in the map.</param>
    /// <param name="rowStride">Floats between rows of the map.</param>
    /// <param name="masks">Upper left mask, or null where nothing is masked.</param>
    /// <param name="maskStride">Masks between rows.</param>
    /// <param name="scratch">24 vectors, aligned.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WholeMasked(float* products, nint productStride, float* target, int rowStride, ushort* masks, int maskStride, float* scratch)
    {
        PrefetchNext(target, rowStride);
        Columns(products, productStride, scratch);
        for (int y = 0; y < 4; y++)
        {
            Row(scratch + (y * 6 * TLanes.Width), out TVector v0, out TVector v1, out TVector v2, out TVector v3);
            if (masks is not null)
            {
                ulong bits = *(ulong*)masks;
                v0 = TLanes.Select((uint)bits & 0xFFFF, v0);
                v1 = TLanes.Select((uint)(bits >> 16) & 0xFFFF, v1);
                v2 = TLanes.Select((uint)(bits >> 32) & 0xFFFF, v2);
                v3 = TLanes.Select((uint)(bits >> 48), v3);
                masks += maskStride;
            }

            TLanes.Store(target, v0);
            TLanes.Store(target + TLanes.Width, v1);
            TLanes.Store(target + (2 * TLanes.Width), v2);
            TLanes.Store(target + (3 * TLanes.Width), v3);
            target += rowStride;
        }
    }

    // The tile that comes next, before its lines are written: it lies in the third cache at best.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PrefetchNext(float* target, int rowStride)
    {
        for (int y = 0; y < 4; y++)
        {
            float* row = target + ((nint)y * rowStride) + (4 * TLanes.Width);
            TLanes.Prefetch(row);
            TLanes.Prefetch(row + TLanes.Width);
            TLanes.Prefetch(row + (2 * TLanes.Width));
            TLanes.Prefetch(row + (3 * TLanes.Width));
        }
    }

    // A^T m: four rows of six vectors.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Columns(float* products, nint productStride, float* scratch)
    {
        nint rowStride = 6 * productStride;
        for (int x = 0; x < 6; x++)
        {
            Line(
                TLanes.Load(products),
                TLanes.Load(products + rowStride),
                TLanes.Load(products + (2 * rowStride)),
                TLanes.Load(products + (3 * rowStride)),
                TLanes.Load(products + (4 * rowStride)),
                TLanes.Load(products + (5 * rowStride)),
                out TVector v0,
                out TVector v1,
                out TVector v2,
                out TVector v3);
            TLanes.Store(scratch, v0);
            TLanes.Store(scratch + (6 * TLanes.Width), v1);
            TLanes.Store(scratch + (12 * TLanes.Width), v2);
            TLanes.Store(scratch + (18 * TLanes.Width), v3);
            products += productStride;
            scratch += TLanes.Width;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row(float* scratch, out TVector v0, out TVector v1, out TVector v2, out TVector v3) => Line(
        TLanes.Load(scratch),
        TLanes.Load(scratch + TLanes.Width),
        TLanes.Load(scratch + (2 * TLanes.Width)),
        TLanes.Load(scratch + (3 * TLanes.Width)),
        TLanes.Load(scratch + (4 * TLanes.Width)),
        TLanes.Load(scratch + (5 * TLanes.Width)),
        out v0,
        out v1,
        out v2,
        out v3);

    /// <summary>Maximum, ReLU, and 16 bits each for the four places: where the first maximum was, unless nothing was above zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Pool(TVector v0, TVector v1, TVector v2, TVector v3, out ulong mask)
    {
        uint better1 = TLanes.GreaterBits(v1, v0);
        TVector best = TLanes.Max(v0, v1);
        uint better2 = TLanes.GreaterBits(v2, best);
        best = TLanes.Max(best, v2);
        uint better3 = TLanes.GreaterBits(v3, best);
        best = TLanes.Max(best, v3);
        uint unordered = TLanes.UnorderedBits(v0, v1) | TLanes.UnorderedBits(v2, v3);
        if (unordered != 0)
        {
            // A sum with a NaN is NaN: the loss must show it, whichever operand the maximum has kept.
            TVector sum = TLanes.Add(TLanes.Add(v0, v1), TLanes.Add(v2, v3));
            best = TLanes.Add(TLanes.Select(unordered, sum), TLanes.Select(~unordered, best));
        }

        ulong alive = TLanes.PositiveBits(best);
        ulong at3 = better3 & alive;
        ulong at2 = better2 & ~better3 & alive;
        ulong at1 = better1 & ~better2 & ~better3 & alive;
        ulong at0 = ~better1 & ~better2 & ~better3 & alive;
        mask = at0 | (at1 << 16) | (at2 << 32) | (at3 << 48);
        return TLanes.Relu(best);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Line(
        TVector m0, TVector m1, TVector m2, TVector m3, TVector m4, TVector m5, out TVector y0, out TVector y1, out TVector y2, out TVector y3)
    {
        TVector sum1 = TLanes.Add(m1, m2);
        TVector difference1 = TLanes.Subtract(m1, m2);
        TVector sum2 = TLanes.Add(m3, m4);
        TVector difference2 = TLanes.Subtract(m3, m4);
        y0 = TLanes.Add(m0, TLanes.Add(sum1, sum2));
        y1 = TLanes.MultiplyAdd(TLanes.Create(WinogradPoints.A), difference1, TLanes.Multiply(TLanes.Create(WinogradPoints.B), difference2));
        y2 = TLanes.MultiplyAdd(TLanes.Create(0.5f), sum1, TLanes.Multiply(TLanes.Create(2f), sum2));
        y3 = TLanes.MultiplyAdd(TLanes.Create(WinogradPoints.B3), difference2, TLanes.MultiplyAdd(TLanes.Create(WinogradPoints.A3), difference1, m5));
    }
}
