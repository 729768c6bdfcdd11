using System.Collections.Immutable;
using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Stages;

/// <summary>Any number to a value between two bounds: the middle of the range and a quarter of it times the number, cut off at the bounds. Colours are fuller than behind <see cref="SigmoidRange"/>, and easily too full.</summary>
/// <param name="Low">The picture's lowest value; 0.</param>
/// <param name="High">The picture's highest value; 255.</param>
/// <remarks>
/// The slope is the sigmoid's in its middle, so that rates carry over. Behind a bound the gradient is stopped only where it leads farther out: lucid
/// <c>constrain_L_inf</c>. So the way back is not the adjoint of the derivative there, which is 0.
/// </remarks>
public sealed record ClipRange(double Low = 0, double High = 255) : Stage
{
    private double Slope => (High - Low) / 4;

    private double Middle => (High + Low) / 2;

    /// <inheritdoc/>
    public override ImmutableArray<TensorShape> Scratch(TensorShape input, TensorShape output) => [input];

    /// <inheritdoc/>
    public override void Forward(IImageOperations operations, StageTensors tensors)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(tensors);
        operations.Linear(tensors.Input, tensors.Scratch[0], Slope, Middle);
        operations.Clip(tensors.Scratch[0], tensors.Output, Low, High);
    }

    /// <inheritdoc/>
    public override void Backward(IImageOperations operations, StageTensors tensors)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(tensors);
        operations.ClipBackward(tensors.Scratch[0], tensors.OutputGradient!, tensors.InputGradient!, Low, High);
        operations.Linear(tensors.InputGradient!, tensors.InputGradient!, Slope, 0);
    }

    /// <inheritdoc/>
    public override double[] Inverse(double[] output, TensorShape shape)
    {
        ArgumentNullException.ThrowIfNull(output);
        return Array.ConvertAll(output, value => (Math.Clamp(value, Low, High) - Middle) / Slope);
    }

    /// <inheritdoc/>
    public override void Validate(TensorShape shape)
    {
        if (!double.IsFinite(Low) || !double.IsFinite(High) || Low >= High)
        {
            throw new PlanException($"The picture's range is {Low} to {High}; both must be finite, the lower first.");
        }
    }
}
