using VggCuda.Engine.Backends;
using VggCuda.Engine.Randomness;

namespace VggCuda.Engine.Stages;

/// <summary>Adds noise to what the network looks at, new in each step, so that nothing is drawn that a little noise would hide. The gradient goes back as it is.</summary>
/// <param name="Deviation">Standard deviation, in the picture's units (0 to 255); above 0, at most 255.</param>
/// <remarks>Draws per step and image a seed, of which the field of noise is made on the device: <see cref="NoiseField"/>. MACO's noise of 0.05 in its pictures' units.</remarks>
public sealed record Noise(double Deviation) : Stage
{
    /// <inheritdoc/>
    public override int NumbersPerStep => 1;

    /// <inheritdoc/>
    public override void Draw(NumPyRandom random, TensorShape input, Span<double> numbers)
    {
        ArgumentNullException.ThrowIfNull(random);
        numbers[0] = random.NextUInt32() % NoiseField.Seeds;
    }

    /// <inheritdoc/>
    public override void Forward(IImageOperations operations, StageTensors tensors)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(tensors);
        operations.Noise(tensors.Input, tensors.Output, tensors.Table!, tensors.Step, Deviation);
    }

    /// <inheritdoc/>
    public override void Backward(IImageOperations operations, StageTensors tensors)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(tensors);
        operations.Copy(tensors.OutputGradient!, tensors.InputGradient!);
    }

    /// <inheritdoc/>
    public override void Validate(TensorShape shape)
    {
        if (!(Deviation > 0 && Deviation <= 255))
        {
            throw new PlanException($"The noise's deviation is {Deviation}; it must be above 0 and at most 255.");
        }
    }
}
