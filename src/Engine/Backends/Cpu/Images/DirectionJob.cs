using System.Numerics;
using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>A layer's values along a vector, times a power of their cosine, and the gradient, in blocks of positions.</summary>
internal sealed unsafe class DirectionJob : Job
{
    private const double Small = 1e-4;
    private const double Floor = 0.1;
    private const int BlockSize = 16384;
    private double[] _partial = [];
    private float* _tap;
    private float* _vector;
    private float* _gradient;
    private double _power;
    private double _weight;
    private double _vectorLength;
    private int _images;
    private int _positions;
    private int _channels;
    private int _perBlock;
    private int _blocks;

    /// <inheritdoc/>
    public override int Chunks => _images * _blocks;

    public void Run(WorkerPool pool, CpuTensor tap, CpuTensor vector, double power, double weight, CpuTensor value, CpuTensor gradient)
    {
        _tap = tap.Data;
        _vector = vector.Data;
        _gradient = gradient.Data;
        _power = power;
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

        double square = 0;
        for (int c = 0; c < _channels; c++)
        {
            square += (double)_vector[c] * _vector[c];
        }

        _vectorLength = Small + Math.Sqrt(square);
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
    public override void Execute(int chunk, int worker)
    {
        int image = chunk / _blocks;
        int first = chunk % _blocks * _perBlock;
        int end = Math.Min(first + _perBlock, _positions);
        double sum = 0;
        for (int p = first; p < end; p++)
        {
            nint place = (((nint)image * _positions) + p) * _channels;
            sum += Position(_tap + place, _gradient + place);
        }

        _partial[chunk] = sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Position(float* a, float* g)
    {
        Vector<double> dots = Vector<double>.Zero;
        Vector<double> squares = Vector<double>.Zero;
        int c = 0;
        for (; c + Vector<float>.Count <= _channels; c += Vector<float>.Count)
        {
            Vector.Widen(Vector.Load(a + c), out Vector<double> low, out Vector<double> high);
            Vector.Widen(Vector.Load(_vector + c), out Vector<double> lowVector, out Vector<double> highVector);
            dots += (low * lowVector) + (high * highVector);
            squares += (low * low) + (high * high);
        }

        double dot = Vector.Sum(dots);
        double square = Vector.Sum(squares);
        for (; c < _channels; c++)
        {
            dot += (double)a[c] * _vector[c];
            square += (double)a[c] * a[c];
        }

        double root = Math.Sqrt(square);
        double length = Small + root;
        double cosine = dot / (length * _vectorLength);
        bool isFloor = !(cosine > Floor);
        double factor = _power == 0 ? 1 : Math.Pow(isFloor ? Floor : cosine, _power);
        float along = (float)(_weight * factor * (isFloor ? 1 : 1 + _power));
        float away = isFloor || root == 0 ? 0 : (float)(_weight * _power * dot * factor / (length * root));
        for (c = 0; c < _channels; c++)
        {
            g[c] += (along * _vector[c]) - (away * a[c]);
        }

        return dot * factor;
    }
}
