using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>The inner loops of dense layers, whose time is the reading of the weights.</summary>
/// <remarks>
/// Four rows of weights at a time, and few enough columns that they stay in the first cache for all images of the
/// batch. Each image's turn also asks for its part of the rows that come next: rows lie in random places, and the
/// processor's own prefetching starts anew at each. They are asked for as far as the second cache, since a core waits for
/// few lines of the first at a time.
/// </remarks>
internal static unsafe class DenseKernels<TLanes, TVector>
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    /// <summary>y[image, column] += sum over 1 to 4 rows of x[image, row] * w[row, column], row after row.</summary>
    /// <param name="inputs">For each image 4 values: the rows' inputs.</param>
    /// <param name="images">Images.</param>
    /// <param name="rows">Pointers to the rows' weights at the first column.</param>
    /// <param name="rowCount">1 to 4.</param>
    /// <param name="outputs">For each image its sums at the first column.</param>
    /// <param name="columns">Columns; whole vectors.</param>
    /// <param name="next">The four rows that come next, to be fetched on the way.</param>
    /// <remarks>One chain of multiply-adds per output, in the order of the rows, however they are grouped.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(float* inputs, int images, float** rows, int rowCount, float** outputs, int columns, float** next)
    {
        int vectors = columns / TLanes.Width;
        for (int image = 0; image < images; image++)
        {
            float* x = inputs + (4 * image);
            float* y = outputs[image];
            if (rowCount == 4)
            {
                int first = image * vectors / images * TLanes.Width;
                int end = (image + 1) * vectors / images * TLanes.Width;
                AddRows(x, rows, y, 0, first, null);
                AddRows(x, rows, y, first, end, next);
                AddRows(x, rows, y, end, columns, null);
                continue;
            }

            for (int i = 0; i < rowCount; i++)
            {
                TVector value = TLanes.Broadcast(x + i);
                float* w = rows[i];
                for (int k = 0; k < columns; k += TLanes.Width)
                {
                    TLanes.Store(y + k, TLanes.MultiplyAdd(value, TLanes.Load(w + k), TLanes.Load(y + k)));
                }
            }
        }
    }

    /// <summary>sums[image, row] += w[row, column] * g[image, column] over columns, for four rows.</summary>
    /// <param name="rows">Pointers to four rows' weights at the first column.</param>
    /// <param name="gradients">For each image its gradient at the first column.</param>
    /// <param name="images">Images.</param>
    /// <param name="columns">Columns; whole vectors.</param>
    /// <param name="sums">For each image and row two vectors that add up to the sum; even and odd vectors of columns apart.</param>
    /// <param name="next">The four rows that come next, to be fetched on the way.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(float** rows, float** gradients, int images, int columns, float* sums, float** next)
    {
        int vectors = columns / TLanes.Width;
        for (int image = 0; image < images; image++)
        {
            // Pairs of vectors: bounds at even numbers of them.
            int first = image * vectors / images / 2 * 2 * TLanes.Width;
            int end = image == images - 1 ? columns : (image + 1) * vectors / images / 2 * 2 * TLanes.Width;
            float* g = gradients[image];
            float* s = sums + ((nint)image * 8 * TLanes.Width);
            Dots(rows, g, s, 0, first, null);
            Dots(rows, g, s, first, end, next);
            Dots(rows, g, s, end, columns, null);
        }
    }

    /// <summary>The sum that two vectors of <see cref="Backward"/> hold.</summary>
    public static float Sum(float* sums) => TLanes.Sum(TLanes.Add(TLanes.Load(sums), TLanes.Load(sums + TLanes.Width)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRows(float* x, float** rows, float* y, int first, int end, float** next)
    {
        TVector x0 = TLanes.Broadcast(x);
        TVector x1 = TLanes.Broadcast(x + 1);
        TVector x2 = TLanes.Broadcast(x + 2);
        TVector x3 = TLanes.Broadcast(x + 3);
        float* w0 = rows[0];
        float* w1 = rows[1];
        float* w2 = rows[2];
        float* w3 = rows[3];
        for (int k = first; k < end; k += TLanes.Width)
        {
            if (next is not null)
            {
                TLanes.PrefetchSecond(next[0] + k);
                TLanes.PrefetchSecond(next[1] + k);
                TLanes.PrefetchSecond(next[2] + k);
                TLanes.PrefetchSecond(next[3] + k);
            }

            TVector sum = TLanes.MultiplyAdd(x0, TLanes.Load(w0 + k), TLanes.Load(y + k));
            sum = TLanes.MultiplyAdd(x1, TLanes.Load(w1 + k), sum);
            sum = TLanes.MultiplyAdd(x2, TLanes.Load(w2 + k), sum);
            TLanes.Store(y + k, TLanes.MultiplyAdd(x3, TLanes.Load(w3 + k), sum));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Dots(float** rows, float* g, float* sums, int first, int end, float** next)
    {
        if (first >= end)
        {
            return;
        }

        float* w0 = rows[0];
        float* w1 = rows[1];
        float* w2 = rows[2];
        float* w3 = rows[3];
        TVector s0 = TLanes.Load(sums), t0 = TLanes.Load(sums + TLanes.Width);
        TVector s1 = TLanes.Load(sums + (2 * TLanes.Width)), t1 = TLanes.Load(sums + (3 * TLanes.Width));
        TVector s2 = TLanes.Load(sums + (4 * TLanes.Width)), t2 = TLanes.Load(sums + (5 * TLanes.Width));
        TVector s3 = TLanes.Load(sums + (6 * TLanes.Width)), t3 = TLanes.Load(sums + (7 * TLanes.Width));
        int k = first;
        for (; k + TLanes.Width < end; k += 2 * TLanes.Width)
        {
            if (next is not null)
            {
                TLanes.PrefetchSecond(next[0] + k);
                TLanes.PrefetchSecond(next[1] + k);
                TLanes.PrefetchSecond(next[2] + k);
                TLanes.PrefetchSecond(next[3] + k);
                TLanes.PrefetchSecond(next[0] + k + TLanes.Width);
                TLanes.PrefetchSecond(next[1] + k + TLanes.Width);
                TLanes.PrefetchSecond(next[2] + k + TLanes.Width);
                TLanes.PrefetchSecond(next[3] + k + TLanes.Width);
            }

            TVector g0 = TLanes.Load(g + k);
            TVector g1 = TLanes.Load(g + k + TLanes.Width);
            s0 = TLanes.MultiplyAdd(g0, TLanes.Load(w0 + k), s0);
            s1 = TLanes.MultiplyAdd(g0, TLanes.Load(w1 + k), s1);
            s2 = TLanes.MultiplyAdd(g0, TLanes.Load(w2 + k), s2);
            s3 = TLanes.MultiplyAdd(g0, TLanes.Load(w3 + k), s3);
            t0 = TLanes.MultiplyAdd(g1, TLanes.Load(w0 + k + TLanes.Width), t0);
            t1 = TLanes.MultiplyAdd(g1, TLanes.Load(w1 + k + TLanes.Width), t1);
            t2 = TLanes.MultiplyAdd(g1, TLanes.Load(w2 + k + TLanes.Width), t2);
            t3 = TLanes.MultiplyAdd(g1, TLanes.Load(w3 + k + TLanes.Width), t3);
        }

        if (k < end)
        {
            TVector g0 = TLanes.Load(g + k);
            s0 = TLanes.MultiplyAdd(g0, TLanes.Load(w0 + k), s0);
            s1 = TLanes.MultiplyAdd(g0, TLanes.Load(w1 + k), s1);
            s2 = TLanes.MultiplyAdd(g0, TLanes.Load(w2 + k), s2);
            s3 = TLanes.MultiplyAdd(g0, TLanes.Load(w3 + k), s3);
        }

        TLanes.Store(sums, s0);
        TLanes.Store(sums + TLanes.Width, t0);
        TLanes.Store(sums + (2 * TLanes.Width), s1);
        TLanes.Store(sums + (3 * TLanes.Width), t1);
        TLanes.Store(sums + (4 * TLanes.Width), s2);
        TLanes.Store(sums + (5 * TLanes.Width), t2);
        TLanes.Store(sums + (6 * TLanes.Width), s3);
        TLanes.Store(sums + (7 * TLanes.Width), t3);
    }
}
