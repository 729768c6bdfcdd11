using System.Numerics;
using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>target[n, y, x, c] = source[n, y, x, c] * factors[0, y, x, c].</summary>
internal sealed unsafe class MultiplyJob : ImageJob
{
    private float* _source;
    private float* _factors;
    private float* _target;
    private long _perImage;

    public void Run(WorkerPool pool, CpuTensor source, CpuTensor factors, CpuTensor target)
    {
        _source = source.Data;
        _factors = factors.Data;
        _target = target.Data;
        _perImage = source.CountPerImage;
        Run(pool, source.Shape);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Block(int block, int image, long first, int count)
    {
        float* x = _source + first;
        float* f = _factors + (first - (image * _perImage));
        float* y = _target + first;
        int i = 0;
        for (; i + Vector<float>.Count <= count; i += Vector<float>.Count)
        {
            (Vector.Load(x + i) * Vector.Load(f + i)).Store(y + i);
        }

        for (; i < count; i++)
        {
            y[i] = x[i] * f[i];
        }
    }
}
