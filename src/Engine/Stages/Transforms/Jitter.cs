using VggCuda.Engine.Backends;
using VggCuda.Engine.Randomness;

namespace VggCuda.Engine.Stages;

/// <summary>A random shift of up to <paramref name="Pixels"/> in each direction, never undone: the image wanders.</summary>
/// <param name="Pixels">Largest shift; keras-vis: 16. Both directions, zero included.</param>
/// <param name="Mode">What happens at the edges; keras-vis: SciPy's wrap.</param>
/// <remarks>keras-vis 0.3.3 <c>Jitter</c>: one draw of (dy, dx) per step.</remarks>
public sealed record Jitter(int Pixels, ShiftMode Mode = ShiftMode.ScipyWrap) : Stage
{
    /// <inheritdoc/>
    public override int NumbersPerStep => 2;

    /// <inheritdoc/>
    public override bool ReplacesPicture => true;

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
    public override void Validate(TensorShape output) => ShiftRange.Check("jitter", Pixels, Mode, output);
}
