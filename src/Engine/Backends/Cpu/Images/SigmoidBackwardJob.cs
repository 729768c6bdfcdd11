using System.Numerics;
using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>target = gradient * (high - low) s (1 - s), s = 1 / (1 + exp(-source)).</summary>
/// <remarks>s (1 - s) = e / (1 + e)^2 with e = exp(-|source|): nothing leaves the range, and no nearly equal numbers are subtracted.</remarks>
internal sealed unsafe class SigmoidBackwardJob : ImageJob
{
    private float* _source;
    private float* _gradient;
    private float* _target;
    private float _range;

    public void Run(WorkerPool pool, CpuTensor source, CpuTensor gradient, CpuTensor target, double low, double high)
    {
        _source = source.Data;
        _gradient = gradient.Data;
        _target = target.Data;
        _range = (float)(high - low);
        Run(pool, source.Shape);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Block(int block, int image, long first, int count)
    {
        float* x = _source + first;
        float* g = _gradient + first;
        float* y = _target + first;
        int i = 0;
        for (; i + Vector<float>.Count <= count; i += Vector<float>.Count)
        {
            (Vector.Load(g + i) * Slope(Vector.Load(x + i))).Store(y + i);
        }

        for (; i < count; i++)
        {
            y[i] = g[i] * Slope(new Vector<float>(x[i]))[0];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector<float> Slope(Vector<float> x)
    {
        Vector<float> e = Vector.Exp(-Vector.Abs(x));
        Vector<float> sum = Vector<float>.One + e;
        return new Vector<float>(_range) * e / (sum * sum);
    }
}
