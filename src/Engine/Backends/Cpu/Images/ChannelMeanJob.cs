using System.Numerics;
using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>value[n] = weight * sum over k of (mean over positions of tap[n, :, :, k]).</summary>
internal sealed unsafe class ChannelMeanJob : ImageReduction
{
    private float* _tap;

    public void Run(WorkerPool pool, CpuTensor tap, double weight, CpuTensor value)
    {
        _tap = tap.Data;
        Run(pool, tap.Shape);
        for (int n = 0; n < tap.Shape.N; n++)
        {
            value.Data[n] = (float)(weight * (Sum(n) / ((double)tap.Shape.H * tap.Shape.W)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override double Reduce(int image, long first, int count)
    {
        ReadOnlySpan<float> x = new(_tap + first, count);
        Vector<double> low = Vector<double>.Zero;
        Vector<double> high = Vector<double>.Zero;
        int i = 0;
        for (; i + Vector<float>.Count <= x.Length; i += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(x[i..]), out Vector<double> a, out Vector<double> b);
            low += a;
            high += b;
        }

        double sum = Vector.Sum(low + high);
        for (; i < x.Length; i++)
        {
            sum += x[i];
        }

        return sum;
    }
}
