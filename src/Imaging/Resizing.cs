using VggCuda.Imaging.Containers;

namespace VggCuda.Imaging;

/// <summary>Pictures at another size.</summary>
/// <remarks>
/// Bicubic with Catmull-Rom's kernel (Keys, "Cubic Convolution Interpolation for Digital Image Processing", 1981, a = -1/2), whose support
/// grows with the scale when shrinking, so that every source pixel counts and fine detail does not alias. Columns and rows one after the
/// other, weights normalised at the borders, computed in floating point and rounded once, half up.
/// </remarks>
public static class Resizing
{
    /// <summary>The whole picture at an exact size, stretched where the proportions differ.</summary>
    /// <param name="picture">The picture; returned as it is when it has that size already.</param>
    /// <param name="width">Columns wanted.</param>
    /// <param name="height">Rows wanted.</param>
    /// <exception cref="ArgumentException">The size is out of its range.</exception>
    public static Picture Fit(Picture picture, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(picture);
        return picture.Width == width && picture.Height == height
            ? picture
            : Resample(picture, 0, 0, picture.Width, picture.Height, width, height);
    }

    /// <summary>The middle of the picture as a square: the shorter side is brought to the size, the longer one cut evenly at both ends.</summary>
    /// <param name="picture">The picture; returned as it is when it has that size already.</param>
    /// <param name="size">Columns and rows wanted.</param>
    /// <remarks>How VGG's authors and most ImageNet evaluations frame a picture, but without a margin around the crop
    /// (Simonyan and Zisserman, "Very Deep Convolutional Networks", 2014, section 3.2, isotropic rescaling).</remarks>
    /// <exception cref="ArgumentException">The size is out of its range.</exception>
    public static Picture Square(Picture picture, int size)
    {
        ArgumentNullException.ThrowIfNull(picture);
        if (picture.Width == size && picture.Height == size)
        {
            return picture;
        }

        int side = Math.Min(picture.Width, picture.Height);
        return Resample(picture, (picture.Width - side) / 2.0, (picture.Height - side) / 2.0, side, side, size, size);
    }

    private static Picture Resample(Picture picture, double left, double top, double spanX, double spanY, int width, int height)
    {
        if (SizeCheck.Complaint(width, height) is { } complaint)
        {
            throw new ArgumentException(complaint);
        }

        Taps[] columns = MakeTaps(left, spanX, picture.Width, width);
        Taps[] rows = MakeTaps(top, spanY, picture.Height, height);

        // Only the source rows in reach, resampled across once each, kept as long as the output row needs them.
        float[][] across = new float[picture.Height][];
        Picture result = Picture.Black(width, height);
        float[] sum = new float[width * 3];
        int released = 0;
        for (int y = 0; y < height; y++)
        {
            Taps taps = rows[y];
            for (; released < taps.First; released++)
            {
                across[released] = null!;
            }

            Array.Clear(sum);
            for (int k = 0; k < taps.Weights.Length; k++)
            {
                float[] row = across[taps.First + k] ??= Across(picture.Rgb.AsSpan((taps.First + k) * picture.Width * 3, picture.Width * 3), columns);
                float weight = taps.Weights[k];
                for (int i = 0; i < sum.Length; i++)
                {
                    sum[i] += weight * row[i];
                }
            }

            Span<byte> target = result.Rgb.AsSpan(y * width * 3, width * 3);
            for (int i = 0; i < sum.Length; i++)
            {
                target[i] = (byte)Math.Clamp(MathF.Floor(sum[i] + 0.5f), 0, 255);
            }
        }

        return result;
    }

    private static float[] Across(ReadOnlySpan<byte> row, Taps[] columns)
    {
        float[] result = new float[columns.Length * 3];
        for (int x = 0; x < columns.Length; x++)
        {
            Taps taps = columns[x];
            float r = 0, g = 0, b = 0;
            int from = taps.First * 3;
            foreach (float weight in taps.Weights)
            {
                r += weight * row[from];
                g += weight * row[from + 1];
                b += weight * row[from + 2];
                from += 3;
            }

            result[x * 3] = r;
            result[(x * 3) + 1] = g;
            result[(x * 3) + 2] = b;
        }

        return result;
    }

    private static Taps[] MakeTaps(double start, double span, int sourceSize, int size)
    {
        double scale = span / size;
        double stretch = Math.Max(scale, 1);
        double support = 2 * stretch;
        Taps[] taps = new Taps[size];
        for (int i = 0; i < size; i++)
        {
            double centre = start + ((i + 0.5) * scale);
            int first = Math.Max(0, (int)(centre - support + 0.5));
            int end = Math.Min(sourceSize, (int)(centre + support + 0.5));
            double[] weights = new double[end - first];
            for (int k = 0; k < weights.Length; k++)
            {
                weights[k] = Cubic((first + k + 0.5 - centre) / stretch);
            }

            double total = weights.Sum();
            taps[i] = new Taps(first, [.. weights.Select(w => (float)(w / total))]);
        }

        return taps;
    }

    private static double Cubic(double x)
    {
        const double a = -0.5;
        x = Math.Abs(x);
        return x < 1 ? ((((a + 2) * x) - (a + 3)) * x * x) + 1
            : x < 2 ? ((((x - 5) * x) + 8) * x - 4) * a
            : 0;
    }

    private readonly record struct Taps(int First, float[] Weights);
}
