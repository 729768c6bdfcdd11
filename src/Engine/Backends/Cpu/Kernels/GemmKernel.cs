using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>The innermost loop of every convolution: C[rows, n] = A[rows, depth] * B[depth, n], or that added to C, n = one or two vectors.</summary>
/// <remarks>
/// All accumulators stay in registers: 14 rows of two vectors on AVX-512, 6 on AVX2. One source serves every row count,
/// since the compiler drops the rows that a count does not have. Each result is one chain of multiply-adds over the
/// depth from 0 upwards, so it depends neither on how rows are grouped nor on whether the depth is cut into several calls.
/// With <see cref="Far16"/> as stride, A is asked for ahead too: it was written by another thread, and no prefetching of
/// the processor's reaches across its pages in time.
/// </remarks>
internal static unsafe class GemmKernel<TLanes, TVector, TStride, TColumns, TRows>
    where TLanes : ILanes<TVector>
    where TVector : struct
    where TStride : ICount
    where TColumns : ICount
    where TRows : ICount
{
    /// <summary>Computes one block.</summary>
    /// <param name="a">Row i, step k of segment s: a[s * segmentStride + i * TStride + k].</param>
    /// <param name="b">Step k: TColumns vectors, dense.</param>
    /// <param name="c">Row i: TColumns vectors, dense.</param>
    /// <param name="segments">Whole segments of the depth.</param>
    /// <param name="depth">Steps of a whole segment.</param>
    /// <param name="tail">Steps of a last, shorter segment; may be 0.</param>
    /// <param name="segmentStride">Floats between segments of A.</param>
    /// <param name="goesOn">Whether C holds the sums of the depth before this part of it.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float* a, float* b, float* c, int segments, int depth, int tail, nint segmentStride, bool goesOn)
    {
        TVector c0 = TLanes.Zero, d0 = TLanes.Zero;
        TVector c1 = TLanes.Zero, d1 = TLanes.Zero;
        TVector c2 = TLanes.Zero, d2 = TLanes.Zero;
        TVector c3 = TLanes.Zero, d3 = TLanes.Zero;
        TVector c4 = TLanes.Zero, d4 = TLanes.Zero;
        TVector c5 = TLanes.Zero, d5 = TLanes.Zero;
        TVector c6 = TLanes.Zero, d6 = TLanes.Zero;
        TVector c7 = TLanes.Zero, d7 = TLanes.Zero;
        TVector c8 = TLanes.Zero, d8 = TLanes.Zero;
        TVector c9 = TLanes.Zero, d9 = TLanes.Zero;
        TVector c10 = TLanes.Zero, d10 = TLanes.Zero;
        TVector c11 = TLanes.Zero, d11 = TLanes.Zero;
        TVector c12 = TLanes.Zero, d12 = TLanes.Zero;
        TVector c13 = TLanes.Zero, d13 = TLanes.Zero;
        if (goesOn)
        {
            Resume(0, c, ref c0, ref d0);
            Resume(1, c, ref c1, ref d1);
            Resume(2, c, ref c2, ref d2);
            Resume(3, c, ref c3, ref d3);
            Resume(4, c, ref c4, ref d4);
            Resume(5, c, ref c5, ref d5);
            Resume(6, c, ref c6, ref d6);
            Resume(7, c, ref c7, ref d7);
            Resume(8, c, ref c8, ref d8);
            Resume(9, c, ref c9, ref d9);
            Resume(10, c, ref c10, ref d10);
            Resume(11, c, ref c11, ref d11);
            Resume(12, c, ref c12, ref d12);
            Resume(13, c, ref c13, ref d13);
        }

        for (int segment = 0; segment <= segments; segment++)
        {
            float* p = a;
            float* ahead = a + 1024;
            for (int k = segment < segments ? depth : tail; k > 0; k--)
            {
                TVector b0 = TLanes.Load(b);
                TVector b1 = TColumns.Value > 1 ? TLanes.Load(b + TLanes.Width) : b0;
                // B is read once or streamed, and the processor's own prefetching is late for it. Few rows use it up fast.
                TLanes.Prefetch(b + (TRows.Value <= 8 ? 2048 : 1024));
                if (TColumns.Value > 1)
                {
                    TLanes.Prefetch(b + (TRows.Value <= 8 ? 2048 : 1024) + TLanes.Width);
                }

                if (typeof(TStride) == typeof(Far16))
                {
                    // A line for each step: a segment has 16 steps and at most 14 lines.
                    TLanes.Prefetch(ahead);
                    ahead += 16;
                }

                TVector x;
                if (TRows.Value > 0)
                {
                    x = TLanes.Broadcast(p + (0 * TStride.Value));
                    c0 = TLanes.MultiplyAdd(x, b0, c0);
                    if (TColumns.Value > 1)
                    {
                        d0 = TLanes.MultiplyAdd(x, b1, d0);
                    }
                }

                if (TRows.Value > 1)
                {
                    x = TLanes.Broadcast(p + (1 * TStride.Value));
                    c1 = TLanes.MultiplyAdd(x, b0, c1);
                    if (TColumns.Value > 1)
                    {
                        d1 = TLanes.MultiplyAdd(x, b1, d1);
                    }
                }

                if (TRows.Value > 2)
                {
                    x = TLanes.Broadcast(p + (2 * TStride.Value));
                    c2 = TLanes.MultiplyAdd(x, b0, c2);
                    if (TColumns.Value > 1)
                    {
                        d2 = TLanes.MultiplyAdd(x, b1, d2);
                    }
                }

                if (TRows.Value > 3)
                {
                    x = TLanes.Broadcast(p + (3 * TStride.Value));
                    c3 = TLanes.MultiplyAdd(x, b0, c3);
                    if (TColumns.Value > 1)
                    {
                        d3 = TLanes.MultiplyAdd(x, b1, d3);
                    }
                }

                if (TRows.Value > 4)
                {
                    x = TLanes.Broadcast(p + (4 * TStride.Value));
                    c4 = TLanes.MultiplyAdd(x, b0, c4);
                    if (TColumns.Value > 1)
                    {
                        d4 = TLanes.MultiplyAdd(x, b1, d4);
                    }
                }

                if (TRows.Value > 5)
                {
                    x = TLanes.Broadcast(p + (5 * TStride.Value));
                    c5 = TLanes.MultiplyAdd(x, b0, c5);
                    if (TColumns.Value > 1)
                    {
                        d5 = TLanes.MultiplyAdd(x, b1, d5);
                    }
                }

                if (TRows.Value > 6)
                {
                    x = TLanes.Broadcast(p + (6 * TStride.Value));
                    c6 = TLanes.MultiplyAdd(x, b0, c6);
                    if (TColumns.Value > 1)
                    {
                        d6 = TLanes.MultiplyAdd(x, b1, d6);
                    }
                }

                if (TRows.Value > 7)
                {
                    x = TLanes.Broadcast(p + (7 * TStride.Value));
                    c7 = TLanes.MultiplyAdd(x, b0, c7);
                    if (TColumns.Value > 1)
                    {
                        d7 = TLanes.MultiplyAdd(x, b1, d7);
                    }
                }

                if (TRows.Value > 8)
                {
                    x = TLanes.Broadcast(p + (8 * TStride.Value));
                    c8 = TLanes.MultiplyAdd(x, b0, c8);
                    if (TColumns.Value > 1)
                    {
                        d8 = TLanes.MultiplyAdd(x, b1, d8);
                    }
                }

                if (TRows.Value > 9)
                {
                    x = TLanes.Broadcast(p + (9 * TStride.Value));
                    c9 = TLanes.MultiplyAdd(x, b0, c9);
                    if (TColumns.Value > 1)
                    {
                        d9 = TLanes.MultiplyAdd(x, b1, d9);
                    }
                }

                if (TRows.Value > 10)
                {
                    x = TLanes.Broadcast(p + (10 * TStride.Value));
                    c10 = TLanes.MultiplyAdd(x, b0, c10);
                    if (TColumns.Value > 1)
                    {
                        d10 = TLanes.MultiplyAdd(x, b1, d10);
                    }
                }

                if (TRows.Value > 11)
                {
                    x = TLanes.Broadcast(p + (11 * TStride.Value));
                    c11 = TLanes.MultiplyAdd(x, b0, c11);
                    if (TColumns.Value > 1)
                    {
                        d11 = TLanes.MultiplyAdd(x, b1, d11);
                    }
                }

                if (TRows.Value > 12)
                {
                    x = TLanes.Broadcast(p + (12 * TStride.Value));
                    c12 = TLanes.MultiplyAdd(x, b0, c12);
                    if (TColumns.Value > 1)
                    {
                        d12 = TLanes.MultiplyAdd(x, b1, d12);
                    }
                }

                if (TRows.Value > 13)
                {
                    x = TLanes.Broadcast(p + (13 * TStride.Value));
                    c13 = TLanes.MultiplyAdd(x, b0, c13);
                    if (TColumns.Value > 1)
                    {
                        d13 = TLanes.MultiplyAdd(x, b1, d13);
                    }
                }

                p++;
                b += TColumns.Value * TLanes.Width;
            }

            a += segmentStride;
        }

        Store(0, c, c0, d0);
        Store(1, c, c1, d1);
        Store(2, c, c2, d2);
        Store(3, c, c3, d3);
        Store(4, c, c4, d4);
        Store(5, c, c5, d5);
        Store(6, c, c6, d6);
        Store(7, c, c7, d7);
        Store(8, c, c8, d8);
        Store(9, c, c9, d9);
        Store(10, c, c10, d10);
        Store(11, c, c11, d11);
        Store(12, c, c12, d12);
        Store(13, c, c13, d13);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Resume(int row, float* c, ref TVector first, ref TVector second)
    {
        if (row < TRows.Value)
        {
            first = TLanes.Load(c + (row * TColumns.Value * TLanes.Width));
            if (TColumns.Value > 1)
            {
                second = TLanes.Load(c + (row * TColumns.Value * TLanes.Width) + TLanes.Width);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(int row, float* c, TVector first, TVector second)
    {
        if (row < TRows.Value)
        {
            TLanes.Store(c + (row * TColumns.Value * TLanes.Width), first);
            if (TColumns.Value > 1)
            {
                TLanes.Store(c + (row * TColumns.Value * TLanes.Width) + TLanes.Width, second);
            }
        }
    }
}
