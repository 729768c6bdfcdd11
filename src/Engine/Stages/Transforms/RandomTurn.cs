using VggCuda.Engine.Backends;
using VggCuda.Engine.Randomness;

namespace VggCuda.Engine.Stages;

/// <summary>Turns and scales the picture about its centre by random amounts, resampled bilinearly; what comes from outside is 0. The gradient goes back through it.</summary>
/// <param name="Degrees">Largest angle, uniform in both directions; 0 to 180.</param>
/// <param name="SmallestScale">Smallest factor, uniform up to the largest; below 1 the picture shrinks. 0.1 to 10.</param>
/// <param name="LargestScale">Largest factor; 0.1 to 10.</param>
/// <remarks>Output pixel (i, j) reads the source at c + R(-angle) ((i, j) - c) / scale, c the centre. Two draws per step and image, the angle first.</remarks>
public sealed record RandomTurn(double Degrees, double SmallestScale = 1, double LargestScale = 1) : Stage
{
    /// <inheritdoc/>
    public override int NumbersPerStep => 6;

    /// <inheritdoc/>
    public override void Draw(NumPyRandom random, TensorShape input, Span<double> numbers)
    {
        ArgumentNullException.ThrowIfNull(random);
        double angle = ((2 * random.NextDouble()) - 1) * Degrees * Math.PI / 180;
        double scale = SmallestScale + ((LargestScale - SmallestScale) * random.NextDouble());
        double cosine = Math.Cos(angle) / scale;
        double sine = Math.Sin(angle) / scale;
        double y = (input.H - 1) / 2.0;
        double x = (input.W - 1) / 2.0;
        numbers[0] = cosine;
        numbers[1] = -sine;
        numbers[2] = y - (cosine * y) + (sine * x);
        numbers[3] = sine;
        numbers[4] = cosine;
        numbers[5] = x - (sine * y) - (cosine * x);
    }

    /// <inheritdoc/>
    public override void Forward(IImageOperations operations, StageTensors tensors)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(tensors);
        operations.Warp(tensors.Input, tensors.Output, tensors.Table!, tensors.Step);
    }

    /// <inheritdoc/>
    public override void Backward(IImageOperations operations, StageTensors tensors)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(tensors);
        operations.WarpBackward(tensors.OutputGradient!, tensors.InputGradient!, tensors.Table!, tensors.Step);
    }

    /// <inheritdoc/>
    public override void Validate(TensorShape output)
    {
        if (!(Degrees >= 0 && Degrees <= 180))
        {
            throw new PlanException($"The largest angle is {Degrees} degrees; it must be between 0 and 180.");
        }

        if (!(SmallestScale >= 0.1 && LargestScale <= 10 && SmallestScale <= LargestScale))
        {
            throw new PlanException($"The scale is drawn from {SmallestScale} to {LargestScale}; it must lie within 0.1 to 10, the smallest first.");
        }
    }
}
