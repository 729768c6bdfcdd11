using VggCuda.Engine.Randomness;

namespace VggCuda.Engine.Attribution;

/// <summary>From mean and variance of a gradient, both (H, W, 3), to a map, (H, W).</summary>
internal delegate void NoiseMap(ReadOnlySpan<double> mean, ReadOnlySpan<double> variance, Span<double> map);

/// <summary>Gradients at noisy copies of pictures. A sample's noise is drawn once and given to every picture.</summary>
internal sealed class NoiseRun(Passes passes, int samples, double level, uint seed, NoiseMap toMap) : IMethodRun, IPassWork
{
    private readonly List<double> _deviations = [];
    private Chunk? _chunk;
    private NumPyRandom _random = new(seed);
    private int _drawn = -1;
    private double[] _noise = [];
    private double[] _means = [];
    private double[] _squares = [];

    public static void Validate(int samples, double level)
    {
        AttributionMethod.Require(samples is >= 2 and <= 100_000, $"The number of samples is {samples}; it must be between 2 and 100000.");
        AttributionMethod.Require(level is > 0 and <= 10, $"The noise is {level} of the picture's range; it must be above 0 and at most 10.");
    }

    public void Explain(Chunk chunk, Watch watch)
    {
        _chunk = chunk;
        passes.Run(chunk.Count, new Look(chunk), watch);
        Prepare(chunk);
        passes.Run(checked(chunk.Count * samples), this, watch);
        int length = _noise.Length;
        for (int i = 0; i < chunk.Count; i++)
        {
            Span<double> squares = _squares.AsSpan(i * length, length);
            foreach (ref double s in squares)
            {
                s /= samples;
            }

            toMap(_means.AsSpan(i * length, length), squares, chunk.Map(i));
        }
    }

    public void Fill(int item, Span<double> image)
    {
        (int sample, int picture) = Math.DivRem(item, _chunk!.Count);
        for (; _drawn < sample; _drawn++)
        {
            foreach (ref double e in _noise.AsSpan())
            {
                e = _random.NextNormal();
            }
        }

        ReadOnlySpan<double> clean = _chunk.Picture(picture);
        double deviation = _deviations[picture];
        for (int i = 0; i < image.Length; i++)
        {
            image[i] = clean[i] + (deviation * _noise[i]);
        }
    }

    public int? ClassOf(int item, ReadOnlySpan<double> logits) => _chunk!.ClassOf(item % _chunk.Count);

    public void Take(int item, Pass pass, int slot)
    {
        (int sample, int picture) = Math.DivRem(item, _chunk!.Count);
        ReadOnlySpan<double> gradient = pass.Gradient(slot);
        Span<double> mean = _means.AsSpan(picture * gradient.Length, gradient.Length);
        Span<double> square = _squares.AsSpan(picture * gradient.Length, gradient.Length);
        for (int i = 0; i < gradient.Length; i++)
        {
            double difference = gradient[i] - mean[i];
            mean[i] += difference / (sample + 1);
            square[i] += difference * (gradient[i] - mean[i]);
        }
    }

    public void Dispose() => passes.Dispose();

    private void Prepare(Chunk chunk)
    {
        _random = new NumPyRandom(seed);
        _drawn = -1;
        int length = chunk.Side * chunk.Side * 3;
        if (_noise.Length == 0)
        {
            _noise = new double[length];
        }

        if (_means.Length < chunk.Count * length)
        {
            _means = new double[chunk.Count * length];
            _squares = new double[chunk.Count * length];
        }

        Array.Clear(_means);
        Array.Clear(_squares);
        _deviations.Clear();
        for (int i = 0; i < chunk.Count; i++)
        {
            double least = double.PositiveInfinity;
            double most = double.NegativeInfinity;
            foreach (double v in chunk.Picture(i))
            {
                least = Math.Min(least, v);
                most = Math.Max(most, v);
            }

            _deviations.Add(level * (most - least));
        }
    }
}
