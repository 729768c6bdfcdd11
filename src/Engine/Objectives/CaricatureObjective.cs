using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Objectives;

/// <summary>Draw what a layer finds in the guide, and more of it: the mean product of the two, value by value. As a loss -weight times that.</summary>
/// <remarks>lucid's feature inversion with a dot product (<c>recipes/caricature</c>), its cosine to the power 0, over the number of values.</remarks>
public sealed record CaricatureObjective : GuidedObjective
{
    /// <inheritdoc/>
    protected override string Name => "caricature";

    /// <inheritdoc/>
    public override void Evaluate(IImageOperations operations, IReadOnlyList<ITensor> taps, IReadOnlyList<ITensor> gradients, ITensor value, IReadOnlyList<ITensor> scratch)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(taps);
        ArgumentNullException.ThrowIfNull(gradients);
        ArgumentNullException.ThrowIfNull(scratch);
        double factor = -Weight / taps[0].Shape.CountPerImage;
        operations.Dot(taps[0], scratch[0], factor, value);
        operations.Accumulate(scratch[0], factor, gradients[0]);
    }
}
