using VggCuda.Engine.Backends;
using VggCuda.Engine.Stages;

namespace VggCuda.Engine.Plans;

/// <summary>Blur what is optimised now and then, so that fine noise does not add up over the steps.</summary>
/// <param name="Every">After how many steps; 1 or more.</param>
/// <param name="Deviation">Standard deviation of the Gaussian in pixels, above 0, at most 64.</param>
/// <remarks>Yosinski et al., "Understanding Neural Networks Through Deep Visualization" (2015), section 3: every 4 steps, deviations of 0.5 and 1.</remarks>
public sealed record PeriodicBlur(int Every = 4, double Deviation = 0.5)
{
    /// <summary>Checks the settings.</summary>
    /// <param name="picture">Shape of the pictures.</param>
    /// <param name="parameters">Shape of what is optimised.</param>
    /// <exception cref="PlanException">A value is out of its range, or what is optimised has no pixels.</exception>
    public void Validate(TensorShape picture, TensorShape parameters)
    {
        if (Every < 1)
        {
            throw new PlanException($"The picture is blurred every {Every} steps; it must be 1 or more.");
        }

        new Blur(Deviation).Validate(picture);
        if (picture != parameters)
        {
            throw new PlanException("What is optimised is a spectrum, which cannot be blurred every few steps as pixels can; a blur among the transforms can be had with it.");
        }
    }
}
