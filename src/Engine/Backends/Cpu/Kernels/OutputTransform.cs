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
        TVector a = TLanes.Create(WinogradPoints.A);
        TVector b = TLanes.Create(WinogradPoints.B);
        TVector a3 = TLanes.Create(WinogradPoints.A3);
        TVector b3 = TLanes.Create(WinogradPoints.B3);
        TVector two = TLanes.Create(2f);
        TVector half = TLanes.Create(0.5f);
        nint rowStride = 6 * productStride;
        for (int x = 0; x < 6; x++)
        {
            float* p = products + (x * productStride);
            Line(
                TLanes.Load(p),
                TLanes.Load(p + rowStride),
                TLanes.Load(p + (2 * rowStride)),
                TLanes.Load(p + (3 * rowStride)),
                TLanes.Load(p + (4 * rowStride)),
                TLanes.Load(p + (5 * rowStride)),
                scratch + (x * TLanes.Width),
                6 * TLanes.Width,
                a,
                b,
                a3,
                b3,
                two,
                half);
        }

        for (int y = 0; y < 4; y++)
        {
            float* p = scratch + (y * 6 * TLanes.Width);
            Line(
                TLanes.Load(p),
                TLanes.Load(p + TLanes.Width),
                TLanes.Load(p + (2 * TLanes.Width)),
                TLanes.Load(p + (3 * TLanes.Width)),
                TLanes.Load(p + (4 * TLanes.Width)),
                TLanes.Load(p + (5 * TLanes.Width)),
                outputs + (y * 4 * TLanes.Width),
                TLanes.Width,
                a,
                b,
                a3,
                b3,
                two,
                half);
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
                TVector v0 = TLanes.Add(TLanes.Load(p), shift);
                TVector v1 = TLanes.Add(TLanes.Load(p + TLanes.Width), shift);
                TVector v2 = TLanes.Add(TLanes.Load(p + (4 * TLanes.Width)), shift);
                TVector v3 = TLanes.Add(TLanes.Load(p + (5 * TLanes.Width)), shift);
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

                if (masks is not null)
                {
                    ulong alive = TLanes.PositiveBits(best);
                    ulong at3 = better3 & alive;
                    ulong at2 = better2 & ~better3 & alive;
                    ulong at1 = better1 & ~better2 & ~better3 & alive;
                    ulong at0 = ~better1 & ~better2 & ~better3 & alive;
                    masks[((nint)y * maskStride) + x] = at0 | (at1 << 16) | (at2 << 32) | (at3 << 48);
                }

                TLanes.Store(target + ((nint)y * rowStride) + (x * TLanes.Width), TLanes.Relu(best));
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Line(
        TVector m0, TVector m1, TVector m2, TVector m3, TVector m4, TVector m5, float* target, nint stride, TVector a, TVector b, TVector a3, TVector b3, TVector two, TVector half)
    {
        TVector sum1 = TLanes.Add(m1, m2);
        TVector difference1 = TLanes.Subtract(m1, m2);
        TVector sum2 = TLanes.Add(m3, m4);
        TVector difference2 = TLanes.Subtract(m3, m4);
        TLanes.Store(target, TLanes.Add(m0, TLanes.Add(sum1, sum2)));
        TLanes.Store(target + stride, TLanes.MultiplyAdd(a, difference1, TLanes.Multiply(b, difference2)));
        TLanes.Store(target + (2 * stride), TLanes.MultiplyAdd(half, sum1, TLanes.Multiply(two, sum2)));
        TLanes.Store(target + (3 * stride), TLanes.MultiplyAdd(b3, difference2, TLanes.MultiplyAdd(a3, difference1, m5)));
    }
}
