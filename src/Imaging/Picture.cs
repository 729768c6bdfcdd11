using VggCuda.Imaging.Containers;

namespace VggCuda.Imaging;

/// <summary>A picture of 8-bit red, green and blue.</summary>
/// <remarks>Nothing here changes one that was given to it; any number of threads may read one whose values nobody writes.</remarks>
public sealed class Picture
{
    /// <summary>The most columns or rows a picture may have.</summary>
    public const int MaxSide = SizeCheck.MaxSide;

    /// <summary>The most pixels a picture may have: 64 Mi, 192 MiB of values.</summary>
    public const int MaxPixels = SizeCheck.MaxPixels;

    /// <summary>Creates a picture around values; they are not copied.</summary>
    /// <param name="width">Columns, 1..<see cref="MaxSide"/>.</param>
    /// <param name="height">Rows, 1..<see cref="MaxSide"/>; at most <see cref="MaxPixels"/> pixels in all.</param>
    /// <param name="rgb">(height, width, 3) in C order, 0..255, red first.</param>
    /// <exception cref="ArgumentException">The size is out of its range, or the number of values is not width * height * 3.</exception>
    public Picture(int width, int height, byte[] rgb)
    {
        ArgumentNullException.ThrowIfNull(rgb);
        if (SizeCheck.Complaint(width, height) is { } complaint)
        {
            throw new ArgumentException(complaint);
        }

        if (rgb.Length != width * height * 3)
        {
            throw new ArgumentException($"A picture of {width} x {height} needs {width * height * 3} values (height x width x 3), not {rgb.Length}.", nameof(rgb));
        }

        Width = width;
        Height = height;
        Rgb = rgb;
    }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>The values, (Height, Width, 3) in C order, 0..255, red first. The picture's own array, not a copy.</summary>
    public byte[] Rgb { get; }

    /// <summary>A black picture.</summary>
    /// <exception cref="ArgumentException">The size is out of its range.</exception>
    public static Picture Black(int width, int height) =>
        SizeCheck.Complaint(width, height) is { } complaint
            ? throw new ArgumentException(complaint)
            : new Picture(width, height, new byte[width * height * 3]);
}
