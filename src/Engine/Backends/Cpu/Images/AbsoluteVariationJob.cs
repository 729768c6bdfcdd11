using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Absolute differences between neighbours, and the gradient: every value gathers the signs of its four.</summary>
internal sealed unsafe class AbsoluteVariationJob : ImageReduction
{
    private float* _image;
    private float* _gradient;
    private float _factor;
    private long _perImage;
    private int _line;
    private int _channels;

    public void Run(WorkerPool pool, CpuTensor image, double weight, CpuTensor value, CpuTensor gradient)
    {
        _image = image.Data;
        _gradient = gradient.Data;
        _perImage = image.CountPerImage;
        _line = image.Shape.W * image.Shape.C;
        _channels = image.Shape.C;
        double factor = weight / _perImage;
        _factor = (float)factor;
        Run(pool, image.Shape);
        for (int n = 0; n < image.Shape.N; n++)
        {
            value.Data[n] = (float)(factor * Sum(n));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override double Reduce(int image, long first, int count)
    {
        double sum = 0;
        long start = first - (image * _perImage);
        int place = (int)(start % _line);
        for (int i = 0; i < count; i++)
        {
            float* x = _image + first + i;
            float signs = 0;
            if (start + i + _line < _perImage)
            {
                float down = x[_line] - *x;
                sum += Math.Abs(down);
                signs -= Sign(down);
            }

            if (place + _channels < _line)
            {
                float across = x[_channels] - *x;
                sum += Math.Abs(across);
                signs -= Sign(across);
            }

            if (start + i >= _line)
            {
                signs += Sign(*x - x[-_line]);
            }

            if (place >= _channels)
            {
                signs += Sign(*x - x[-_channels]);
            }

            _gradient[first + i] += _factor * signs;
            place = place + 1 == _line ? 0 : place + 1;
        }

        return sum;
    }

    private static float Sign(float difference) => difference > 0 ? 1 : difference < 0 ? -1 : difference;
}
