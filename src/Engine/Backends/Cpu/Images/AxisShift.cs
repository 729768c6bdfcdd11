namespace VggCuda.Engine.Backends.Cpu;

/// <summary>A shift along one axis. The shifted values are two runs: [0, <see cref="Split"/>) from <see cref="FirstSource"/> on, and the rest from <see cref="SecondSource"/> on.</summary>
/// <param name="Shift">Whole pixels, less than the side.</param>
/// <param name="Side">Pixels along the axis.</param>
/// <param name="Period">After how many pixels the image begins anew.</param>
internal readonly record struct AxisShift(int Shift, int Side, int Period)
{
    /// <summary>Length of the first run.</summary>
    public int Split => Shift >= 0 ? Shift : Side + Shift;

    /// <summary>Where the first run comes from.</summary>
    public int FirstSource => Shift >= 0 ? Period - Shift : -Shift;

    /// <summary>Where the second run comes from.</summary>
    public int SecondSource => Shift >= 0 ? 0 : Side - Period;

    /// <summary>The shift that a table asks for.</summary>
    /// <exception cref="ArgumentException">It is no whole number, or not less than the side.</exception>
    public static AxisShift Of(float shift, int side, ShiftMode mode) =>
        shift == MathF.Round(shift) && Math.Abs(shift) < side
            ? new AxisShift((int)shift, side, mode == ShiftMode.ScipyWrap ? side - 1 : side)
            : throw new ArgumentException($"A shift is {shift}; whole numbers between {1 - side} and {side - 1} are possible along a side of {side}.");

    /// <summary>Which pixel fills a place.</summary>
    public int SourceOf(int place)
    {
        int source = place - Shift;
        return source < 0 ? source + Period : source > Side - 1 ? source - Period : source;
    }
}
