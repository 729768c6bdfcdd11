using System.Numerics;
using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Lp norm for a finite p, and its gradient: a pass for the largest magnitude, one for the sum of powers, one for the gradient.</summary>
/// <remarks>The largest magnitude m is taken out, so that no power leaves double's range: m (sum (|i| / m)^p)^(1/p).</remarks>
internal sealed unsafe class LpNormJob : ImageJob
{
    private readonly LargestMagnitude _magnitudes = new();
    private readonly SumOfPowers _powers = new();
    private double[] _largest = [];
    private double[] _outer = [];
    private double _exponent;
    private float* _image;
    private float* _gradient;

    public void Run(WorkerPool pool, CpuTensor image, double p, double weight, CpuTensor value, CpuTensor gradient)
    {
        int images = image.Shape.N;
        if (_largest.Length < images)
        {
            _largest = new double[images];
            _outer = new double[images];
        }

        double factor = weight / image.CountPerImage;
        _magnitudes.Run(pool, image);
        for (int n = 0; n < images; n++)
        {
            _largest[n] = _magnitudes.Largest(n);
        }

        _powers.Run(pool, image, p, _largest);
        for (int n = 0; n < images; n++)
        {
            double m = _largest[n];
            double sum = _powers.Sum(n);
            _outer[n] = m == 0 ? 0 : factor * Math.Pow(sum, (1 / p) - 1);
            value.Data[n] = m == 0 ? 0f : (float)(factor * (m * Math.Pow(sum, 1 / p)));
        }

        _exponent = p - 1;
        _image = image.Data;
        _gradient = gradient.Data;
        Run(pool, image.Shape);
    }

    /// <summary>Infinite p: the largest value, and its gradient, which all values that are the largest share equally.</summary>
    public static void RunInfinite(CpuTensor image, double weight, CpuTensor value, CpuTensor gradient)
    {
        double factor = weight / image.CountPerImage;
        for (int n = 0; n < image.Shape.N; n++)
        {
            value.Data[n] = (float)(factor * AddLargest(image.Image(n), factor, gradient.Image(n)));
        }
    }

    // gradient += outer * sign(i) (|i| / m)^exponent.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Block(int block, int image, long first, int count)
    {
        if (_largest[image] == 0)
        {
            return;
        }

        ReadOnlySpan<float> x = new(_image + first, count);
        Span<float> gradient = new(_gradient + first, count);
        double outer = _outer[image];
        double inverse = 1 / _largest[image];
        int i = 0;
        if (IsSmallInteger(_exponent))
        {
            for (; i + Vector<float>.Count <= x.Length; i += Vector<float>.Count)
            {
                Vector<float> value = new(x[i..]);
                Vector.Widen(Vector.Abs(value), out Vector<double> a, out Vector<double> b);
                Vector<float> slope = Vector.Narrow(Power(a * inverse, (int)_exponent) * outer, Power(b * inverse, (int)_exponent) * outer);
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
            gradient[i] += (float)(outer * sign * Math.Pow(Math.Abs(x[i]) * inverse, _exponent));
        }
    }

    private static double AddLargest(ReadOnlySpan<float> image, double factor, Span<float> gradient)
    {
        float largest = image[0];
        int count = 0;
        foreach (float value in image)
        {
            largest = Math.Max(largest, value);
        }

        foreach (float value in image)
        {
            count += value == largest ? 1 : 0;
        }

        for (int k = 0; k < image.Length; k++)
        {
            if (image[k] == largest)
            {
                gradient[k] += (float)(factor / count);
            }
        }

        return largest;
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

    private sealed class LargestMagnitude : ImageReduction
    {
        private float* _x;

        public void Run(WorkerPool pool, CpuTensor x)
        {
            _x = x.Data;
            Run(pool, x.Shape);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        protected override double Reduce(int image, long first, int count)
        {
            ReadOnlySpan<float> x = new(_x + first, count);
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
    }

    private sealed class SumOfPowers : ImageReduction
    {
        private float* _x;
        private double _exponent;
        private double[] _largest = [];

        public void Run(WorkerPool pool, CpuTensor x, double exponent, double[] largest)
        {
            _x = x.Data;
            _exponent = exponent;
            _largest = largest;
            Run(pool, x.Shape);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        protected override double Reduce(int image, long first, int count)
        {
            if (_largest[image] == 0)
            {
                return 0;
            }

            ReadOnlySpan<float> x = new(_x + first, count);
            double inverse = 1 / _largest[image];
            double sum = 0;
            int i = 0;
            if (IsSmallInteger(_exponent))
            {
                Vector<double> total = Vector<double>.Zero;
                for (; i + Vector<float>.Count <= x.Length; i += Vector<float>.Count)
                {
                    Vector.Widen(Vector.Abs(new Vector<float>(x[i..])), out Vector<double> a, out Vector<double> b);
                    total += Power(a * inverse, (int)_exponent) + Power(b * inverse, (int)_exponent);
                }

                sum = Vector.Sum(total);
            }

            for (; i < x.Length; i++)
            {
                sum += Math.Pow(Math.Abs(x[i]) * inverse, _exponent);
            }

            return sum;
        }
    }
}
