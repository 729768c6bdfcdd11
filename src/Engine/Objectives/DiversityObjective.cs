using System.Collections.Immutable;
using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Objectives;

/// <summary>Draw the pictures of a group unlike each other: minus the mean over them of how alike their channels' products at a layer are to the others'.</summary>
/// <remarks>lucid <c>objectives.diversity</c>, which has the other sign: here more is more unlike. "Feature Visualization" (Distill 2017), "Diversity".</remarks>
public sealed record DiversityObjective : CoupledObjective
{
    /// <inheritdoc/>
    protected override string Name => "diversity";

    /// <inheritdoc/>
    public override ImmutableArray<TensorShape> Scratch(IReadOnlyList<TensorShape> taps)
    {
        ArgumentNullException.ThrowIfNull(taps);
        return [new TensorShape(taps[0].N, taps[0].C, taps[0].C, 1), new TensorShape(taps[0].N, 1, 1, 2)];
    }

    /// <inheritdoc/>
    public override void Evaluate(IImageOperations operations, IReadOnlyList<ITensor> taps, IReadOnlyList<ITensor> gradients, ITensor value, IReadOnlyList<ITensor> scratch)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(taps);
        ArgumentNullException.ThrowIfNull(gradients);
        ArgumentNullException.ThrowIfNull(scratch);
        operations.Diversity(taps[0], Group, Weight, scratch[0], scratch[1], value, gradients[0]);
    }
}
