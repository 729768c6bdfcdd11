using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Regularizers;

/// <summary>L2 decay: the mean squared distance of the picture's values from one value, grey unless asked otherwise.</summary>
/// <param name="Weight">Factor.</param>
/// <param name="Centre">The value, in the picture's range; finite.</param>
public sealed record ValueDecay(double Weight, double Centre = 127.5) : Regularizer(Weight)
{
    /// <inheritdoc/>
    public override string Name => "decay";

    /// <inheritdoc/>
    public override void Apply(IImageOperations operations, ITensor image, ITensor value, ITensor gradient, IReadOnlyList<ITensor> scratch)
    {
        ArgumentNullException.ThrowIfNull(operations);
        operations.Decay(image, Centre, Weight, value, gradient);
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        if (!double.IsFinite(Centre))
        {
            throw new PlanException($"The decay's centre is {Centre}; it must be finite.");
        }
    }
}
