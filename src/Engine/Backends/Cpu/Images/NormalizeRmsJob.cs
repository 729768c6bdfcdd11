using System.Numerics;
using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>gradient /= sqrt(mean(gradient^2)) + epsilon, for each image by itself.</summary>
internal sealed unsafe class NormalizeRmsJob : ImageJob
{
    private readonly SumOfSquaresJob _squares = new();
    private double[] _divisors = [];
    private float* _gradient;

    public void Run(WorkerPool pool, CpuTensor gradient, double epsilon)
    {
        int images = gradient.Shape.N;
        if (_divisors.Length < images)
        {
            _divisors = new double[images];
        }

        _squares.Run(pool, gradient);
        for (int n = 0; n < images; n++)
        {
            _divisors[n] = Math.Sqrt(_squares.Sum(n) / gradient.CountPerImage) + epsilon;
        }

        _gradient = gradient.Data;
        Run(pool, gradient.Shape);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Block(int block, int image, long first, int count)
    {
        Span<float> x = new(_gradient + first, count);
        double divisor = _divisors[image];
        float narrow = (float)divisor;
        if (narrow == 0f || !float.IsFinite(narrow))
        {
            for (int k = 0; k < x.Length; k++)
            {
                x[k] = (float)(x[k] / divisor);
            }

            return;
        }

        int i = 0;
        Vector<float> vector = new(narrow);
        for (; i + Vector<float>.Count <= x.Length; i += Vector<float>.Count)
        {
            (new Vector<float>(x[i..]) / vector).CopyTo(x[i..]);
        }

        for (; i < x.Length; i++)
        {
            x[i] /= narrow;
        }
    }
}
