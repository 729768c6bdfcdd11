using System.Collections.Immutable;
using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Stages;

/// <summary>Blurs the picture by a Gaussian before the network looks at it, so that the finest waves are not drawn for their own sake. The gradient goes back through it.</summary>
/// <param name="Deviation">Standard deviation in pixels, above 0, at most 64. Weights sum to 1 at the edges too; beyond four deviations they are 0.</param>
public sealed record Blur(double Deviation) : Stage
{
    private const double Reach = 4;

    /// <inheritdoc/>
    public override bool IsTransform => true;

    /// <inheritdoc/>
    public override ImmutableArray<TensorShape> Scratch(TensorShape input, TensorShape output) => [input];

    /// <inheritdoc/>
    public override ImmutableArray<StageConstant> Constants(TensorShape input, TensorShape output) => [Matrix(input.H), Matrix(input.W)];

    /// <inheritdoc/>
    public override void Forward(IImageOperations operations, StageTensors tensors)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(tensors);
        AxisProducts.Forward(operations, tensors.Constants[0], tensors.Constants[1], tensors.Input, tensors.Scratch[0], tensors.Output);
    }

    /// <inheritdoc/>
    public override void Backward(IImageOperations operations, StageTensors tensors)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(tensors);
        AxisProducts.Backward(operations, tensors.Constants[0], tensors.Constants[1], tensors.OutputGradient!, tensors.Scratch[0], tensors.InputGradient!);
    }

    /// <inheritdoc/>
    public override void Validate(TensorShape shape)
    {
        if (!(Deviation > 0 && Deviation <= 64))
        {
            throw new PlanException($"The blur's deviation is {Deviation} pixels; it must be above 0 and at most 64.");
        }
    }

    private StageConstant Matrix(int side) => new(new TensorShape(1, side, side, 1), () => Weights(side));

    private double[] Weights(int side)
    {
        double[] matrix = new double[(long)side * side];
        for (int i = 0; i < side; i++)
        {
            Span<double> row = matrix.AsSpan(i * side, side);
            double sum = 0;
            for (int k = 0; k < side; k++)
            {
                double distance = (k - i) / Deviation;
                row[k] = Math.Abs(distance) > Reach ? 0 : Math.Exp(-distance * distance / 2);
                sum += row[k];
            }

            foreach (ref double weight in row)
            {
                weight /= sum;
            }
        }

        return matrix;
    }
}
