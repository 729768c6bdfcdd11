using VggCuda.Engine.Backends;
using VggCuda.Engine.Randomness;

namespace VggCuda.Engine.Stages;

/// <summary>A random shift of up to <paramref name="Pixels"/> in each direction, through which the gradient goes back: the picture stays where it is.</summary>
/// <param name="Pixels">Largest shift, in both directions, zero included.</param>
/// <param name="Mode">What happens at the edges; around, unless asked otherwise.</param>
public sealed record RandomShift(int Pixels, ShiftMode Mode = ShiftMode.Roll) : Stage
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
    public override void Validate(TensorShape output) => ShiftRange.Check("shift", Pixels, Mode, output);
}
