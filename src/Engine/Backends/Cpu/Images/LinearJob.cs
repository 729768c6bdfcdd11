using System.Numerics;
using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>target = factor * source + offset.</summary>
internal sealed unsafe class LinearJob : ImageJob
{
    private float* _source;
    private float* _target;
    private float _factor;
    private float _offset;

    public void Run(WorkerPool pool, CpuTensor source, CpuTensor target, double factor, double offset)
    {
        _source = source.Data;
        _target = target.Data;
        _factor = (float)factor;
        _offset = (float)offset;
        Run(pool, source.Shape);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Block(int block, int image, long first, int count)
    {
        float* x = _source + first;
        float* y = _target + first;
        Vector<float> factor = new(_factor);
        Vector<float> offset = new(_offset);
        int i = 0;
        for (; i + Vector<float>.Count <= count; i += Vector<float>.Count)
        {
            ((Vector.Load(x + i) * factor) + offset).Store(y + i);
        }

        for (; i < count; i++)
        {
            y[i] = (x[i] * _factor) + _offset;
        }
    }
}
