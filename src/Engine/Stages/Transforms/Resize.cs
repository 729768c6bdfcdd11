using System.Collections.Immutable;
using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Stages;

/// <summary>The whole picture at another size: a triangle filter along each axis, as wide as a pixel of the coarser grid, so that nothing is left out when it shrinks.</summary>
/// <param name="Height">Rows of what comes out, 1 to 16384.</param>
/// <param name="Width">Columns of what comes out, the same.</param>
/// <remarks>Pixel centres lie at whole numbers and a half of a pixel; weights sum to 1 at the edges too. PIL's <c>BILINEAR</c>, without its rounding.</remarks>
public sealed record Resize(int Height, int Width) : Stage
{
    /// <inheritdoc/>
    public override bool IsTransform => true;

    /// <inheritdoc/>
    public override TensorShape OutputShape(TensorShape input) => input with { H = Height, W = Width };

    /// <inheritdoc/>
    public override ImmutableArray<TensorShape> Scratch(TensorShape input, TensorShape output) => [input with { H = output.H }];

    /// <inheritdoc/>
    public override ImmutableArray<StageConstant> Constants(TensorShape input, TensorShape output) => [Matrix(input.H, output.H), Matrix(input.W, output.W)];

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
        if (Height is < 1 or > 16384 || Width is < 1 or > 16384)
        {
            throw new PlanException($"The picture is resized to {Height} x {Width}; both sides must be between 1 and 16384.");
        }
    }

    /// <summary>One picture at another size, on the host.</summary>
    /// <param name="picture">(H, W, C) in C order.</param>
    /// <param name="shape">Its shape; its N is 1.</param>
    /// <returns>The picture at this stage's size.</returns>
    public double[] Apply(double[] picture, TensorShape shape)
    {
        ArgumentNullException.ThrowIfNull(picture);
        double[] rows = Weights(shape.H, Height);
        double[] columns = Weights(shape.W, Width);
        int line = shape.W * shape.C;
        double[] lower = new double[(long)Height * line];
        for (int i = 0; i < Height; i++)
        {
            for (int k = 0; k < shape.H; k++)
            {
                double weight = rows[(i * shape.H) + k];
                for (int x = 0; x < line && weight != 0; x++)
                {
                    lower[(i * line) + x] += weight * picture[(k * line) + x];
                }
            }
        }

        double[] result = new double[(long)Height * Width * shape.C];
        for (int i = 0; i < Height; i++)
        {
            for (int j = 0; j < Width; j++)
            {
                for (int k = 0; k < shape.W; k++)
                {
                    double weight = columns[(j * shape.W) + k];
                    for (int c = 0; c < shape.C && weight != 0; c++)
                    {
                        result[(((i * Width) + j) * shape.C) + c] += weight * lower[(i * line) + (k * shape.C) + c];
                    }
                }
            }
        }

        return result;
    }

    private static StageConstant Matrix(int from, int to) => new(new TensorShape(1, to, from, 1), () => Weights(from, to));

    private static double[] Weights(int from, int to)
    {
        double[] matrix = new double[(long)to * from];
        double scale = (double)from / to;
        double reach = Math.Max(1, scale);
        for (int i = 0; i < to; i++)
        {
            double centre = ((i + 0.5) * scale) - 0.5;
            Span<double> row = matrix.AsSpan(i * from, from);
            double sum = 0;
            for (int k = Math.Max(0, (int)Math.Ceiling(centre - reach)); k < from && k <= centre + reach; k++)
            {
                row[k] = Math.Max(0, 1 - (Math.Abs(k - centre) / reach));
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
