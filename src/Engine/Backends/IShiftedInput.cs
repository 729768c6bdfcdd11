namespace VggCuda.Engine.Backends;

/// <summary>What a program may offer besides: a shift of the image and the pass that follows it as one operation, where the backend can save a pass over the image that way.</summary>
public interface IShiftedInput
{
    /// <summary><see cref="IImageOperations.Shift"/> from <paramref name="source"/> to <paramref name="shifted"/>, then <see cref="INetworkProgram.Forward"/> of that, with the bits of the two.</summary>
    /// <param name="source">Shape of the program's input, not changed.</param>
    /// <param name="shifted">The same, overwritten; not the source.</param>
    /// <param name="shifts">(steps, N, 1, 2), as for <c>Shift</c>.</param>
    /// <param name="step">The row of <paramref name="shifts"/> that counts.</param>
    /// <param name="mode">What happens at the edges.</param>
    /// <remarks>A gradient from <see cref="INetworkProgram.Backward(ReadOnlySpan{ITensor}, ITensor, ITensor)"/> belongs to the shifted image.</remarks>
    /// <exception cref="ArgumentException">Shapes do not fit, or something is another backend's.</exception>
    void ForwardShifted(ITensor source, ITensor shifted, ITensor shifts, ITensor step, ShiftMode mode);
}
