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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transform(float* products, nint productStride, float* outputs)
    {
        EvenRows(products, productStride, out TVector a0, out TVector a1, out TVector a2, out TVector a3, out TVector c0, out TVector c1, out TVector c2, out TVector c3);
        StoreRow(outputs, a0, a1, a2, a3);
        StoreRow(outputs + (8 * TLanes.Width), c0, c1, c2, c3);
        OddRows(products, productStride, out a0, out a1, out a2, out a3, out c0, out c1, out c2, out c3);
        StoreRow(outputs + (4 * TLanes.Width), a0, a1, a2, a3);
        StoreRow(outputs + (12 * TLanes.Width), c0, c1, c2, c3);
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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WholeBiasRelu(float* products, nint productStride, float* bias, bool relu, float* target, int rowStride, ushort* masks, int maskStride)
    {
        PrefetchNext(target, rowStride);
        TVector shift = TLanes.Load(bias);
        EvenRows(products, productStride, out TVector a0, out TVector a1, out TVector a2, out TVector a3, out TVector c0, out TVector c1, out TVector c2, out TVector c3);
        BiasReluRow(a0, a1, a2, a3, shift, relu, target, masks);
        BiasReluRow(c0, c1, c2, c3, shift, relu, target + (2 * (nint)rowStride), masks is null ? null : masks + (2 * maskStride));
        OddRows(products, productStride, out a0, out a1, out a2, out a3, out c0, out c1, out c2, out c3);
        BiasReluRow(a0, a1, a2, a3, shift, relu, target + rowStride, masks is null ? null : masks + maskStride);
        BiasReluRow(c0, c1, c2, c3, shift, relu, target + (3 * (nint)rowStride), masks is null ? null : masks + (3 * maskStride));
    }

    /// <summary><see cref="Transform"/> and <see cref="BiasReluPool"/> of a whole tile at once.</summary>
    /// <param name="products">Product 0 of the tile.</param>
    /// <param name="productStride">Floats between products.</param>
    /// <param name="bias">One vector.</param>
    /// <param name="target">Upper left pooled value.</param>
    /// <param name="rowStride">Floats between rows of the pooled map.</param>
    /// <param name="masks">Upper left mask, or null.</param>
    /// <param name="maskStride">Masks between rows.</param>
    /// <param name="scratch">16 vectors, aligned.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WholeBiasReluPool(float* products, nint productStride, float* bias, float* target, int rowStride, ulong* masks, int maskStride, float* scratch)
    {
        TVector shift = TLanes.Load(bias);
        EvenRows(products, productStride, out TVector a0, out TVector a1, out TVector a2, out TVector a3, out TVector c0, out TVector c1, out TVector c2, out TVector c3);
        OddRows(products, productStride, out TVector b0, out TVector b1, out TVector b2, out TVector b3, out TVector d0, out TVector d1, out TVector d2, out TVector d3);
        TVector sum = PoolRow(a0, a1, a2, a3, b0, b1, b2, b3, shift, target, masks);
        sum = TLanes.Add(sum, PoolRow(c0, c1, c2, c3, d0, d1, d2, d3, shift, target + rowStride, masks is null ? null : masks + maskStride));
        if (TLanes.UnorderedBits(sum, sum) != 0)
        {
            // Where there is a NaN, the maxima above may have passed over it.
            Transform(products, productStride, scratch);
            BiasReluPool(scratch, bias, target, rowStride, 2, 2, masks, maskStride);
        }
    }

    /// <summary><see cref="Transform"/> and <see cref="Masked"/> of a whole tile at once.</summary>
    /// <param name="products">Product 0 of the tile.</param>
    /// <param name="productStride">Floats between products.</param>
    /// <param name="target">Upper left value of the tile in the map.</param>
    /// <param name="rowStride">Floats between rows of the map.</param>
    /// <param name="masks">Upper left mask, or null where nothing is masked.</param>
    /// <param name="maskStride">Masks between rows.</param>
    /// <param name="scratch">16 vectors, aligned.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WholeMasked(float* products, nint productStride, float* target, int rowStride, ushort* masks, int maskStride, float* scratch)
    {
        PrefetchNext(target, rowStride);
        Transform(products, productStride, scratch);
        for (int y = 0; y < 4; y++)
        {
            TVector v0 = TLanes.Load(scratch);
            TVector v1 = TLanes.Load(scratch + TLanes.Width);
            TVector v2 = TLanes.Load(scratch + (2 * TLanes.Width));
            TVector v3 = TLanes.Load(scratch + (3 * TLanes.Width));
            if (masks is not null)
            {
                ulong bits = *(ulong*)masks;
                v0 = TLanes.Select((uint)bits & 0xFFFF, v0);
                v1 = TLanes.Select((uint)(bits >> 16) & 0xFFFF, v1);
                v2 = TLanes.Select((uint)(bits >> 32) & 0xFFFF, v2);
                v3 = TLanes.Select((uint)(bits >> 48), v3);
                masks += maskStride;
            }

            StoreRow(target, v0, v1, v2, v3);
            scratch += 4 * TLanes.Width;
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRow(float* target, TVector v0, TVector v1, TVector v2, TVector v3)
    {
        TLanes.Store(target, v0);
        TLanes.Store(target + TLanes.Width, v1);
        TLanes.Store(target + (2 * TLanes.Width), v2);
        TLanes.Store(target + (3 * TLanes.Width), v3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void BiasReluRow(TVector v0, TVector v1, TVector v2, TVector v3, TVector shift, bool relu, float* target, ushort* masks)
    {
        v0 = TLanes.Add(v0, shift);
        v1 = TLanes.Add(v1, shift);
        v2 = TLanes.Add(v2, shift);
        v3 = TLanes.Add(v3, shift);
        if (masks is not null)
        {
            // Four masks side by side, the first in the low bits.
            *(ulong*)masks = TLanes.PositiveBits(v0) | ((ulong)TLanes.PositiveBits(v1) << 16) | ((ulong)TLanes.PositiveBits(v2) << 32) | ((ulong)TLanes.PositiveBits(v3) << 48);
        }

        if (relu)
        {
            StoreRow(target, TLanes.Relu(v0), TLanes.Relu(v1), TLanes.Relu(v2), TLanes.Relu(v3));
        }
        else
        {
            StoreRow(target, v0, v1, v2, v3);
        }
    }

    // Two windows; returns the sum of what is in them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector PoolRow(
        TVector a0, TVector a1, TVector a2, TVector a3, TVector b0, TVector b1, TVector b2, TVector b3, TVector shift, float* target, ulong* masks)
    {
        TVector left = Largest(TLanes.Add(a0, shift), TLanes.Add(a1, shift), TLanes.Add(b0, shift), TLanes.Add(b1, shift), out uint left1, out uint left2, out uint left3);
        TVector right = Largest(TLanes.Add(a2, shift), TLanes.Add(a3, shift), TLanes.Add(b2, shift), TLanes.Add(b3, shift), out uint right1, out uint right2, out uint right3);
        if (masks is not null)
        {
            masks[0] = Places(left1, left2, left3, TLanes.PositiveBits(left));
            masks[1] = Places(right1, right2, right3, TLanes.PositiveBits(right));
        }

        TLanes.Store(target, TLanes.Relu(left));
        TLanes.Store(target + TLanes.Width, TLanes.Relu(right));
        return TLanes.Add(TLanes.Add(TLanes.Add(a0, a1), TLanes.Add(a2, a3)), TLanes.Add(TLanes.Add(b0, b1), TLanes.Add(b2, b3)));
    }

    // Rows 0 and 2 of the tile, whose factors are even in the points.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void EvenRows(
        float* products, nint stride, out TVector a0, out TVector a1, out TVector a2, out TVector a3, out TVector c0, out TVector c1, out TVector c2, out TVector c3)
    {
        Even(products, stride, out TVector p0, out TVector q0);
        Even(products + stride, stride, out TVector p1, out TVector q1);
        Even(products + (2 * stride), stride, out TVector p2, out TVector q2);
        Even(products + (3 * stride), stride, out TVector p3, out TVector q3);
        Even(products + (4 * stride), stride, out TVector p4, out TVector q4);
        Even(products + (5 * stride), stride, out TVector p5, out TVector q5);
        Line(p0, p1, p2, p3, p4, p5, out a0, out a1, out a2, out a3);
        Line(q0, q1, q2, q3, q4, q5, out c0, out c1, out c2, out c3);
    }

    // Rows 1 and 3.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OddRows(
        float* products, nint stride, out TVector a0, out TVector a1, out TVector a2, out TVector a3, out TVector c0, out TVector c1, out TVector c2, out TVector c3)
    {
        products += 6 * stride;
        Odd(products, stride, out TVector p0, out TVector q0);
        Odd(products + stride, stride, out TVector p1, out TVector q1);
        Odd(products + (2 * stride), stride, out TVector p2, out TVector q2);
        Odd(products + (3 * stride), stride, out TVector p3, out TVector q3);
        Odd(products + (4 * stride), stride, out TVector p4, out TVector q4);
        Odd(products + (5 * stride), stride, out TVector p5, out TVector q5);
        Line(p0, p1, p2, p3, p4, p5, out a0, out a1, out a2, out a3);
        Line(q0, q1, q2, q3, q4, q5, out c0, out c1, out c2, out c3);
    }

    // A column's part in rows 0 and 2.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Even(float* column, nint stride, out TVector row0, out TVector row2)
    {
        TVector sum1 = TLanes.Add(TLanes.Load(column + (6 * stride)), TLanes.Load(column + (12 * stride)));
        TVector sum2 = TLanes.Add(TLanes.Load(column + (18 * stride)), TLanes.Load(column + (24 * stride)));
        row0 = TLanes.Add(TLanes.Load(column), TLanes.Add(sum1, sum2));
        row2 = TLanes.MultiplyAdd(TLanes.Create(0.5f), sum1, TLanes.Multiply(TLanes.Create(2f), sum2));
    }

    // A column's part in rows 1 and 3, from its second product on.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Odd(float* column, nint stride, out TVector row1, out TVector row3)
    {
        TVector difference1 = TLanes.Subtract(TLanes.Load(column), TLanes.Load(column + (6 * stride)));
        TVector difference2 = TLanes.Subtract(TLanes.Load(column + (12 * stride)), TLanes.Load(column + (18 * stride)));
        row1 = TLanes.MultiplyAdd(TLanes.Create(WinogradPoints.A), difference1, TLanes.Multiply(TLanes.Create(WinogradPoints.B), difference2));
        row3 = TLanes.MultiplyAdd(TLanes.Create(WinogradPoints.B3), difference2, TLanes.MultiplyAdd(TLanes.Create(WinogradPoints.A3), difference1, TLanes.Load(column + (24 * stride))));
    }

    /// <summary>Maximum, ReLU, and 16 bits each for the four places: where the first maximum was, unless nothing was above zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Pool(TVector v0, TVector v1, TVector v2, TVector v3, out ulong mask)
    {
        TVector best = Largest(v0, v1, v2, v3, out uint better1, out uint better2, out uint better3);
        uint unordered = TLanes.UnorderedBits(v0, v1) | TLanes.UnorderedBits(v2, v3);
        if (unordered != 0)
        {
            // A sum with a NaN is NaN: the loss must show it, whichever operand the maximum has kept.
            TVector sum = TLanes.Add(TLanes.Add(v0, v1), TLanes.Add(v2, v3));
            best = TLanes.Add(TLanes.Select(unordered, sum), TLanes.Select(~unordered, best));
        }

        mask = Places(better1, better2, better3, TLanes.PositiveBits(best));
        return TLanes.Relu(best);
    }

    // The largest of four, and where each is larger than those before it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Largest(TVector v0, TVector v1, TVector v2, TVector v3, out uint better1, out uint better2, out uint better3)
    {
        better1 = TLanes.GreaterBits(v1, v0);
        TVector best = TLanes.Max(v0, v1);
        better2 = TLanes.GreaterBits(v2, best);
        best = TLanes.Max(best, v2);
        better3 = TLanes.GreaterBits(v3, best);
        return TLanes.Max(best, v3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Places(ulong better1, ulong better2, ulong better3, ulong alive)
    {
        ulong at3 = better3 & alive;
        ulong at2 = better2 & ~better3 & alive;
        ulong at1 = better1 & ~better2 & ~better3 & alive;
        ulong at0 = ~better1 & ~better2 & ~better3 & alive;
        return at0 | (at1 << 16) | (at2 << 32) | (at3 << 48);
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
