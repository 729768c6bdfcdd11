using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Regularizers;

/// <summary>Anisotropic total variation: the absolute differences between neighbouring pixels, which keeps edges and flattens what lies between them.</summary>
/// <param name="Weight">Factor of their sum over the number of values.</param>
public sealed record AnisotropicVariation(double Weight) : Regularizer(Weight)
{
    /// <inheritdoc/>
    public override string Name => "tv1";

    /// <inheritdoc/>
    public override void Apply(IImageOperations operations, ITensor image, ITensor value, ITensor gradient, IReadOnlyList<ITensor> scratch)
    {
        ArgumentNullException.ThrowIfNull(operations);
        operations.AbsoluteVariation(image, Weight, value, gradient);
    }
}
