namespace VggCuda.Engine.Backends;

/// <summary>A shift of the image and the pass that follows it: in one operation where the program offers that, otherwise one after the other.</summary>
internal static class ShiftedPass
{
    /// <inheritdoc cref="IShiftedInput.ForwardShifted"/>
    /// <param name="operations">The program's backend.</param>
    /// <param name="program">The program; <see cref="IShiftedInput"/> if it can.</param>
    /// <param name="source">Shape of the program's input, not changed.</param>
    /// <param name="shifted">The same, overwritten; not the source.</param>
    /// <param name="shifts">(steps, N, 1, 2), as for <see cref="IImageOperations.Shift"/>.</param>
    /// <param name="step">The row of <paramref name="shifts"/> that counts.</param>
    /// <param name="mode">What happens at the edges.</param>
    public static void Forward(IImageOperations operations, INetworkProgram program, ITensor source, ITensor shifted, ITensor shifts, ITensor step, ShiftMode mode)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(program);
        if (program is IShiftedInput able)
        {
            able.ForwardShifted(source, shifted, shifts, step, mode);
            return;
        }

        operations.Shift(source, shifted, shifts, step, mode);
        program.Forward(shifted);
    }
}
