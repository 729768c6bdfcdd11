using System.Numerics;
using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>value[n] = weight * mean over an image's elements of tap^2; 2 weight / (h w C) * tap is added to the gradient in the same pass.</summary>
internal sealed unsafe class MeanSquareJob : ImageReduction
{
    private float* _tap;
    private float* _gradient;
    private float _slope;

    public void Run(WorkerPool pool, CpuTensor tap, double weight, CpuTensor value, CpuTensor gradient)
    {
        double factor = weight / tap.CountPerImage;
        _tap = tap.Data;
        _gradient = gradient.Data;
        _slope = (float)(2 * factor);
        Run(pool, tap.Shape);
        for (int n = 0; n < tap.Shape.N; n++)
        {
            value.Data[n] = (float)(factor * Sum(n));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override double Reduce(int image, long first, int count)
    {
        float* x = _tap + first;
        float* g = _gradient + first;
        Vector<float> slope = new(_slope);
        Vector<double> low = Vector<double>.Zero;
        Vector<double> high = Vector<double>.Zero;
        int i = 0;
        for (; i + Vector<float>.Count <= count; i += Vector<float>.Count)
        {
            Vector<float> value = Vector.Load(x + i);
            Vector.Widen(value, out Vector<double> a, out Vector<double> b);
            low += a * a;
            high += b * b;
            (Vector.Load(g + i) + (slope * value)).Store(g + i);
        }

        double sum = Vector.Sum(low + high);
        for (; i < count; i++)
        {
            sum += (double)x[i] * x[i];
            g[i] += _slope * x[i];
        }

        return sum;
    }
}
