using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Sum of (a - centre of a)(b - centre of b) over an image, in double; with b null of a - centre alone.</summary>
internal sealed unsafe class MomentsJob : ImageReduction
{
    private float* _a;
    private float* _b;
    private double[] _centres = [];
    private bool _isCentred;

    // The centres are what is taken from a in each image, and from b where it is a itself; null for 0.
    public void Run(WorkerPool pool, CpuTensor a, CpuTensor? b, double[]? centres)
    {
        _a = a.Data;
        _b = b is null ? null : b.Data;
        _isCentred = centres is not null;
        _centres = centres ?? _centres;
        Run(pool, a.Shape);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override double Reduce(int image, long first, int count)
    {
        double centre = _isCentred ? _centres[image] : 0;
        double other = _b == _a ? centre : 0;
        double sum = 0;
        for (long i = first; i < first + count; i++)
        {
            sum += _b == null ? _a[i] - centre : (_a[i] - centre) * (_b[i] - other);
        }

        return sum;
    }
}
