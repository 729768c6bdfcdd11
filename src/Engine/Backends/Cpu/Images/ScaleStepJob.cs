using System.Numerics;
using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>target = before + factor * (target - before).</summary>
internal sealed unsafe class ScaleStepJob : ImageJob
{
    private float* _before;
    private float* _target;
    private float _factor;

    public void Run(WorkerPool pool, CpuTensor before, CpuTensor target, float factor)
    {
        _before = before.Data;
        _target = target.Data;
        _factor = factor;
        Run(pool, before.Shape);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Block(int block, int image, long first, int count)
    {
        float* x = _before + first;
        float* y = _target + first;
        Vector<float> factor = new(_factor);
        int i = 0;
        for (; i + Vector<float>.Count <= count; i += Vector<float>.Count)
        {
            Vector<float> start = Vector.Load(x + i);
            (start + (factor * (Vector.Load(y + i) - start))).Store(y + i);
        }

        for (; i < count; i++)
        {
            y[i] = x[i] + (_factor * (y[i] - x[i]));
        }
    }
}
