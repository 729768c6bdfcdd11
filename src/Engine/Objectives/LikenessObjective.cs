using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Objectives;

/// <summary>Stay like the guide: minus the mean distance between what a layer finds in the two, position by position, smooth where they are equal. As a loss weight times the distance.</summary>
/// <remarks>Hamblin et al., "Feature Accentuation" (2024), whose regulariser it is.</remarks>
public sealed record LikenessObjective : GuidedObjective
{
    /// <inheritdoc/>
    protected override string Name => "likeness";

    /// <inheritdoc/>
    public override void Evaluate(IImageOperations operations, IReadOnlyList<ITensor> taps, IReadOnlyList<ITensor> gradients, ITensor value, IReadOnlyList<ITensor> scratch)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(taps);
        ArgumentNullException.ThrowIfNull(gradients);
        ArgumentNullException.ThrowIfNull(scratch);
        operations.Distance(taps[0], scratch[0], Weight, value, gradients[0]);
    }
}
