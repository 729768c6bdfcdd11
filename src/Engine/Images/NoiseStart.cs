using VggCuda.Engine.Backends;
using VggCuda.Engine.Randomness;

namespace VggCuda.Engine.Images;

/// <summary>Uniform noise, standardised over the whole image, then scaled: (u - mean u) / (sd u + 1e-7) * deviation + mean.</summary>
/// <param name="Mean">keras-vis: the middle of the input range, 127.5.</param>
/// <param name="Deviation">keras-vis: 5 % of the input range, 12.75.</param>
/// <remarks>keras-vis 0.3.3 <c>utils.random_array</c>.</remarks>
public sealed record NoiseStart(double Mean = 127.5, double Deviation = 12.75) : ImageStart
{
    private const double Epsilon = 1e-7;

    /// <inheritdoc/>
    public override void Draw(NumPyRandom random, int height, int width, Span<double> image)
    {
        ArgumentNullException.ThrowIfNull(random);
        for (int i = 0; i < image.Length; i++)
        {
            image[i] = random.NextDouble();
        }

        (double mean, double deviation) = Statistics.MeanAndDeviation(image);
        for (int i = 0; i < image.Length; i++)
        {
            image[i] = ((image[i] - mean) / (deviation + Epsilon) * Deviation) + Mean;
        }
    }

    /// <inheritdoc/>
    public override void Validate(int height, int width)
    {
        if (!double.IsFinite(Mean) || !double.IsFinite(Deviation) || Deviation < 0)
        {
            throw new PlanException($"The start noise has mean {Mean} and deviation {Deviation}; both must be finite, the deviation not negative.");
        }
    }
}
