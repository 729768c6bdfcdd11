using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Stages;

/// <summary>A random shift of up to <paramref name="Pixels"/> in each direction, through which the gradient goes back: the picture stays where it is.</summary>
/// <param name="Pixels">Largest shift, in both directions, zero included.</param>
/// <param name="Mode">What happens at the edges; around, unless asked otherwise.</param>
public sealed record RandomShift(int Pixels, ShiftMode Mode = ShiftMode.Roll) : Shifting(Pixels, Mode);
