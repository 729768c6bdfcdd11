namespace VggCuda.Engine.Images;

/// <summary>Bilinear resampling with half-pixel centres: position i of n reads the source at (i + 1/2) N / n - 1/2, between its neighbours; beyond the outermost centres the outermost value holds. PyTorch's <c>interpolate(mode="bilinear", align_corners=False)</c>.</summary>
internal static class Upsampling
{
    /// <summary>Brings a map to another size.</summary>
    /// <param name="source">(sourceHeight, sourceWidth) in C order.</param>
    /// <param name="sourceHeight">Rows, 1 or more.</param>
    /// <param name="sourceWidth">Columns, 1 or more.</param>
    /// <param name="target">(height, width), overwritten.</param>
    /// <param name="height">Rows wanted.</param>
    /// <param name="width">Columns wanted.</param>
    /// <exception cref="ArgumentException">A length does not fit its size.</exception>
    public static void Bilinear(ReadOnlySpan<double> source, int sourceHeight, int sourceWidth, Span<double> target, int height, int width)
    {
        if (source.Length != (long)sourceHeight * sourceWidth || target.Length != (long)height * width)
        {
            throw new ArgumentException($"{source.Length} values for {sourceHeight} x {sourceWidth}, {target.Length} for {height} x {width}.");
        }

        for (int y = 0; y < height; y++)
        {
            Row(source, sourceHeight, sourceWidth, y, height, target.Slice(y * width, width));
        }
    }

    /// <summary>One row of a map at another size.</summary>
    /// <param name="source">(sourceHeight, sourceWidth) in C order.</param>
    /// <param name="sourceHeight">Rows, 1 or more.</param>
    /// <param name="sourceWidth">Columns, 1 or more.</param>
    /// <param name="y">Which row, of the target.</param>
    /// <param name="height">The target's rows.</param>
    /// <param name="target">The row, as long as the target has columns; overwritten.</param>
    public static void Row(ReadOnlySpan<double> source, int sourceHeight, int sourceWidth, int y, int height, Span<double> target)
    {
        (int top, int bottom, double down) = Between(y, height, sourceHeight);
        ReadOnlySpan<double> upper = source.Slice(top * sourceWidth, sourceWidth);
        ReadOnlySpan<double> lower = source.Slice(bottom * sourceWidth, sourceWidth);
        for (int x = 0; x < target.Length; x++)
        {
            (int left, int right, double across) = Between(x, target.Length, sourceWidth);
            double above = upper[left] + (across * (upper[right] - upper[left]));
            double below = lower[left] + (across * (lower[right] - lower[left]));
            target[x] = above + (down * (below - above));
        }
    }

    private static (int First, int Second, double Share) Between(int place, int size, int sourceSize)
    {
        double at = Math.Max((((place + 0.5) * sourceSize) / size) - 0.5, 0);
        int first = Math.Min((int)at, sourceSize - 1);
        return (first, Math.Min(first + 1, sourceSize - 1), first == sourceSize - 1 ? 0 : at - first);
    }
}
