using System.Globalization;
using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Stages;

/// <summary>Measures the mean spectrum of pictures, one after the other.</summary>
public sealed class SpectrumMeter
{
    private const int Side = MeanSpectrum.Side;
    private const int Half = (Side / 2) + 1;
    private readonly double[] _sums = new double[Half * Half * 3];
    private readonly double[] _real = new double[Side * Side];
    private readonly double[] _imaginary = new double[Side * Side];
    private int _pictures;

    /// <summary>Adds a picture.</summary>
    /// <param name="rgb">RGB 0..255 of <see cref="MeanSpectrum.Side"/> pixels a side.</param>
    /// <exception cref="ArgumentException">Another size.</exception>
    public void Add(ReadOnlySpan<byte> rgb)
    {
        if (rgb.Length != Side * Side * 3)
        {
            throw new ArgumentException($"{rgb.Length} values; {Side} x {Side} x 3 are needed.", nameof(rgb));
        }

        double[] values = new double[rgb.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (rgb[i] / 255.0) - 0.5;
        }

        double[] colours = new Decorrelation().Inverse(values, new TensorShape(1, Side, Side, 3));
        for (int colour = 0; colour < 3; colour++)
        {
            for (int i = 0; i < _real.Length; i++)
            {
                _real[i] = colours[(i * 3) + colour];
                _imaginary[i] = 0;
            }

            for (int line = 0; line < Side; line++)
            {
                Transform(line * Side, 1);
            }

            for (int column = 0; column < Side; column++)
            {
                Transform(column, Side);
            }

            for (int y = 0; y < Half; y++)
            {
                for (int x = 0; x < Half; x++)
                {
                    // A wave and its mirror image down the picture.
                    double size = (Size(y, x) + Size((Side - y) % Side, x)) / 2;
                    _sums[(((y * Half) + x) * 3) + colour] += size;
                }
            }
        }

        _pictures++;
    }

    /// <summary>What was measured.</summary>
    /// <exception cref="InvalidOperationException">No picture was added.</exception>
    public MeanSpectrum Result()
    {
        if (_pictures == 0)
        {
            throw new InvalidOperationException("No picture was added.");
        }

        int bands = MeanSpectrum.Bands.Length;
        float[] magnitudes = new float[bands * bands * 3];
        for (int row = 0; row < bands; row++)
        {
            for (int column = 0; column < bands; column++)
            {
                for (int colour = 0; colour < 3; colour++)
                {
                    magnitudes[(((row * bands) + column) * 3) + colour] = Short(Band(row, column, colour));
                }
            }
        }

        return new MeanSpectrum { Pictures = _pictures, Magnitudes = [.. magnitudes] };
    }

    // Four digits say more than so many pictures can; pictures without a wave (of one colour) have none of size 0, whose logarithm is none.
    private static float Short(double value) => float.Parse(Math.Max(value, 1e-6).ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private double Size(int y, int x) => Math.Sqrt((_real[(y * Side) + x] * _real[(y * Side) + x]) + (_imaginary[(y * Side) + x] * _imaginary[(y * Side) + x]));

    // The mean over the frequencies that lie nearer to this band's middle than to its neighbours'.
    private double Band(int row, int column, int colour)
    {
        (int top, int bottom) = Extent(row);
        (int left, int right) = Extent(column);
        double sum = 0;
        for (int y = top; y <= bottom; y++)
        {
            for (int x = left; x <= right; x++)
            {
                sum += _sums[(((y * Half) + x) * 3) + colour];
            }
        }

        return sum / ((bottom - top + 1) * (right - left + 1) * (double)_pictures);
    }

    private static (int First, int Last) Extent(int band)
    {
        int middle = MeanSpectrum.Bands[band];
        int first = band == 0 ? middle : ((MeanSpectrum.Bands[band - 1] + middle) / 2) + 1;
        int last = band == MeanSpectrum.Bands.Length - 1 ? middle : (middle + MeanSpectrum.Bands[band + 1]) / 2;
        return (first, last);
    }

    // Cooley and Tukey's transform of one line, in place: the order of reversed bits, then pairs, fours, eights.
    private void Transform(int start, int stride)
    {
        for (int i = 1, j = 0; i < Side; i++)
        {
            int bit = Side >> 1;
            for (; (j & bit) != 0; bit >>= 1)
            {
                j ^= bit;
            }

            j ^= bit;
            if (i < j)
            {
                (int a, int b) = (start + (i * stride), start + (j * stride));
                (_real[a], _real[b]) = (_real[b], _real[a]);
                (_imaginary[a], _imaginary[b]) = (_imaginary[b], _imaginary[a]);
            }
        }

        for (int length = 2; length <= Side; length <<= 1)
        {
            for (int k = 0; k < length / 2; k++)
            {
                (double sine, double cosine) = Math.SinCos(-2 * Math.PI * k / length);
                for (int first = k; first < Side; first += length)
                {
                    (int a, int b) = (start + (first * stride), start + ((first + (length / 2)) * stride));
                    double real = (_real[b] * cosine) - (_imaginary[b] * sine);
                    double imaginary = (_real[b] * sine) + (_imaginary[b] * cosine);
                    (_real[b], _imaginary[b]) = (_real[a] - real, _imaginary[a] - imaginary);
                    (_real[a], _imaginary[a]) = (_real[a] + real, _imaginary[a] + imaginary);
                }
            }
        }
    }
}
