using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Objectives;

/// <summary>Draw neighbouring pictures of a group alike, position by position: minus the mean squared differences at a layer to the next four, each counting half of the one before.</summary>
/// <remarks>lucid <c>objectives.alignment</c>: keeps an interpolation from jumping.</remarks>
public sealed record AlignmentObjective : CoupledObjective
{
    /// <inheritdoc/>
    protected override string Name => "alignment";

    /// <inheritdoc/>
    public override void Evaluate(IImageOperations operations, IReadOnlyList<ITensor> taps, IReadOnlyList<ITensor> gradients, ITensor value, IReadOnlyList<ITensor> scratch)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(taps);
        ArgumentNullException.ThrowIfNull(gradients);
        operations.Alignment(taps[0], Group, Weight, value, gradients[0]);
    }
}
