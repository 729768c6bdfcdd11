using System.Numerics;
using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; image -= rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon).</summary>
internal sealed unsafe class AdamJob : ImageJob
{
    private float* _image;
    private float* _gradient;
    private float* _mean;
    private float* _square;
    private float _beta1;
    private float _rest1;
    private float _beta2;
    private float _rest2;
    private float _rate;
    private float _correction;
    private float _epsilon;

    /// <summary>One step.</summary>
    /// <param name="pool">Who works.</param>
    /// <param name="image">Overwritten.</param>
    /// <param name="gradient">The same shape.</param>
    /// <param name="mean">m, the same shape, overwritten.</param>
    /// <param name="square">v, the same shape, overwritten.</param>
    /// <param name="t">Number of the step, from 1.</param>
    /// <param name="rate">Length of a step.</param>
    /// <param name="beta1">Decay of the mean.</param>
    /// <param name="beta2">Decay of the square.</param>
    /// <param name="epsilon">Outside the root.</param>
    public void Run(WorkerPool pool, CpuTensor image, CpuTensor gradient, CpuTensor mean, CpuTensor square, double t, double rate, double beta1, double beta2, double epsilon)
    {
        _image = image.Data;
        _gradient = gradient.Data;
        _mean = mean.Data;
        _square = square.Data;
        _beta1 = (float)beta1;
        _rest1 = (float)(1 - beta1);
        _beta2 = (float)beta2;
        _rest2 = (float)(1 - beta2);
        _rate = (float)(rate / (1 - Math.Pow(beta1, t)));
        _correction = (float)(1 / (1 - Math.Pow(beta2, t)));
        _epsilon = (float)epsilon;
        Run(pool, image.Shape);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Block(int block, int image, long first, int count)
    {
        float* x = _image + first;
        float* g = _gradient + first;
        float* mean = _mean + first;
        float* square = _square + first;
        Vector<float> beta1 = new(_beta1);
        Vector<float> rest1 = new(_rest1);
        Vector<float> beta2 = new(_beta2);
        Vector<float> rest2 = new(_rest2);
        Vector<float> rate = new(_rate);
        Vector<float> correction = new(_correction);
        Vector<float> epsilon = new(_epsilon);
        int i = 0;
        for (; i + Vector<float>.Count <= count; i += Vector<float>.Count)
        {
            Vector<float> slope = Vector.Load(g + i);
            Vector<float> m = (beta1 * Vector.Load(mean + i)) + (rest1 * slope);
            Vector<float> v = (beta2 * Vector.Load(square + i)) + (rest2 * slope * slope);
            m.Store(mean + i);
            v.Store(square + i);
            (Vector.Load(x + i) - (rate * m / (Vector.SquareRoot(v * correction) + epsilon))).Store(x + i);
        }

        for (; i < count; i++)
        {
            float m = (_beta1 * mean[i]) + (_rest1 * g[i]);
            float v = (_beta2 * square[i]) + (_rest2 * g[i] * g[i]);
            mean[i] = m;
            square[i] = v;
            x[i] -= _rate * m / (MathF.Sqrt(v * _correction) + _epsilon);
        }
    }
}
