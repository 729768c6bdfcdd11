using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Stages;

/// <summary>Any number to a value between two bounds: low + (high - low) / (1 + exp(-x)), so that the ascent never leaves the picture's range.</summary>
/// <param name="Low">The picture's lowest value; 0.</param>
/// <param name="High">The picture's highest value; 255.</param>
/// <remarks>lucid <c>to_valid_rgb(sigmoid=True)</c>, times 255.</remarks>
public sealed record SigmoidRange(double Low = 0, double High = 255) : Stage
{
    /// <inheritdoc/>
    public override void Forward(IImageOperations operations, StageTensors tensors)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(tensors);
        operations.Sigmoid(tensors.Input, tensors.Output, Low, High);
    }

    /// <inheritdoc/>
    public override void Backward(IImageOperations operations, StageTensors tensors)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(tensors);
        operations.SigmoidBackward(tensors.Input, tensors.OutputGradient!, tensors.InputGradient!, Low, High);
    }

    /// <inheritdoc/>
    public override void Validate(TensorShape output)
    {
        if (!double.IsFinite(Low) || !double.IsFinite(High) || Low >= High)
        {
            throw new PlanException($"The picture's range is {Low} to {High}; both must be finite, the lower first.");
        }
    }
}
