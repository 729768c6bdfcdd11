using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>target = source + deviation * a field of noise.</summary>
internal sealed unsafe class NoiseJob : ImageJob
{
    private float* _source;
    private float* _target;
    private float* _seeds;
    private float _scale;
    private long _perImage;

    public void Run(WorkerPool pool, CpuTensor source, CpuTensor target, CpuTensor seeds, long step, double deviation)
    {
        _source = source.Data;
        _target = target.Data;
        _seeds = seeds.Data + (Math.Clamp(step, 0, seeds.Shape.N - 1) * source.Shape.N);
        _scale = (float)(deviation * NoiseField.Scale);
        _perImage = source.CountPerImage;
        Run(pool, source.Shape);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Block(int block, int image, long first, int count)
    {
        float* x = _source + first;
        float* y = _target + first;
        uint seed = (uint)_seeds[image];
        uint start = (uint)(first - (image * _perImage));
        for (int i = 0; i < count; i++)
        {
            y[i] = x[i] + (_scale * NoiseField.Sum(seed, start + (uint)i));
        }
    }
}
