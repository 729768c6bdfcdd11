using VggCuda.Imaging.Containers;

namespace VggCuda.Imaging;

/// <summary>Several pictures side by side.</summary>
public static class Grid
{
    /// <summary>Lays pictures of one size in rows on black, in order, with a margin between them and none around.</summary>
    /// <param name="pictures">At least one; all of the first one's size.</param>
    /// <param name="margin">Black pixels between neighbours.</param>
    /// <param name="columns">Pictures in a row.</param>
    /// <returns>min(n, columns) * w + gaps wide, ceil(n / columns) * h + gaps high: three of 224 x 224 give 682 x 224. Unused cells are black.</returns>
    /// <remarks>keras-vis 0.3.3 <c>utils.stitch_images</c>.</remarks>
    /// <exception cref="ArgumentException">There is no picture, the sizes differ, the margin is negative, columns are below 1, or the grid is too large for a picture.</exception>
    public static Picture Stitch(IReadOnlyList<Picture> pictures, int margin = 5, int columns = 5)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        if (pictures.Count == 0)
        {
            throw new ArgumentException("There is no picture to lay in a grid.", nameof(pictures));
        }

        if (margin < 0 || columns < 1)
        {
            throw new ArgumentException($"A grid needs a margin of at least 0 and at least 1 column, not {margin} and {columns}.");
        }

        int w = pictures[0].Width;
        int h = pictures[0].Height;
        long across = Math.Min(pictures.Count, columns);
        long down = (pictures.Count + (long)columns - 1) / columns;
        long width = (across * w) + ((across - 1) * margin);
        long height = (down * h) + ((down - 1) * margin);
        if (SizeCheck.Complaint(width, height) is { } complaint)
        {
            throw new ArgumentException($"The grid of {pictures.Count} pictures in {columns} columns cannot be made: {complaint}");
        }

        Picture grid = Picture.Black((int)width, (int)height);
        for (int i = 0; i < pictures.Count; i++)
        {
            Picture picture = pictures[i];
            if (picture.Width != w || picture.Height != h)
            {
                throw new ArgumentException($"Picture {i} of the grid is {picture.Width} x {picture.Height}, the first {w} x {h}; all must have one size.", nameof(pictures));
            }

            int left = i % columns * (w + margin);
            int top = i / columns * (h + margin);
            for (int y = 0; y < h; y++)
            {
                picture.Rgb.AsSpan(y * w * 3, w * 3).CopyTo(grid.Rgb.AsSpan((((top + y) * grid.Width) + left) * 3));
            }
        }

        return grid;
    }
}
