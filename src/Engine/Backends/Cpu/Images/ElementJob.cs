using System.Numerics;
using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>What is summed over an image.</summary>
internal enum Reduction
{
    /// <summary>Values.</summary>
    Sum,

    /// <summary>Squares.</summary>
    SumOfSquares,

    /// <summary>The largest magnitude.</summary>
    Largest,

    /// <summary>(magnitude / factor)^exponent.</summary>
    Power,
}

/// <summary>What is done to each value of an image.</summary>
internal enum Elementwise
{
    /// <summary>Nothing; a reduction runs.</summary>
    None,

    /// <summary>x /= factor.</summary>
    Divide,

    /// <summary>One RMSprop step.</summary>
    RmsProp,

    /// <summary>g += outer * sign(x) (|x| / factor)^exponent.</summary>
    PowerGradient,
}

/// <summary>Reductions and element-wise changes of image batches, in blocks of a fixed size.</summary>
/// <remarks>Blocks begin anew with each image and are summed in order and in double, so that a sum depends neither on the threads nor on the batch.</remarks>
internal sealed unsafe class ElementJob : Job
{
    private const int BlockSize = 16384;
    private double[] _partial = [];
    private Reduction _reduction;
    private Elementwise _operation;
    private float* _x;
    private float* _y;
    private float* _z;
    private int _count;
    private int _images;
    private int _blocks;

    /// <summary>One per image: what <see cref="Reduction.Power"/>, <see cref="Elementwise.Divide"/> and <see cref="Elementwise.PowerGradient"/> divide by.</summary>
    public double[] Factors { get; private set; } = [];

    /// <summary>One per image: the outer factor of <see cref="Elementwise.PowerGradient"/>.</summary>
    public double[] Outer { get; private set; } = [];

    public double Exponent { get; set; }

    public float Rate { get; set; }

    public float Decay { get; set; }

    public float Rest { get; set; }

    public float Epsilon { get; set; }

    /// <inheritdoc/>
    public override int Chunks => _images * _blocks;

    /// <summary>Reduces each image of a tensor.</summary>
    /// <returns>Blocks per image.</returns>
    public int Reduce(WorkerPool pool, Reduction reduction, CpuTensor tensor, double exponent)
    {
        Begin(Elementwise.None, tensor, null, null);
        _reduction = reduction;
        Exponent = exponent;
        pool.Run(this);
        return _blocks;
    }

    /// <summary>Prepares an element-wise operation; the pool runs it.</summary>
    /// <returns>Blocks per image.</returns>
    public int Begin(Elementwise operation, CpuTensor x, CpuTensor? y, CpuTensor? z)
    {
        _operation = operation;
        _x = x.Data;
        _y = y is null ? null : y.Data;
        _z = z is null ? null : z.Data;
        _count = x.CountPerImage;
        _images = x.Shape.N;
        _blocks = (_count + BlockSize - 1) / BlockSize;
        if (_partial.Length < _images * _blocks)
        {
            _partial = new double[_images * _blocks];
        }

        if (Factors.Length < _images)
        {
            Factors = new double[_images];
            Outer = new double[_images];
        }

        return _blocks;
    }

    /// <summary>Sum of an image's blocks.</summary>
    public double Sum(int image, int blocks)
    {
        double sum = 0;
        foreach (double partial in _partial.AsSpan(image * blocks, blocks))
        {
            sum += partial;
        }

        return sum;
    }

    /// <summary>Largest of an image's blocks.</summary>
    public double Maximum(int image, int blocks)
    {
        double largest = 0;
        foreach (double partial in _partial.AsSpan(image * blocks, blocks))
        {
            largest = Math.Max(largest, partial);
        }

        return largest;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Execute(int chunk, int worker)
    {
        int image = chunk / _blocks;
        int first = chunk % _blocks * BlockSize;
        int count = Math.Min(BlockSize, _count - first);
        long offset = ((long)image * _count) + first;
        Span<float> x = new(_x + offset, count);
        switch (_operation)
        {
            case Elementwise.None:
                _partial[chunk] = Reduce(x, Factors[image]);
                break;
            case Elementwise.Divide:
                Divide(x, Factors[image]);
                break;
            case Elementwise.RmsProp:
                StepRmsProp(x, new ReadOnlySpan<float>(_y + offset, count), new Span<float>(_z + offset, count));
                break;
            default:
                if (Factors[image] != 0)
                {
                    AddPowerGradient(x, new ReadOnlySpan<float>(_y + offset, count), Factors[image], Outer[image]);
                }

                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Reduce(ReadOnlySpan<float> x, double factor)
    {
        if (_reduction == Reduction.Largest)
        {
            return LargestMagnitude(x);
        }

        if (_reduction == Reduction.Power)
        {
            return factor == 0 ? 0 : SumOfPowers(x, 1 / factor);
        }

        Vector<double> low = Vector<double>.Zero;
        Vector<double> high = Vector<double>.Zero;
        int i = 0;
        for (; i + Vector<float>.Count <= x.Length; i += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(x[i..]), out Vector<double> a, out Vector<double> b);
            low += _reduction == Reduction.Sum ? a : a * a;
            high += _reduction == Reduction.Sum ? b : b * b;
        }

        double sum = Vector.Sum(low + high);
        for (; i < x.Length; i++)
        {
            sum += _reduction == Reduction.Sum ? x[i] : (double)x[i] * x[i];
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double LargestMagnitude(ReadOnlySpan<float> x)
    {
        Vector<float> largest = Vector<float>.Zero;
        int i = 0;
        for (; i + Vector<float>.Count <= x.Length; i += Vector<float>.Count)
        {
            largest = Vector.Max(largest, Vector.Abs(new Vector<float>(x[i..])));
        }

        float result = 0;
        for (int lane = 0; lane < Vector<float>.Count; lane++)
        {
            result = Math.Max(result, largest[lane]);
        }

        for (; i < x.Length; i++)
        {
            result = Math.Max(result, Math.Abs(x[i]));
        }

        return result;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double SumOfPowers(ReadOnlySpan<float> x, double inverse)
    {
        double sum = 0;
        int i = 0;
        if (IsSmallInteger(Exponent))
        {
            Vector<double> total = Vector<double>.Zero;
            for (; i + Vector<float>.Count <= x.Length; i += Vector<float>.Count)
            {
                Vector.Widen(Vector.Abs(new Vector<float>(x[i..])), out Vector<double> a, out Vector<double> b);
                total += Power(a * inverse, (int)Exponent) + Power(b * inverse, (int)Exponent);
            }

            sum = Vector.Sum(total);
        }

        for (; i < x.Length; i++)
        {
            sum += Math.Pow(Math.Abs(x[i]) * inverse, Exponent);
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddPowerGradient(Span<float> gradient, ReadOnlySpan<float> x, double factor, double outer)
    {
        double inverse = 1 / factor;
        int i = 0;
        if (IsSmallInteger(Exponent))
        {
            for (; i + Vector<float>.Count <= x.Length; i += Vector<float>.Count)
            {
                Vector<float> value = new(x[i..]);
                Vector.Widen(Vector.Abs(value), out Vector<double> a, out Vector<double> b);
                Vector<float> slope = Vector.Narrow(Power(a * inverse, (int)Exponent) * outer, Power(b * inverse, (int)Exponent) * outer);
                slope = Vector.ConditionalSelect(Vector.LessThan(value, Vector<float>.Zero), -slope, slope);
                // Where the value is 0 nothing is added, also for an exponent of 0.
                slope = Vector.ConditionalSelect(Vector.Equals(value, Vector<float>.Zero), Vector<float>.Zero, slope);
                (new Vector<float>(gradient[i..]) + slope).CopyTo(gradient[i..]);
            }
        }

        for (; i < x.Length; i++)
        {
            // NaN shall show in the result, so it is its own sign.
            double sign = x[i] > 0 ? 1 : x[i] < 0 ? -1 : x[i];
            gradient[i] += (float)(outer * sign * Math.Pow(Math.Abs(x[i]) * inverse, Exponent));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Divide(Span<float> x, double divisor)
    {
        float narrow = (float)divisor;
        if (narrow == 0f || !float.IsFinite(narrow))
        {
            for (int k = 0; k < x.Length; k++)
            {
                x[k] = (float)(x[k] / divisor);
            }

            return;
        }

        int i = 0;
        Vector<float> vector = new(narrow);
        for (; i + Vector<float>.Count <= x.Length; i += Vector<float>.Count)
        {
            (new Vector<float>(x[i..]) / vector).CopyTo(x[i..]);
        }

        for (; i < x.Length; i++)
        {
            x[i] /= narrow;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void StepRmsProp(Span<float> x, ReadOnlySpan<float> g, Span<float> cache)
    {
        Vector<float> decay = new(Decay);
        Vector<float> rest = new(Rest);
        Vector<float> rate = new(Rate);
        Vector<float> epsilon = new(Epsilon);
        int i = 0;
        for (; i + Vector<float>.Count <= x.Length; i += Vector<float>.Count)
        {
            Vector<float> slope = new(g[i..]);
            Vector<float> v = (decay * new Vector<float>(cache[i..])) + (rest * slope * slope);
            v.CopyTo(cache[i..]);
            (new Vector<float>(x[i..]) - (rate * slope / Vector.SquareRoot(v + epsilon))).CopyTo(x[i..]);
        }

        for (; i < x.Length; i++)
        {
            float v = (Decay * cache[i]) + (Rest * g[i] * g[i]);
            cache[i] = v;
            x[i] -= Rate * g[i] / MathF.Sqrt(v + Epsilon);
        }
    }

    private static bool IsSmallInteger(double exponent) => exponent is >= 0 and <= 16 && exponent == Math.Floor(exponent);

    private static Vector<double> Power(Vector<double> x, int exponent)
    {
        Vector<double> result = Vector<double>.One;
        for (int i = exponent; i > 0; i >>= 1)
        {
            if ((i & 1) != 0)
            {
                result *= x;
            }

            x *= x;
        }

        return result;
    }
}
