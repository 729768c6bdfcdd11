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

    /// <summary>M, row by row.</summary>
    private static double[] Matrix { get; } = [.. Root.Select(v => v / Enumerable.Range(0, 3).Max(column => Math.Sqrt(Enumerable.Range(0, 3).Sum(row => Root[(row * 3) + column] * Root[(row * 3) + column]))))];

    /// <inheritdoc/>
    public override ImmutableArray<StageConstant> Constants(TensorShape input, TensorShape output) => [new StageConstant(new TensorShape(1, 3, 3, 1), () => Matrix)];

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
    public override double[] Inverse(double[] output, TensorShape shape)
    {
        ArgumentNullException.ThrowIfNull(output);
        double[] m = Matrix;
        double[] inverse = new double[9];
        double determinant = 0;
        for (int i = 0; i < 3; i++)
        {
            for (int j = 0; j < 3; j++)
            {
                // Cofactors by cyclic indices, which have their sign in them.
                inverse[(j * 3) + i] = (At(i + 1, j + 1) * At(i + 2, j + 2)) - (At(i + 1, j + 2) * At(i + 2, j + 1));
            }

            determinant += At(0, i) * inverse[i * 3];
        }

        double[] input = new double[output.Length];
        for (int pixel = 0; pixel < output.Length; pixel += 3)
        {
            for (int k = 0; k < 3; k++)
            {
                input[pixel + k] = ((inverse[k * 3] * output[pixel]) + (inverse[(k * 3) + 1] * output[pixel + 1]) + (inverse[(k * 3) + 2] * output[pixel + 2])) / determinant;
            }
        }

        return input;

        double At(int row, int column) => m[(row % 3 * 3) + (column % 3)];
    }

    /// <inheritdoc/>
    public override void Validate(TensorShape shape)
    {
        if (shape.C != 3)
        {
            throw new PlanException($"Colours are decorrelated in pictures of three channels, this has {shape.C}.");
        }
    }
}
