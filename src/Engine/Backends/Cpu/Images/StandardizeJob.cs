using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Brings each image to the mean 0 and the deviation 1, or its gradient back.</summary>
internal sealed unsafe class StandardizeJob : ImageJob
{
    private readonly MomentsJob _moments = new();
    private double[] _means = [];
    private double[] _deviations = [];
    private double[] _sums = [];
    private double[] _slopes = [];
    private float* _source;
    private float* _gradient;
    private float* _target;
    private double _epsilon;

    // The gradient is with respect to the result; null on the way there.
    public void Run(WorkerPool pool, CpuTensor source, CpuTensor? gradient, CpuTensor target, double epsilon)
    {
        int images = source.Shape.N;
        if (_means.Length < images)
        {
            (_means, _deviations, _sums, _slopes) = (new double[images], new double[images], new double[images], new double[images]);
        }

        double count = source.CountPerImage;
        _moments.Run(pool, source, null, null);
        for (int n = 0; n < images; n++)
        {
            _means[n] = _moments.Sum(n) / count;
        }

        _moments.Run(pool, source, source, _means);
        for (int n = 0; n < images; n++)
        {
            _deviations[n] = Math.Sqrt(_moments.Sum(n) / count);
        }

        if (gradient is not null)
        {
            _moments.Run(pool, gradient, null, null);
            for (int n = 0; n < images; n++)
            {
                _sums[n] = _moments.Sum(n) / count;
            }

            _moments.Run(pool, source, gradient, _means);
            for (int n = 0; n < images; n++)
            {
                double divisor = _deviations[n] + epsilon;
                _slopes[n] = _deviations[n] == 0 ? 0 : _moments.Sum(n) / count / (_deviations[n] * divisor * divisor);
            }
        }

        _source = source.Data;
        _gradient = gradient is null ? null : gradient.Data;
        _target = target.Data;
        _epsilon = epsilon;
        Run(pool, source.Shape);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Block(int block, int image, long first, int count)
    {
        double mean = _means[image];
        double divisor = _deviations[image] + _epsilon;
        for (long i = first; i < first + count; i++)
        {
            _target[i] = (float)(_gradient == null ? (_source[i] - mean) / divisor : ((_gradient[i] - _sums[image]) / divisor) - ((_source[i] - mean) * _slopes[image]));
        }
    }
}
