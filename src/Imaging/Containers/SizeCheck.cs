namespace VggCuda.Imaging.Containers;

/// <summary>The limits of a picture's size, held against a header before anything is made of it.</summary>
internal static class SizeCheck
{
    public const int MaxSide = 16384;
    public const int MaxPixels = 64 * 1024 * 1024;

    public static void Require(long width, long height)
    {
        if (Complaint(width, height) is { } complaint)
        {
            throw new BrokenPictureException($"but {complaint}");
        }
    }

    /// <summary>What is wrong with a size, or null.</summary>
    public static string? Complaint(long width, long height) =>
        width < 1 || height < 1 ? $"{width} x {height} is no size for a picture."
        : width > MaxSide || height > MaxSide || width * height > MaxPixels
            ? $"{width} x {height} is too large for a picture: at most {MaxSide} on a side and {MaxPixels / (1024 * 1024)} Mi pixels."
            : null;
}
