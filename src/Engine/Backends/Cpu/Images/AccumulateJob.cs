using System.Numerics;
using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>target += factor * source.</summary>
internal sealed unsafe class AccumulateJob : ImageJob
{
    private float* _source;
    private float* _target;
    private float _factor;

    public void Run(WorkerPool pool, CpuTensor source, double factor, CpuTensor target)
    {
        _source = source.Data;
        _target = target.Data;
        _factor = (float)factor;
        Run(pool, source.Shape);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Block(int block, int image, long first, int count)
    {
        float* x = _source + first;
        float* y = _target + first;
        Vector<float> factor = new(_factor);
        int i = 0;
        for (; i + Vector<float>.Count <= count; i += Vector<float>.Count)
        {
            (Vector.Load(y + i) + (factor * Vector.Load(x + i))).Store(y + i);
        }

        for (; i < count; i++)
        {
            y[i] += _factor * x[i];
        }
    }
}
