using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>The inner loops of dense layers, whose time is the reading of the weights.</summary>
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
    /// <param name="next">The rows that come next, to be fetched on the way.</param>
    /// <remarks>One chain of multiply-adds per output, in the order of the rows, however they are grouped.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(float* inputs, int images, float** rows, int rowCount, float** outputs, int columns, float** next)
    {
        for (int image = 0; image < images; image++)
        {
            float* x = inputs + (4 * image);
            float* y = outputs[image];
            if (rowCount == 4)
            {
                TVector x0 = TLanes.Broadcast(x);
                TVector x1 = TLanes.Broadcast(x + 1);
                TVector x2 = TLanes.Broadcast(x + 2);
                TVector x3 = TLanes.Broadcast(x + 3);
                float* w0 = rows[0];
                float* w1 = rows[1];
                float* w2 = rows[2];
                float* w3 = rows[3];
                if (image == 0)
                {
                    float* n0 = next[0];
                    float* n1 = next[1];
                    float* n2 = next[2];
                    float* n3 = next[3];
                    for (int k = 0; k < columns; k += TLanes.Width)
                    {
                        TLanes.Prefetch(n0 + k);
                        TLanes.Prefetch(n1 + k);
                        TLanes.Prefetch(n2 + k);
                        TLanes.Prefetch(n3 + k);
                        TVector sum = TLanes.MultiplyAdd(x0, TLanes.Load(w0 + k), TLanes.Load(y + k));
                        sum = TLanes.MultiplyAdd(x1, TLanes.Load(w1 + k), sum);
                        sum = TLanes.MultiplyAdd(x2, TLanes.Load(w2 + k), sum);
                        TLanes.Store(y + k, TLanes.MultiplyAdd(x3, TLanes.Load(w3 + k), sum));
                    }

                    continue;
                }

                for (int k = 0; k < columns; k += TLanes.Width)
                {
                    TVector sum = TLanes.MultiplyAdd(x0, TLanes.Load(w0 + k), TLanes.Load(y + k));
                    sum = TLanes.MultiplyAdd(x1, TLanes.Load(w1 + k), sum);
                    sum = TLanes.MultiplyAdd(x2, TLanes.Load(w2 + k), sum);
                    TLanes.Store(y + k, TLanes.MultiplyAdd(x3, TLanes.Load(w3 + k), sum));
                }
            }
            else
            {
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
    }

    /// <summary>Sum of a[k] * b[k] over whole vectors, by four accumulators.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot(float* a, float* b, int count)
    {
        TVector s0 = TLanes.Zero, s1 = TLanes.Zero, s2 = TLanes.Zero, s3 = TLanes.Zero;
        int k = 0;
        for (; k + (4 * TLanes.Width) <= count; k += 4 * TLanes.Width)
        {
            s0 = TLanes.MultiplyAdd(TLanes.Load(a + k), TLanes.Load(b + k), s0);
            s1 = TLanes.MultiplyAdd(TLanes.Load(a + k + TLanes.Width), TLanes.Load(b + k + TLanes.Width), s1);
            s2 = TLanes.MultiplyAdd(TLanes.Load(a + k + (2 * TLanes.Width)), TLanes.Load(b + k + (2 * TLanes.Width)), s2);
            s3 = TLanes.MultiplyAdd(TLanes.Load(a + k + (3 * TLanes.Width)), TLanes.Load(b + k + (3 * TLanes.Width)), s3);
        }

        for (; k < count; k += TLanes.Width)
        {
            s0 = TLanes.MultiplyAdd(TLanes.Load(a + k), TLanes.Load(b + k), s0);
        }

        return TLanes.Sum(TLanes.Add(TLanes.Add(s0, s1), TLanes.Add(s2, s3)));
    }
}
