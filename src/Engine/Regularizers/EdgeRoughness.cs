using System.Collections.Immutable;
using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Regularizers;

/// <summary>How rough the picture's edge is, and how far from grey: what is drawn there is seen by chance only, and easily becomes noise.</summary>
/// <param name="Weight">Factor of the sum over the edge, over the number of all values.</param>
/// <remarks>lucid <c>objectives.penalize_boundary_complexity</c>, whose width is 20 pixels of 224.</remarks>
public sealed record EdgeRoughness(double Weight) : Regularizer(Weight)
{
    /// <summary>How many pixels deep the edge is; 1 or more.</summary>
    public int Depth { get; init; } = 5;

    /// <summary>How much the distance from the centre counts beside the roughness; 0 or more. lucid: 0.8.</summary>
    public double Pull { get; init; } = 0.8;

    /// <summary>The value that the edge is drawn to; lucid: the middle of the range.</summary>
    public double Centre { get; init; } = 127.5;

    /// <inheritdoc/>
    public override string Name => "boundary";

    /// <inheritdoc/>
    public override ImmutableArray<TensorShape> Scratch(TensorShape image) => [image];

    /// <inheritdoc/>
    public override void Apply(IImageOperations operations, ITensor image, ITensor value, ITensor gradient, IReadOnlyList<ITensor> scratch)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(scratch);
        operations.Boundary(image, Depth, Pull, Centre, Weight, scratch[0], value, gradient);
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        if (Depth < 1 || !(Pull >= 0) || !double.IsFinite(Pull) || !double.IsFinite(Centre))
        {
            throw new PlanException($"The edge is {Depth} pixels deep, with the pull {Pull} to {Centre}: it must be 1 or more, the pull 0 or more, all finite.");
        }
    }
}
