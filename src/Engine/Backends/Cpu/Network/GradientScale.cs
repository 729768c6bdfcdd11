namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Powers of two that bring a gradient's largest value near 1.</summary>
/// <remarks>
/// The backward pass is linear once the forward pass has decided, so a power of two may be multiplied in at the tap
/// and taken out at the image without changing a bit of what stays in range. It keeps the tiny gradients of saturated
/// networks out of the denormal numbers, where they would lose digits and, on many processors, a hundred cycles each.
/// </remarks>
internal static class GradientScale
{
    private const int Limit = 120;

    /// <summary>The factor for a largest magnitude; 1 for 0, infinity and NaN.</summary>
    public static float For(double largest)
    {
        if (!(largest > 0) || double.IsInfinity(largest))
        {
            return 1f;
        }

        return (float)Math.ScaleB(1.0, Math.Clamp(-Math.ILogB(largest), -Limit, Limit));
    }

    /// <summary>The factor for values.</summary>
    public static float For(ReadOnlySpan<float> values)
    {
        float largest = 0;
        foreach (float value in values)
        {
            largest = Math.Max(largest, Math.Abs(value));
        }

        return For(largest);
    }
}
