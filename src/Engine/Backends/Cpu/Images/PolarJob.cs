using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>From phases to a spectrum, or from the spectrum's gradient to the phases'.</summary>
internal sealed unsafe class PolarJob : ImageJob
{
    private float* _phase;
    private float* _offset;
    private float* _magnitude;
    private float* _spectrum;
    private float* _target;
    private long _perImage;
    private int _row;

    // Without a target the spectrum is made, with one the gradient of the phases.
    public void Run(WorkerPool pool, CpuTensor phase, CpuTensor offset, CpuTensor magnitude, CpuTensor spectrum, CpuTensor? target)
    {
        _phase = phase.Data;
        _offset = offset.Data;
        _magnitude = magnitude.Data;
        _spectrum = spectrum.Data;
        _target = target is null ? null : target.Data;
        _perImage = phase.CountPerImage;
        _row = phase.Shape.W * phase.Shape.C;
        Run(pool, phase.Shape);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Block(int block, int image, long first, int count)
    {
        float* offset = _offset + (first - (image * _perImage));
        float* magnitude = _magnitude + (first - (image * _perImage));
        for (int i = 0; i < count; i++)
        {
            long place = ((first + i) / _row * 2 * _row) + ((first + i) % _row);
            (double sine, double cosine) = Math.SinCos((double)_phase[first + i] + offset[i]);
            if (_target == null)
            {
                _spectrum[place] = (float)(magnitude[i] * cosine);
                _spectrum[place + _row] = (float)(magnitude[i] * sine);
            }
            else
            {
                _target[first + i] = (float)(magnitude[i] * ((cosine * _spectrum[place + _row]) - (sine * _spectrum[place])));
            }
        }
    }
}
