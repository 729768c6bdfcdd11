using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Stages;

/// <summary>Brings each picture's values to the mean 0 and the standard deviation 1, all channels together.</summary>
/// <param name="Epsilon">Added to the deviation; above 0. MACO: 1e-4.</param>
public sealed record Standardization(double Epsilon = 1e-4) : Stage
{
    /// <inheritdoc/>
    public override void Forward(IImageOperations operations, StageTensors tensors)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(tensors);
        operations.Standardize(tensors.Input, tensors.Output, Epsilon);
    }

    /// <inheritdoc/>
    public override void Backward(IImageOperations operations, StageTensors tensors)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(tensors);
        operations.StandardizeBackward(tensors.Input, tensors.OutputGradient!, tensors.InputGradient!, Epsilon);
    }

    /// <inheritdoc/>
    public override void Validate(TensorShape shape)
    {
        if (!(Epsilon > 0 && Epsilon <= 1))
        {
            throw new PlanException($"The epsilon of a standardisation is {Epsilon}; it must be above 0 and at most 1.");
        }
    }
}
