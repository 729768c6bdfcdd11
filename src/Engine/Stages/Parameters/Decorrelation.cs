using System.Collections.Immutable;
using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Stages;

/// <summary>From colours whose axes are independent in photographs to RGB: rgb = M t at every pixel, so that the ascent moves in natural colours.</summary>
/// <remarks>
/// M is lucid's square root of the colours' covariance over ImageNet, divided by its largest column norm: <c>color.py</c>,
/// Olah, Mordvintsev and Schubert, "Feature Visualization" (Distill 2017), "Preconditioning and Parameterization".
/// </remarks>
public sealed record Decorrelation : Stage
{
    private static readonly double[] Root = [0.26, 0.09, 0.02, 0.27, 0.00, -0.05, 0.27, -0.09, 0.03];

    /// <inheritdoc/>
    public override ImmutableArray<StageConstant> Constants(TensorShape output)
    {
        double largest = Enumerable.Range(0, 3).Max(column => Math.Sqrt(Enumerable.Range(0, 3).Sum(row => Root[(row * 3) + column] * Root[(row * 3) + column])));
        return [new StageConstant(new TensorShape(1, 3, 3, 1), [.. Root.Select(v => v / largest)])];
    }

    /// <inheritdoc/>
    public override void Forward(IImageOperations operations, StageTensors tensors)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(tensors);
        operations.Product(tensors.Constants[0], tensors.Input, tensors.Output, inner: 1, transposed: false);
    }

    /// <inheritdoc/>
    public override void Backward(IImageOperations operations, StageTensors tensors)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(tensors);
        operations.Product(tensors.Constants[0], tensors.OutputGradient!, tensors.InputGradient!, inner: 1, transposed: true);
    }

    /// <inheritdoc/>
    public override void Validate(TensorShape output)
    {
        if (output.C != 3)
        {
            throw new PlanException($"Colours are decorrelated in pictures of three channels, this has {output.C}.");
        }
    }
}
