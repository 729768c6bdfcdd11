using System.Numerics;
using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>target = low + (high - low) / (1 + exp(-source)).</summary>
internal sealed unsafe class SigmoidJob : ImageJob
{
    private float* _source;
    private float* _target;
    private float _low;
    private float _range;

    public void Run(WorkerPool pool, CpuTensor source, CpuTensor target, double low, double high)
    {
        _source = source.Data;
        _target = target.Data;
        _low = (float)low;
        _range = (float)(high - low);
        Run(pool, source.Shape);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Block(int block, int image, long first, int count)
    {
        float* x = _source + first;
        float* y = _target + first;
        int i = 0;
        for (; i + Vector<float>.Count <= count; i += Vector<float>.Count)
        {
            Sigmoid(Vector.Load(x + i)).Store(y + i);
        }

        for (; i < count; i++)
        {
            y[i] = Sigmoid(new Vector<float>(x[i]))[0];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector<float> Sigmoid(Vector<float> x) => new Vector<float>(_low) + (new Vector<float>(_range) / (Vector<float>.One + Vector.Exp(-x)));
}
