using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Values brought within bounds; with a gradient, the way back of that, which stops what would go farther outwards.</summary>
internal sealed unsafe class ClipJob : ImageJob
{
    private float* _source;
    private float* _gradient;
    private float* _target;
    private float _low;
    private float _high;

    public void Run(WorkerPool pool, CpuTensor source, CpuTensor? gradient, CpuTensor target, double low, double high)
    {
        _source = source.Data;
        _gradient = gradient is null ? null : gradient.Data;
        _target = target.Data;
        _low = (float)low;
        _high = (float)high;
        Run(pool, source.Shape);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Block(int block, int image, long first, int count)
    {
        float* x = _source + first;
        float* y = _target + first;
        if (_gradient is null)
        {
            for (int i = 0; i < count; i++)
            {
                y[i] = x[i] < _low ? _low : x[i] > _high ? _high : x[i];
            }

            return;
        }

        float* g = _gradient + first;
        for (int i = 0; i < count; i++)
        {
            bool leaves = (x[i] > _high && g[i] < 0f) || (x[i] < _low && g[i] > 0f);
            y[i] = leaves ? 0f : g[i];
        }
    }
}
