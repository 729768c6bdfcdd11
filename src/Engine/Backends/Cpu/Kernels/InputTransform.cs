using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>B^T d B of 6x6 windows: from feature maps, or from a pooled gradient and its masks, to the transformed domain.</summary>
internal static unsafe class InputTransform<TLanes, TVector>
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    /// <summary>Transforms one window of one channel block.</summary>
    /// <param name="source">Upper left corner of the window.</param>
    /// <param name="rowStride">Floats between its rows.</param>
    /// <param name="target">Where product 0 goes.</param>
    /// <param name="productStride">Floats between products.</param>
    /// <param name="scratch">36 vectors, aligned.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transform(float* source, nint rowStride, float* target, nint productStride, float* scratch)
    {
        TVector a = TLanes.Create(WinogradPoints.A);
        TVector b = TLanes.Create(WinogradPoints.B);
        TVector two = TLanes.Create(2f);
        TVector half = TLanes.Create(0.5f);
        TVector fiveHalves = TLanes.Create(2.5f);
        for (int x = 0; x < 6; x++)
        {
            float* p = source + (x * TLanes.Width);
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
                two,
                half,
                fiveHalves);
        }

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

    /// <summary>Spreads a pooled gradient over the 6x6 window of a tile: each value goes to the place its mask names, zeros elsewhere.</summary>
    /// <param name="plane">The pooled gradient's plane, at its first inner value.</param>
    /// <param name="rowStride">Floats between its rows.</param>
    /// <param name="masks">The plane's masks, (height, width).</param>
    /// <param name="height">Rows of the pooled map.</param>
    /// <param name="width">Columns of the pooled map.</param>
    /// <param name="tileRow">Row of the tile in the map before pooling.</param>
    /// <param name="tileColumn">Column of the tile.</param>
    /// <param name="window">6x6 vectors, overwritten.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpool(float* plane, int rowStride, ulong* masks, int height, int width, int tileRow, int tileColumn, float* window)
    {
        // The window begins one row above the tile: an odd row, the lower one of its pooling window.
        for (int i = 0; i < 4; i++)
        {
            int y = (2 * tileRow) - 1 + i;
            float* upper = i > 0 ? window + (((2 * i) - 1) * 6 * TLanes.Width) : null;
            float* lower = i < 3 ? window + (2 * i * 6 * TLanes.Width) : null;
            for (int j = 0; j < 4; j++)
            {
                int x = (2 * tileColumn) - 1 + j;
                TVector value = TLanes.Zero;
                ulong mask = 0;
                if ((uint)y < (uint)height && (uint)x < (uint)width)
                {
                    value = TLanes.Load(plane + ((nint)y * rowStride) + ((nint)x * TLanes.Width));
                    mask = masks[((nint)y * width) + x];
                }

                int left = ((2 * j) - 1) * TLanes.Width;
                int right = 2 * j * TLanes.Width;
                if (upper is not null)
                {
                    if (j > 0)
                    {
                        TLanes.Store(upper + left, TLanes.Select((uint)mask & 0xFFFF, value));
                    }

                    if (j < 3)
                    {
                        TLanes.Store(upper + right, TLanes.Select((uint)(mask >> 16) & 0xFFFF, value));
                    }
                }

                if (lower is not null)
                {
                    if (j > 0)
                    {
                        TLanes.Store(lower + left, TLanes.Select((uint)(mask >> 32) & 0xFFFF, value));
                    }

                    if (j < 3)
                    {
                        TLanes.Store(lower + right, TLanes.Select((uint)(mask >> 48), value));
                    }
                }
            }
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
