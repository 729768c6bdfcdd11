using VggCuda.Engine.Backends;
using VggCuda.Engine.Randomness;
using VggCuda.Engine.Rendering;

namespace VggCuda.Engine.Transforms;

/// <summary>A random shift of up to <paramref name="Pixels"/> in each direction, never undone: the image wanders.</summary>
/// <param name="Pixels">Largest shift; keras-vis: 16. Both directions, zero included.</param>
/// <param name="Mode">What happens at the edges; keras-vis: SciPy's wrap.</param>
/// <remarks>keras-vis 0.3.3 <c>Jitter</c>: one draw of (dy, dx) per step.</remarks>
public sealed record Jitter(int Pixels, ShiftMode Mode = ShiftMode.ScipyWrap) : Transform
{
    /// <inheritdoc/>
    public override int NumbersPerStep => 2;

    /// <inheritdoc/>
    public override void Draw(NumPyRandom random, Span<double> numbers)
    {
        ArgumentNullException.ThrowIfNull(random);
        numbers[0] = random.NextInteger(-Pixels, Pixels + 1);
        numbers[1] = random.NextInteger(-Pixels, Pixels + 1);
    }

    /// <inheritdoc/>
    public override void Apply(IImageOperations operations, ITensor source, ITensor target, ITensor table, ITensor step)
    {
        ArgumentNullException.ThrowIfNull(operations);
        operations.Shift(source, target, table, step, Mode);
    }

    /// <inheritdoc/>
    public override void ApplyAndForward(IBackend backend, INetworkProgram program, ITensor source, ITensor target, ITensor table, ITensor step)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ShiftedPass.Forward(backend, program, source, target, table, step, Mode);
    }

    /// <inheritdoc/>
    public override void Validate(int height, int width)
    {
        // Folding with the period n - 1, SciPy itself takes the other end's value for a shift of exactly n - 1.
        int largest = Math.Min(height, width) - (Mode == ShiftMode.ScipyWrap ? 2 : 1);
        if (Pixels < 0 || Pixels > largest)
        {
            throw new ArgumentException($"The jitter is {Pixels} pixels; it must be between 0 and {largest} for an image of {height} x {width}.");
        }
    }
}
