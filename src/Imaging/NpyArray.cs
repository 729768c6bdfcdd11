using System.Collections.Immutable;

namespace VggCuda.Imaging;

// NumPy's own names for its types.
#pragma warning disable CA1720 // Identifier contains type name
/// <summary>The number formats of .npy files that are read and written.</summary>
public enum NpyType
{
    /// <summary>Four bytes, little endian: <c>&lt;f4</c>.</summary>
    Float32,

    /// <summary>Eight bytes, little endian: <c>&lt;f8</c>.</summary>
    Float64,

    /// <summary>One byte, 0..255: <c>|u1</c>.</summary>
    UInt8,
}
#pragma warning restore CA1720

/// <summary>One image or a batch of images as numbers.</summary>
public sealed class NpyArray
{
    internal NpyArray(NpyType type, ImmutableArray<int> shape, double[] values)
    {
        Type = type;
        Shape = shape;
        Values = values;
    }

    /// <summary>How the file stored the numbers.</summary>
    public NpyType Type { get; }

    /// <summary>(H, W, 3) or (N, H, W, C); every extent at least 1.</summary>
    public ImmutableArray<int> Shape { get; }

    /// <summary>The numbers in C order (last index fastest), each one exactly as stored; all finite, and within the range of float32.</summary>
    public double[] Values { get; }

    /// <summary>The numbers rounded to float32.</summary>
    public float[] ToSingles() => Array.ConvertAll(Values, v => (float)v);
}
