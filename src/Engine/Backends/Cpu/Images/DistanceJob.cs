using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>The mean distance between two layers' values, position by position, and the gradient, in blocks of positions.</summary>
internal sealed unsafe class DistanceJob : Job
{
    private const double Smooth = 0.1;
    private const int BlockSize = 16384;
    private double[] _partial = [];
    private float* _tap;
    private float* _other;
    private float* _gradient;
    private double _weight;
    private int _images;
    private int _positions;
    private int _channels;
    private int _perBlock;
    private int _blocks;

    /// <inheritdoc/>
    public override int Chunks => _images * _blocks;

    public void Run(WorkerPool pool, CpuTensor tap, CpuTensor other, double weight, CpuTensor value, CpuTensor gradient)
    {
        _tap = tap.Data;
        _other = other.Data;
        _gradient = gradient.Data;
        _images = tap.Shape.N;
        _positions = tap.Shape.H * tap.Shape.W;
        _channels = tap.Shape.C;
        _weight = weight / _positions;
        _perBlock = Math.Max(1, BlockSize / _channels);
        _blocks = (_positions + _perBlock - 1) / _perBlock;
        if (_partial.Length < Chunks)
        {
            _partial = new double[Chunks];
        }

        pool.Run(this);
        for (int n = 0; n < _images; n++)
        {
            double sum = 0;
            foreach (double partial in _partial.AsSpan(n * _blocks, _blocks))
            {
                sum += partial;
            }

            value.Data[n] = (float)(_weight * sum);
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Execute(int chunk, int worker)
    {
        int image = chunk / _blocks;
        int first = chunk % _blocks * _perBlock;
        int end = Math.Min(first + _perBlock, _positions);
        double sum = 0;
        for (int p = first; p < end; p++)
        {
            nint place = (((nint)image * _positions) + p) * _channels;
            float* a = _tap + place;
            float* b = _other + place;
            float* g = _gradient + place;
            double square = 0;
            for (int c = 0; c < _channels; c++)
            {
                double difference = a[c] - b[c];
                square += difference * difference;
            }

            double length = Math.Sqrt(square + (Smooth * Smooth));
            sum += length - Smooth;
            float factor = (float)(_weight / length);
            for (int c = 0; c < _channels; c++)
            {
                g[c] += factor * (a[c] - b[c]);
            }
        }

        _partial[chunk] = sum;
    }
}
