using VggCuda.Imaging.Containers;

namespace VggCuda.Imaging;

/// <summary>Small pictures shown larger by a whole factor.</summary>
public static class Enlarge
{
    /// <summary>Every pixel becomes a square of factor x factor: sharp blocks, no value changed.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="factor">At least 1.</param>
    /// <exception cref="ArgumentException">The factor is below 1, or the result too large for a picture.</exception>
    public static Picture Nearest(Picture picture, int factor)
    {
        Check(picture, factor);
        if (factor == 1)
        {
            return picture;
        }

        Picture result = Picture.Black(picture.Width * factor, picture.Height * factor);
        int rowBytes = result.Width * 3;
        for (int y = 0; y < picture.Height; y++)
        {
            Span<byte> first = result.Rgb.AsSpan(y * factor * rowBytes, rowBytes);
            for (int x = 0; x < result.Width; x++)
            {
                picture.Rgb.AsSpan(((y * picture.Width) + (x / factor)) * 3, 3).CopyTo(first[(x * 3)..]);
            }

            for (int copy = 1; copy < factor; copy++)
            {
                first.CopyTo(result.Rgb.AsSpan(((y * factor) + copy) * rowBytes));
            }
        }

        return result;
    }

    /// <summary>Enlarged bicubically (see <see cref="Resizing"/>): no blocks, soft edges.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="factor">At least 1.</param>
    /// <exception cref="ArgumentException">The factor is below 1, or the result too large for a picture.</exception>
    public static Picture Smooth(Picture picture, int factor)
    {
        Check(picture, factor);
        return Resizing.Fit(picture, picture.Width * factor, picture.Height * factor);
    }

    /// <summary>The whole factor that brings the longer side to at least a size, 1 where it has that already.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="size">The least length of the longer side, in pixels.</param>
    public static int FactorFor(Picture picture, int size)
    {
        ArgumentNullException.ThrowIfNull(picture);
        int longer = Math.Max(picture.Width, picture.Height);
        return Math.Max(1, (size + longer - 1) / longer);
    }

    private static void Check(Picture picture, int factor)
    {
        ArgumentNullException.ThrowIfNull(picture);
        if (factor < 1)
        {
            throw new ArgumentException($"Pictures are enlarged by a factor of at least 1, not {factor}.", nameof(factor));
        }

        if (SizeCheck.Complaint((long)picture.Width * factor, (long)picture.Height * factor) is { } complaint)
        {
            throw new ArgumentException($"Enlarging {picture.Width} x {picture.Height} by {factor} fails: {complaint}");
        }
    }
}
