using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Stages;

/// <summary>The matrices of NumPy's irfft2, which divides by h w: rows 2 k and 2 k + 1 of what they take are the real and the imaginary part of the k-th row of the half spectrum.</summary>
internal static class HalfSpectrum
{
    /// <summary>(2 h, 2 h): the transform along the columns.</summary>
    public static StageConstant Rows(int h) => new(new TensorShape(1, 2 * h, 2 * h, 1), () => RowValues(h));

    /// <summary>(w, 2 (w / 2 + 1)): the transform along the rows.</summary>
    public static StageConstant Columns(int w) => new(new TensorShape(1, w, 2 * ((w / 2) + 1), 1), () => ColumnValues(w));

    /// <summary>Sine and cosine of 2 pi position frequency / n; reduced first, so that no large multiple of 2 pi loses digits.</summary>
    public static (double Sine, double Cosine) Turn(int position, int frequency, int n) => Math.SinCos(2 * Math.PI * ((long)position * frequency % n) / n);

    private static double[] RowValues(int h)
    {
        double[] rows = new double[4 * h * h];
        for (int y = 0; y < h; y++)
        {
            for (int k = 0; k < h; k++)
            {
                (double sine, double cosine) = Turn(y, k, h);
                rows[(((2 * y) + 0) * 2 * h) + (2 * k) + 0] = cosine / h;
                rows[(((2 * y) + 0) * 2 * h) + (2 * k) + 1] = -sine / h;
                rows[(((2 * y) + 1) * 2 * h) + (2 * k) + 0] = sine / h;
                rows[(((2 * y) + 1) * 2 * h) + (2 * k) + 1] = cosine / h;
            }
        }

        return rows;
    }

    private static double[] ColumnValues(int w)
    {
        int half = (w / 2) + 1;
        double[] columns = new double[w * 2 * half];
        for (int x = 0; x < w; x++)
        {
            for (int l = 0; l < half; l++)
            {
                // The other half of the spectrum is its mirror image, so that all but the first and, of even widths, the last column count twice.
                double times = l == 0 || 2 * l == w ? 1 : 2;
                (double sine, double cosine) = Turn(x, l, w);
                columns[(x * 2 * half) + l] = times * cosine / w;
                columns[(x * 2 * half) + half + l] = -times * sine / w;
            }
        }

        return columns;
    }
}
