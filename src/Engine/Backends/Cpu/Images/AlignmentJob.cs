using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Squared differences between images of a group that lie up to four apart, halved with each step, and the gradient.</summary>
internal sealed unsafe class AlignmentJob : ImageReduction
{
    private const int Farthest = 4;
    private float* _tap;
    private float* _gradient;
    private double _factor;
    private int _group;
    private long _perImage;

    public void Run(WorkerPool pool, CpuTensor tap, int group, double weight, CpuTensor value, CpuTensor gradient)
    {
        _tap = tap.Data;
        _gradient = gradient.Data;
        _perImage = tap.CountPerImage;
        _factor = weight / _perImage;
        _group = group;
        Run(pool, tap.Shape);
        for (int n = 0; n < tap.Shape.N; n++)
        {
            value.Data[n] = (float)(_factor * Sum(n));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override double Reduce(int image, long first, int count)
    {
        float* own = _tap + first;
        float* gradient = _gradient + first;
        int place = image % _group;
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            double slope = 0;
            for (int d = 1; d <= Farthest; d++)
            {
                double share = 1.0 / (1 << d);
                if (place + d < _group)
                {
                    double difference = (double)own[i] - own[i + (d * _perImage)];
                    sum += share * difference * difference;
                    slope += share * difference;
                }

                if (place - d >= 0)
                {
                    slope += share * ((double)own[i] - own[i - (d * _perImage)]);
                }
            }

            gradient[i] += (float)(2 * _factor * slope);
        }

        return sum;
    }
}
