using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Regularizers;

/// <summary>The Lp norm of the image, divided by its number of values: keeps single values from running away.</summary>
/// <param name="Weight">keras-vis: 10.</param>
/// <param name="P">keras-vis: 6. At least 1; infinity for the largest value.</param>
public sealed record LpNorm(double Weight, double P = 6) : Regularizer(Weight)
{
    /// <inheritdoc/>
    public override string Name => "lp";

    /// <inheritdoc/>
    public override void Apply(IImageOperations operations, ITensor image, ITensor value, ITensor gradient, IReadOnlyList<ITensor> scratch)
    {
        ArgumentNullException.ThrowIfNull(operations);
        operations.LpNorm(image, P, Weight, value, gradient);
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        if (!(P >= 1))
        {
            throw new PlanException($"The norm's p is {P}; it must be at least 1.");
        }
    }
}
