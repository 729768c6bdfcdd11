using System.Numerics;
using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>cache = decay * cache + (1 - decay) * g^2; image -= rate * g / sqrt(cache + epsilon).</summary>
internal sealed unsafe class RmsPropJob : ImageJob
{
    private float* _image;
    private float* _gradient;
    private float* _cache;
    private float _rate;
    private float _decay;
    private float _rest;
    private float _epsilon;

    public void Run(WorkerPool pool, CpuTensor image, CpuTensor gradient, CpuTensor cache, double rate, double decay, double epsilon)
    {
        _image = image.Data;
        _gradient = gradient.Data;
        _cache = cache.Data;
        _rate = (float)rate;
        _decay = (float)decay;
        _rest = (float)(1 - decay);
        _epsilon = (float)epsilon;
        Run(pool, image.Shape);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Block(int block, int image, long first, int count)
    {
        Span<float> x = new(_image + first, count);
        ReadOnlySpan<float> g = new(_gradient + first, count);
        Span<float> cache = new(_cache + first, count);
        Vector<float> decay = new(_decay);
        Vector<float> rest = new(_rest);
        Vector<float> rate = new(_rate);
        Vector<float> epsilon = new(_epsilon);
        int i = 0;
        for (; i + Vector<float>.Count <= x.Length; i += Vector<float>.Count)
        {
            Vector<float> slope = new(g[i..]);
            Vector<float> v = (decay * new Vector<float>(cache[i..])) + (rest * slope * slope);
            v.CopyTo(cache[i..]);
            (new Vector<float>(x[i..]) - (rate * slope / Vector.SquareRoot(v + epsilon))).CopyTo(x[i..]);
        }

        for (; i < x.Length; i++)
        {
            float v = (_decay * cache[i]) + (_rest * g[i] * g[i]);
            cache[i] = v;
            x[i] -= _rate * g[i] / MathF.Sqrt(v + _epsilon);
        }
    }
}
