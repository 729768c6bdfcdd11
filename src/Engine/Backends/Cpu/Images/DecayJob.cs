using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Mean squared distance from one value, and the gradient.</summary>
internal sealed unsafe class DecayJob : ImageReduction
{
    private float* _image;
    private float* _gradient;
    private float _centre;
    private float _slope;

    public void Run(WorkerPool pool, CpuTensor image, double centre, double weight, CpuTensor value, CpuTensor gradient)
    {
        double factor = weight / image.CountPerImage;
        _image = image.Data;
        _gradient = gradient.Data;
        _centre = (float)centre;
        _slope = (float)(2 * factor);
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
        for (int i = 0; i < count; i++)
        {
            float difference = _image[first + i] - _centre;
            sum += (double)difference * difference;
            _gradient[first + i] += _slope * difference;
        }

        return sum;
    }
}
