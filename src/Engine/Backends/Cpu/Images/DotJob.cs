using System.Numerics;
using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>value[n] = weight * sum over an image's elements of a * b.</summary>
internal sealed unsafe class DotJob : ImageReduction
{
    private float* _a;
    private float* _b;

    public void Run(WorkerPool pool, CpuTensor a, CpuTensor b, double weight, CpuTensor value)
    {
        _a = a.Data;
        _b = b.Data;
        Run(pool, a.Shape);
        for (int n = 0; n < a.Shape.N; n++)
        {
            value.Data[n] = (float)(weight * Sum(n));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override double Reduce(int image, long first, int count)
    {
        float* a = _a + first;
        float* b = _b + first;
        Vector<double> low = Vector<double>.Zero;
        Vector<double> high = Vector<double>.Zero;
        int i = 0;
        for (; i + Vector<float>.Count <= count; i += Vector<float>.Count)
        {
            Vector.Widen(Vector.Load(a + i), out Vector<double> a0, out Vector<double> a1);
            Vector.Widen(Vector.Load(b + i), out Vector<double> b0, out Vector<double> b1);
            low += a0 * b0;
            high += a1 * b1;
        }

        double sum = Vector.Sum(low + high);
        for (; i < count; i++)
        {
            sum += (double)a[i] * b[i];
        }

        return sum;
    }
}
