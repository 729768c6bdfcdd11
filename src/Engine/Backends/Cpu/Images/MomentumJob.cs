using System.Numerics;
using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>velocity = decay velocity + g; image -= rate velocity.</summary>
internal sealed unsafe class MomentumJob : ImageJob
{
    private float* _image;
    private float* _gradient;
    private float* _velocity;
    private float _rate;
    private float _decay;

    public void Run(WorkerPool pool, CpuTensor image, CpuTensor gradient, CpuTensor velocity, double rate, double decay)
    {
        _image = image.Data;
        _gradient = gradient.Data;
        _velocity = velocity.Data;
        _rate = (float)rate;
        _decay = (float)decay;
        Run(pool, image.Shape);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Block(int block, int image, long first, int count)
    {
        float* x = _image + first;
        float* g = _gradient + first;
        float* velocity = _velocity + first;
        Vector<float> rate = new(_rate);
        Vector<float> decay = new(_decay);
        int i = 0;
        for (; i + Vector<float>.Count <= count; i += Vector<float>.Count)
        {
            Vector<float> v = (decay * Vector.Load(velocity + i)) + Vector.Load(g + i);
            v.Store(velocity + i);
            (Vector.Load(x + i) - (rate * v)).Store(x + i);
        }

        for (; i < count; i++)
        {
            float v = (_decay * velocity[i]) + g[i];
            velocity[i] = v;
            x[i] -= _rate * v;
        }
    }
}
