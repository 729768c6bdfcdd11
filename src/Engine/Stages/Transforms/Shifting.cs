using VggCuda.Engine.Backends;
using VggCuda.Engine.Randomness;

namespace VggCuda.Engine.Stages;

/// <summary>A random shift of the picture by whole pixels: one draw of (dy, dx) per step and image.</summary>
/// <param name="Pixels">Largest shift, in both directions, zero included.</param>
/// <param name="Mode">What happens at the edges.</param>
public abstract record Shifting(int Pixels, ShiftMode Mode) : Stage
{
    /// <inheritdoc/>
    public override int NumbersPerStep => 2;

    /// <inheritdoc/>
    public override void Draw(NumPyRandom random, TensorShape input, Span<double> numbers)
    {
        ArgumentNullException.ThrowIfNull(random);
        numbers[0] = random.NextInteger(-Pixels, Pixels + 1);
        numbers[1] = random.NextInteger(-Pixels, Pixels + 1);
    }

    /// <inheritdoc/>
    public override void Forward(IImageOperations operations, StageTensors tensors)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(tensors);
        operations.Shift(tensors.Input, tensors.Output, tensors.Table!, tensors.Step, Mode);
    }

    /// <inheritdoc/>
    public override void ForwardInto(IImageOperations operations, INetworkProgram program, StageTensors tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        ShiftedPass.Forward(operations, program, tensors.Input, tensors.Output, tensors.Table!, tensors.Step, Mode);
    }

    /// <inheritdoc/>
    public override void Backward(IImageOperations operations, StageTensors tensors)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(tensors);
        operations.ShiftBackward(tensors.OutputGradient!, tensors.InputGradient!, tensors.Table!, tensors.Step, Mode);
    }

    /// <inheritdoc/>
    public override void Validate(TensorShape shape)
    {
        // Folding with the period n - 1, SciPy itself takes the other end's value for a shift of exactly n - 1.
        int largest = Math.Min(shape.H, shape.W) - (Mode == ShiftMode.ScipyWrap ? 2 : 1);
        if (Pixels < 0 || Pixels > largest)
        {
            throw new PlanException($"The {(ReplacesPicture ? "jitter" : "shift")} is {Pixels} pixels; it must be between 0 and {largest} for an image of {shape.H} x {shape.W}.");
        }
    }
}
