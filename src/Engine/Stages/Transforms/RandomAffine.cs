using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Randomness;

namespace VggCuda.Engine.Stages;

/// <summary>Turns, scales, shifts and mirrors the picture by random amounts and cuts the network's input out of its middle, in one resampling; the gradient goes back through it.</summary>
/// <param name="Degrees">Largest angle, uniform in both directions; 0 to 180.</param>
/// <param name="SmallestScale">Smallest factor, uniform up to the largest; below 1 the picture shrinks. 0.1 to 10.</param>
/// <param name="LargestScale">Largest factor; 0.1 to 10.</param>
/// <remarks>
/// Bilinear. Output pixel (i, j) reads the source at c + R(-angle) ((i, j) - c' - shift) / scale, c the source's centre and c' the
/// output's; a mirrored picture is read at its other side. Draws per step and image: the angle, the scale, where there is a shift
/// its (dy, dx), and where pictures are mirrored whether this one is.
/// </remarks>
public sealed record RandomAffine(double Degrees, double SmallestScale = 1, double LargestScale = 1) : Stage
{
    /// <summary>Largest shift in pixels of the output, uniform in both directions of both axes, fractions too; 0 or more.</summary>
    public double Shift { get; init; }

    /// <summary>Whether every second picture, by chance, is mirrored left to right.</summary>
    public bool Mirror { get; init; }

    /// <summary>Rows of the output; null for the picture's own.</summary>
    public int? Height { get; init; }

    /// <summary>Columns of the output; null for the picture's own.</summary>
    public int? Width { get; init; }

    /// <summary>The value that comes from outside the picture, 0 to 255.</summary>
    public double Outside { get; init; }

    /// <inheritdoc/>
    public override int NumbersPerStep => 6;

    /// <inheritdoc/>
    public override TensorShape OutputShape(TensorShape input) => input with { H = Height ?? input.H, W = Width ?? input.W };

    /// <inheritdoc/>
    public override void Draw(NumPyRandom random, TensorShape input, Span<double> numbers)
    {
        ArgumentNullException.ThrowIfNull(random);
        double angle = Symmetric(random, Degrees) * Math.PI / 180;
        double scale = SmallestScale + ((LargestScale - SmallestScale) * random.NextDouble());
        (double down, double right) = Shift == 0 ? (0, 0) : (Symmetric(random, Shift), Symmetric(random, Shift));
        double side = Mirror && random.NextDouble() < 0.5 ? -1 : 1;
        double cosine = Math.Cos(angle) / scale;
        double sine = Math.Sin(angle) / scale;
        TensorShape output = OutputShape(input);
        double i = ((output.H - 1) / 2.0) + down;
        double j = ((output.W - 1) / 2.0) + right;
        numbers[0] = cosine;
        numbers[1] = -sine;
        numbers[2] = ((input.H - 1) / 2.0) - (cosine * i) + (sine * j);
        numbers[3] = side * sine;
        numbers[4] = side * cosine;
        numbers[5] = ((input.W - 1) / 2.0) - (side * ((sine * i) + (cosine * j)));

        static double Symmetric(NumPyRandom random, double largest) => ((2 * random.NextDouble()) - 1) * largest;
    }

    /// <inheritdoc/>
    public override void Forward(IImageOperations operations, StageTensors tensors)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(tensors);
        operations.Warp(tensors.Input, tensors.Output, tensors.Table!, tensors.Step, Outside);
    }

    /// <inheritdoc/>
    public override void Backward(IImageOperations operations, StageTensors tensors)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(tensors);
        operations.WarpBackward(tensors.OutputGradient!, tensors.InputGradient!, tensors.Table!, tensors.Step);
    }

    /// <inheritdoc/>
    public override void Validate(TensorShape shape)
    {
        if (!(Degrees >= 0 && Degrees <= 180))
        {
            throw new PlanException($"The largest angle is {Degrees} degrees; it must be between 0 and 180.");
        }

        if (!(SmallestScale >= 0.1 && LargestScale <= 10 && SmallestScale <= LargestScale))
        {
            throw new PlanException($"The scale is drawn from {SmallestScale} to {LargestScale}; it must lie within 0.1 to 10, the smallest first.");
        }

        if (Height is < 1 or > 16384 || Width is < 1 or > 16384)
        {
            throw new PlanException($"The random view is {Height} x {Width}; its sides must be between 1 and 16384.");
        }

        // Farther, and there would be views without any picture in them.
        double largest = Math.Min((shape.H * SmallestScale) + OutputShape(shape).H, (shape.W * SmallestScale) + OutputShape(shape).W) / 2;
        if (!(Shift >= 0 && Shift < largest))
        {
            throw new PlanException($"The largest shift is {Shift} pixels; it must be 0 or more and less than {largest} for a picture of {shape.H} x {shape.W}, or it would be shifted out of sight.");
        }

        if (!(Outside >= 0 && Outside <= 255))
        {
            throw new PlanException($"The value outside the picture is {Outside}; it must be between 0 and 255.");
        }
    }
}
