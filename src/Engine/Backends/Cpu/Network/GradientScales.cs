namespace VggCuda.Engine.Backends.Cpu;

/// <summary>For each image a power of two that brings its gradient's largest value near 1.</summary>
/// <remarks>
/// The backward pass is linear once the forward pass has decided, so a power of two may be multiplied in at the taps
/// and taken out at the image without changing a bit of what stays in range. It keeps the tiny gradients of saturated
/// networks out of the denormal numbers, where they would lose digits and, on many processors, a hundred cycles each.
/// (The rules for ReLU look at signs alone.)
/// </remarks>
internal sealed unsafe class GradientScales : IDisposable
{
    private const int MaxExponent = 120;
    private readonly NativeBuffer _buffer;
    private readonly int _images;
    private readonly float[] _largest;

    public GradientScales(int images)
    {
        _images = images;
        _largest = new float[images];
        _buffer = NativeBuffer.OfFloats(2L * images);
    }

    /// <summary>One per image, multiplied in at the taps.</summary>
    public float* Factors => _buffer.Floats;

    /// <summary>One per image, multiplied in where a gradient is delivered.</summary>
    public float* Inverses => _buffer.Floats + _images;

    /// <summary>The factor for a largest magnitude; 1 for 0, infinity and NaN.</summary>
    public static float For(double largest)
    {
        if (!(largest > 0) || double.IsInfinity(largest))
        {
            return 1f;
        }

        return (float)Math.ScaleB(1.0, Math.Clamp(-Math.ILogB(largest), -MaxExponent, MaxExponent));
    }

    /// <summary>The largest magnitude; NaN where there is one.</summary>
    public static float Largest(ReadOnlySpan<float> values)
    {
        float largest = 0;
        foreach (float value in values)
        {
            largest = Math.Max(largest, Math.Abs(value));
        }

        return largest;
    }

    /// <summary>Decides an image's factor by the largest value that is given, 0 where nothing is.</summary>
    public void Choose(int image, float largest)
    {
        _largest[image] = largest;
        Set(image, For(largest));
    }

    /// <summary>Decides an image's factor.</summary>
    public void Set(int image, float factor)
    {
        Factors[image] = factor;
        Inverses[image] = 1f / factor;
    }

    /// <summary>The smaller of a factor and the one that <see cref="Choose"/> found.</summary>
    public float Limit(int image, float factor) => _largest[image] == 0 ? factor : Math.Min(factor, For(_largest[image]));

    public void Dispose() => _buffer.Dispose();
}
