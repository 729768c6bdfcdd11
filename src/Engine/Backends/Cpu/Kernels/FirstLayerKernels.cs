using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>What the first convolution needs beside the matrix kernel: its epilogue, and its gradient to the image.</summary>
/// <remarks>With 3 channels in, Winograd's transforms cost more than the 27 products that they save.</remarks>
internal static unsafe class FirstLayerKernels<TLanes, TVector>
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    /// <summary>Bias, ReLU and bits for a run of pixels of one channel block.</summary>
    /// <param name="products">First pixel's vector.</param>
    /// <param name="bias">One vector.</param>
    /// <param name="relu">Whether the layer has its ReLU.</param>
    /// <param name="target">First pixel in the map.</param>
    /// <param name="packed">Pixels, and in the high half the floats between pixels of <paramref name="products"/>.</param>
    /// <param name="masks">First mask, or null.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void BiasRelu(float* products, float* bias, bool relu, float* target, int packed, ushort* masks)
    {
        TVector shift = TLanes.Load(bias);
        int pixels = packed & 0xFFFF;
        int stride = packed >> 16;
        for (int x = 0; x < pixels; x++)
        {
            TVector value = TLanes.Add(TLanes.Load(products), shift);
            if (masks is not null)
            {
                masks[x] = (ushort)TLanes.PositiveBits(value);
            }

            TLanes.Store(target, relu ? TLanes.Relu(value) : value);
            products += stride;
            target += TLanes.Width;
        }
    }

    /// <summary>Gradient to a row of image pixels: g[x, c] = sum over r, s, k of d[y + 1 - r, x + 1 - s, k] w[r, s, c, k].</summary>
    /// <param name="gradient">The padded map's value above and left of the first pixel, channel block 0.</param>
    /// <param name="rowStride">Floats between its rows.</param>
    /// <param name="planeStride">Floats between its channel blocks.</param>
    /// <param name="blocks">Channel blocks.</param>
    /// <param name="weights">w turned by 180 degrees: (block, row, column, image channel) vectors.</param>
    /// <param name="target">Pixel by pixel, 3 values each.</param>
    /// <param name="pixels">Pixels of the row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ImageGradient(float* gradient, nint rowStride, nint planeStride, int blocks, float* weights, float* target, int pixels)
    {
        int x = 0;
        for (; x + 4 <= pixels; x += 4)
        {
            Four(gradient + ((nint)x * TLanes.Width), rowStride, planeStride, blocks, weights, target + (3 * x));
        }

        for (; x < pixels; x++)
        {
            One(gradient + ((nint)x * TLanes.Width), rowStride, planeStride, blocks, weights, target + (3 * x));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four(float* gradient, nint rowStride, nint planeStride, int blocks, float* weights, float* target)
    {
        TVector a0 = TLanes.Zero, a1 = TLanes.Zero, a2 = TLanes.Zero;
        TVector b0 = TLanes.Zero, b1 = TLanes.Zero, b2 = TLanes.Zero;
        TVector c0 = TLanes.Zero, c1 = TLanes.Zero, c2 = TLanes.Zero;
        TVector d0 = TLanes.Zero, d1 = TLanes.Zero, d2 = TLanes.Zero;
        for (int block = 0; block < blocks; block++)
        {
            float* row = gradient;
            for (int r = 0; r < 3; r++)
            {
                float* p = row;
                for (int s = 0; s < 3; s++)
                {
                    TVector w0 = TLanes.Load(weights);
                    TVector w1 = TLanes.Load(weights + TLanes.Width);
                    TVector w2 = TLanes.Load(weights + (2 * TLanes.Width));
                    weights += 3 * TLanes.Width;
                    TVector v = TLanes.Load(p);
                    a0 = TLanes.MultiplyAdd(v, w0, a0);
                    a1 = TLanes.MultiplyAdd(v, w1, a1);
                    a2 = TLanes.MultiplyAdd(v, w2, a2);
                    v = TLanes.Load(p + TLanes.Width);
                    b0 = TLanes.MultiplyAdd(v, w0, b0);
                    b1 = TLanes.MultiplyAdd(v, w1, b1);
                    b2 = TLanes.MultiplyAdd(v, w2, b2);
                    v = TLanes.Load(p + (2 * TLanes.Width));
                    c0 = TLanes.MultiplyAdd(v, w0, c0);
                    c1 = TLanes.MultiplyAdd(v, w1, c1);
                    c2 = TLanes.MultiplyAdd(v, w2, c2);
                    v = TLanes.Load(p + (3 * TLanes.Width));
                    d0 = TLanes.MultiplyAdd(v, w0, d0);
                    d1 = TLanes.MultiplyAdd(v, w1, d1);
                    d2 = TLanes.MultiplyAdd(v, w2, d2);
                    p += TLanes.Width;
                }

                row += rowStride;
            }

            gradient += planeStride;
        }

        target[0] = TLanes.Sum(a0);
        target[1] = TLanes.Sum(a1);
        target[2] = TLanes.Sum(a2);
        target[3] = TLanes.Sum(b0);
        target[4] = TLanes.Sum(b1);
        target[5] = TLanes.Sum(b2);
        target[6] = TLanes.Sum(c0);
        target[7] = TLanes.Sum(c1);
        target[8] = TLanes.Sum(c2);
        target[9] = TLanes.Sum(d0);
        target[10] = TLanes.Sum(d1);
        target[11] = TLanes.Sum(d2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void One(float* gradient, nint rowStride, nint planeStride, int blocks, float* weights, float* target)
    {
        TVector a0 = TLanes.Zero, a1 = TLanes.Zero, a2 = TLanes.Zero;
        for (int block = 0; block < blocks; block++)
        {
            for (int r = 0; r < 3; r++)
            {
                for (int s = 0; s < 3; s++)
                {
                    TVector v = TLanes.Load(gradient + (r * rowStride) + (s * TLanes.Width));
                    a0 = TLanes.MultiplyAdd(v, TLanes.Load(weights), a0);
                    a1 = TLanes.MultiplyAdd(v, TLanes.Load(weights + TLanes.Width), a1);
                    a2 = TLanes.MultiplyAdd(v, TLanes.Load(weights + (2 * TLanes.Width)), a2);
                    weights += 3 * TLanes.Width;
                }
            }

            gradient += planeStride;
        }

        target[0] = TLanes.Sum(a0);
        target[1] = TLanes.Sum(a1);
        target[2] = TLanes.Sum(a2);
    }
}
