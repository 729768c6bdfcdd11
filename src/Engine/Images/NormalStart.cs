using VggCuda.Engine.Backends;
using VggCuda.Engine.Randomness;

namespace VggCuda.Engine.Images;

/// <summary>Normally distributed noise: deviation * g + mean, g as <c>numpy.random.standard_normal</c> draws it.</summary>
/// <param name="Mean">Mean of every value.</param>
/// <param name="Deviation">Standard deviation; lucid: 0.01 for a spectrum.</param>
public sealed record NormalStart(double Mean = 0, double Deviation = 0.01) : ImageStart
{
    /// <inheritdoc/>
    public override void Draw(NumPyRandom random, int height, int width, Span<double> image)
    {
        ArgumentNullException.ThrowIfNull(random);
        for (int i = 0; i < image.Length; i++)
        {
            image[i] = (random.NextNormal() * Deviation) + Mean;
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
