using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Stages;

/// <summary>A random shift of up to <paramref name="Pixels"/> in each direction, never undone: the image wanders.</summary>
/// <param name="Pixels">Largest shift; keras-vis: 16. Both directions, zero included.</param>
/// <param name="Mode">What happens at the edges; keras-vis: SciPy's wrap.</param>
/// <remarks>keras-vis 0.3.3 <c>Jitter</c>: one draw of (dy, dx) per step.</remarks>
public sealed record Jitter(int Pixels, ShiftMode Mode = ShiftMode.ScipyWrap) : Shifting(Pixels, Mode)
{
    /// <inheritdoc/>
    public override bool ReplacesPicture => true;
}
