namespace VggCuda.Engine.Backends;

/// <summary>Shape of a tensor: images N, rows H, columns W, channels C, in C order (channels last).</summary>
public readonly record struct TensorShape(int N, int H, int W, int C)
{
    /// <summary>Number of elements.</summary>
    public long Count => (long)N * H * W * C;

    /// <summary>Number of elements of one image.</summary>
    public long CountPerImage => (long)H * W * C;

    /// <summary>One value per image.</summary>
    public static TensorShape PerImage(int images) => new(images, 1, 1, 1);

    /// <inheritdoc/>
    public override string ToString() => $"({N}, {H}, {W}, {C})";
}

/// <summary>An array on a backend's device: float32 (double on the reference backend), (N, H, W, C) in C order.</summary>
/// <remarks>Dispose releases the device's memory at once. Usable only with the backend that allocated it, and like it by one thread at a time.</remarks>
public interface ITensor : IDisposable
{
    /// <summary>The shape, fixed for life.</summary>
    TensorShape Shape { get; }
}
