using System.Numerics;
using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Total variation and its gradient, row block by row block where the exponent is 2, image by image otherwise.</summary>
internal sealed unsafe class TotalVariationJob : Job
{
    private double[] _partial = [];
    private float* _image;
    private float* _gradient;
    private TensorShape _shape;
    private double _beta;
    private double _factor;
    private int _blocks;
    private int _rows;

    /// <inheritdoc/>
    public override int Chunks => _shape.N * _blocks;

    /// <summary>value[n] = weight / (H W C) * the sum over the image; weight times its gradient is added.</summary>
    public void Run(WorkerPool pool, CpuTensor image, double beta, double weight, CpuTensor value, CpuTensor gradient)
    {
        _image = image.Data;
        _gradient = gradient.Data;
        _shape = image.Shape;
        _beta = beta;
        _factor = weight / image.CountPerImage;
        int row = _shape.W * _shape.C;
        _rows = beta == 2 ? Math.Max(1, 16384 / row) : _shape.H;
        _blocks = (_shape.H + _rows - 1) / _rows;
        if (_partial.Length < Chunks)
        {
            _partial = new double[Chunks];
        }

        pool.Run(this);
        for (int n = 0; n < _shape.N; n++)
        {
            double sum = 0;
            foreach (double partial in _partial.AsSpan(n * _blocks, _blocks))
            {
                sum += partial;
            }

            value.Data[n] = (float)(_factor * sum);
        }
    }

    /// <inheritdoc/>
    public override void Execute(int chunk, int worker)
    {
        long offset = chunk / _blocks * _shape.CountPerImage;
        int first = chunk % _blocks * _rows;
        int end = Math.Min(first + _rows, _shape.H);
        if (_beta != 2)
        {
            _partial[chunk] = General(_image + offset, _gradient + offset);
            return;
        }

        double sum = 0;
        for (int y = first; y < end; y++)
        {
            sum += Row(_image + offset, _gradient + offset, y);
        }

        _partial[chunk] = sum;
    }

    // What a row of pixels gains: from its own terms, from those of the row above, from its left neighbours' terms.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Row(float* image, float* gradient, int y)
    {
        int row = _shape.W * _shape.C;
        int channels = _shape.C;
        int inner = row - channels;
        float* x = image + ((nint)y * row);
        float* g = gradient + ((nint)y * row);
        float factor = (float)(2 * _factor);
        Vector<float> factors = new(factor);
        double sum = 0;
        int i = 0;
        if (y < _shape.H - 1)
        {
            Vector<double> total = Vector<double>.Zero;
            for (; i + Vector<float>.Count <= inner; i += Vector<float>.Count)
            {
                Vector<float> here = Vector.Load(x + i);
                Vector<float> a = Vector.Load(x + i + row) - here;
                Vector<float> b = Vector.Load(x + i + channels) - here;
                Vector.Widen((a * a) + (b * b), out Vector<double> low, out Vector<double> high);
                total += low + high;
                (Vector.Load(g + i) - (factors * (a + b))).Store(g + i);
            }

            sum = Vector.Sum(total);
            for (; i < inner; i++)
            {
                float a = x[i + row] - x[i];
                float b = x[i + channels] - x[i];
                sum += (a * a) + (b * b);
                g[i] -= factor * (a + b);
            }

            AddDifference(x + channels, x, g + channels, inner, factor);
        }

        if (y > 0)
        {
            AddDifference(x, x - row, g, inner, factor);
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddDifference(float* a, float* b, float* g, int count, float factor)
    {
        Vector<float> factors = new(factor);
        int i = 0;
        for (; i + Vector<float>.Count <= count; i += Vector<float>.Count)
        {
            (Vector.Load(g + i) + (factors * (Vector.Load(a + i) - Vector.Load(b + i)))).Store(g + i);
        }

        for (; i < count; i++)
        {
            g[i] += factor * (a[i] - b[i]);
        }
    }

    // Any exponent: with a and b the differences downwards and to the right, a term is d^(beta/2), d = a^2 + b^2.
    private double General(float* image, float* gradient)
    {
        int row = _shape.W * _shape.C;
        double sum = 0;
        for (int y = 0; y < _shape.H - 1; y++)
        {
            for (int k = 0; k < row - _shape.C; k++)
            {
                float* x = image + ((nint)y * row) + k;
                float* g = gradient + ((nint)y * row) + k;
                double a = (double)x[row] - x[0];
                double b = (double)x[_shape.C] - x[0];
                double d = (a * a) + (b * b);
                sum += Math.Pow(d, _beta / 2);
                double slope = d == 0 && _beta < 2 ? 0 : _factor * _beta * Math.Pow(d, (_beta / 2) - 1);
                g[row] += (float)(slope * a);
                g[_shape.C] += (float)(slope * b);
                g[0] -= (float)(slope * (a + b));
            }
        }

        return sum;
    }
}
