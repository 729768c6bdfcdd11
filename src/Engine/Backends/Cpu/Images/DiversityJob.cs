using System.Numerics;
using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>How alike the channels' products of a group's images are, and the gradient: the products by rows of the matrix, then the gradient by blocks of positions.</summary>
internal sealed unsafe class DiversityJob : Job
{
    private const int RowsAtOnce = 16;
    private const int PositionsAtOnce = 64;
    private float[][] _rows = [];
    private float* _tap;
    private float* _grams;
    private float* _lengths;
    private float* _gradient;
    private bool _isGradient;
    private double _weight;
    private int _group;
    private int _images;
    private int _positions;
    private int _channels;

    /// <inheritdoc/>
    public override int Chunks => _images * BlocksPerImage;

    private int BlocksPerImage => _isGradient ? (_positions + PositionsAtOnce - 1) / PositionsAtOnce : (_channels + RowsAtOnce - 1) / RowsAtOnce;

    private nint Square => (nint)_channels * _channels;

    public void Run(WorkerPool pool, int workers, CpuTensor tap, int group, double weight, CpuTensor grams, CpuTensor lengths, CpuTensor value, CpuTensor gradient)
    {
        _tap = tap.Data;
        _grams = grams.Data;
        _lengths = lengths.Data;
        _gradient = gradient.Data;
        _group = group;
        _weight = weight / group;
        _images = tap.Shape.N;
        _positions = tap.Shape.H * tap.Shape.W;
        _channels = tap.Shape.C;
        if (_rows.Length < workers || _rows[0].Length < _channels)
        {
            _rows = new float[workers][];
            for (int worker = 0; worker < workers; worker++)
            {
                _rows[worker] = new float[_channels];
            }
        }

        _isGradient = false;
        pool.Run(this);
        for (int n = 0; n < _images; n++)
        {
            Normalize(n);
        }

        for (int n = 0; n < _images; n++)
        {
            double dot = 0;
            for (int m = n / _group * _group; m < (n / _group * _group) + _group; m++)
            {
                dot += m == n ? 0 : Dot(_grams + (n * Square), _grams + (m * Square));
            }

            _lengths[(2 * n) + 1] = (float)dot;
            value.Data[n] = (float)(_weight * dot);
        }

        _isGradient = true;
        pool.Run(this);
    }

    /// <inheritdoc/>
    public override void Execute(int chunk, int worker)
    {
        int image = chunk / BlocksPerImage;
        int block = chunk % BlocksPerImage;
        if (_isGradient)
        {
            Gradient(image, block * PositionsAtOnce, Math.Min((block + 1) * PositionsAtOnce, _positions), _rows[worker]);
        }
        else
        {
            Products(image, block * RowsAtOnce, Math.Min((block + 1) * RowsAtOnce, _channels));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Products(int image, int first, int end)
    {
        new Span<float>(_grams + (image * Square) + ((nint)first * _channels), (end - first) * _channels).Clear();
        for (int p = 0; p < _positions; p++)
        {
            float* own = _tap + ((((nint)image * _positions) + p) * _channels);
            for (int row = first; row < end; row++)
            {
                Accumulate(own[row], own, _grams + (image * Square) + ((nint)row * _channels));
            }
        }
    }

    private void Normalize(int image)
    {
        float* own = _grams + (image * Square);
        double length = Math.Sqrt(Dot(own, own));
        _lengths[2 * image] = (float)length;
        for (nint k = 0; k < Square; k++)
        {
            own[k] = length == 0 ? 0 : (float)(own[k] / length);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Dot(float* a, float* b)
    {
        double sum = 0;
        for (nint k = 0; k < Square; k++)
        {
            sum += (double)a[k] * b[k];
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Gradient(int image, int first, int end, float[] scratch)
    {
        double length = _lengths[2 * image];
        double factor = length == 0 ? 0 : 4 * _weight / length;
        double dot = _lengths[(2 * image) + 1];
        fixed (float* row = scratch)
        {
            for (int k = 0; k < _channels; k++)
            {
                // One row of what the tap is multiplied by: the others' products without what is along its own.
                nint offset = (nint)k * _channels;
                for (int c = 0; c < _channels; c++)
                {
                    double others = 0;
                    for (int m = image / _group * _group; m < (image / _group * _group) + _group; m++)
                    {
                        others += m == image ? 0 : _grams[(m * Square) + offset + c];
                    }

                    row[c] = (float)(factor * (others - (dot * _grams[(image * Square) + offset + c])));
                }

                for (int p = first; p < end; p++)
                {
                    nint place = (((nint)image * _positions) + p) * _channels;
                    Accumulate(_tap[place + k], row, _gradient + place);
                }
            }
        }
    }

    private void Accumulate(float factor, float* source, float* target)
    {
        Vector<float> factors = new(factor);
        int c = 0;
        for (; c + Vector<float>.Count <= _channels; c += Vector<float>.Count)
        {
            (Vector.Load(target + c) + (factors * Vector.Load(source + c))).Store(target + c);
        }

        for (; c < _channels; c++)
        {
            target[c] += factor * source[c];
        }
    }
}
