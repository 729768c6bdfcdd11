using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Regularizers;

/// <summary>Total variation: penalises differences between neighbouring pixels, so that the picture gets smooth.</summary>
/// <param name="Weight">keras-vis: 10.</param>
/// <param name="Beta">Exponent of the local gradient's length; keras-vis: 2. At least 1.</param>
public sealed record TotalVariation(double Weight, double Beta = 2) : Regularizer(Weight)
{
    /// <inheritdoc/>
    public override string Name => "tv";

    /// <inheritdoc/>
    public override void Apply(IImageOperations operations, ITensor image, ITensor value, ITensor gradient, IReadOnlyList<ITensor> scratch)
    {
        ArgumentNullException.ThrowIfNull(operations);
        operations.TotalVariation(image, Beta, Weight, value, gradient);
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        if (!double.IsFinite(Beta) || Beta < 1)
        {
            throw new PlanException($"The total variation's beta is {Beta}; it must be a finite number of at least 1.");
        }
    }
}
