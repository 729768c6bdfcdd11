using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Stages;

/// <summary>Any number to a value between two bounds: low + (high - low) / (1 + exp(-x)), so that the ascent never leaves the picture's range.</summary>
/// <param name="Low">The picture's lowest value; 0.</param>
/// <param name="High">The picture's highest value; 255.</param>
/// <remarks>lucid <c>to_valid_rgb(sigmoid=True)</c>, times 255.</remarks>
public sealed record SigmoidRange(double Low = 0, double High = 255) : Stage
{
    private const double Margin = 0.01;

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
    /// <remarks>Values are first brought into the inner 98 % of the range, or those at its ends, which no number reaches, would outweigh all others.</remarks>
    public override double[] Inverse(double[] output, TensorShape shape)
    {
        ArgumentNullException.ThrowIfNull(output);
        return Array.ConvertAll(output, value =>
        {
            double part = Math.Clamp((value - Low) / (High - Low), Margin, 1 - Margin);
            return Math.Log(part / (1 - part));
        });
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
