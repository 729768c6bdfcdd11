using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Stages;

/// <summary>How far a picture can be shifted.</summary>
internal static class ShiftRange
{
    /// <exception cref="PlanException">Further than the picture's sides allow.</exception>
    public static void Check(string name, int pixels, ShiftMode mode, TensorShape picture)
    {
        // Folding with the period n - 1, SciPy itself takes the other end's value for a shift of exactly n - 1.
        int largest = Math.Min(picture.H, picture.W) - (mode == ShiftMode.ScipyWrap ? 2 : 1);
        if (pixels < 0 || pixels > largest)
        {
            throw new PlanException($"The {name} is {pixels} pixels; it must be between 0 and {largest} for an image of {picture.H} x {picture.W}.");
        }
    }
}
