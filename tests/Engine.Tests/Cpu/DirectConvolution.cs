using System.Numerics;

namespace VggCuda.Engine.Tests.Cpu;

/// <summary>3x3 convolution by its definition in double precision, channels last: what the layer tests measure against.</summary>
internal static class DirectConvolution
{
    /// <summary>y[r, s, o] = sum over u, v, i of x[r + u - 1, s + v - 1, i] k[u, v, i, o], zeros outside.</summary>
    public static double[] Forward(float[] x, float[] kernel, int height, int width, int inputs, int outputs)
    {
        double[] wide = [.. kernel.Select(v => (double)v)];
        double[] y = new double[height * width * outputs];
        for (int r = 0; r < height; r++)
        {
            for (int s = 0; s < width; s++)
            {
                Span<double> sum = y.AsSpan(((r * width) + s) * outputs, outputs);
                for (int tap = 0; tap < 9; tap++)
                {
                    int row = r + (tap / 3) - 1;
                    int column = s + (tap % 3) - 1;
                    if (row < 0 || row >= height || column < 0 || column >= width)
                    {
                        continue;
                    }

                    for (int i = 0; i < inputs; i++)
                    {
                        double value = x[(((row * width) + column) * inputs) + i];
                        if (value != 0)
                        {
                            Accumulate(value, wide.AsSpan(((tap * inputs) + i) * outputs, outputs), sum);
                        }
                    }
                }
            }
        }

        return y;
    }

    private static void Accumulate(double factor, ReadOnlySpan<double> values, Span<double> sums)
    {
        Vector<double> factors = new(factor);
        int i = 0;
        for (; i + Vector<double>.Count <= sums.Length; i += Vector<double>.Count)
        {
            (new Vector<double>(sums[i..]) + (factors * new Vector<double>(values[i..]))).CopyTo(sums[i..]);
        }

        for (; i < sums.Length; i++)
        {
            sums[i] += factor * values[i];
        }
    }

    /// <summary>The kernel of the transposed convolution: turned by 180 degrees, channels exchanged.</summary>
    public static float[] Turn(float[] kernel, int inputs, int outputs)
    {
        float[] turned = new float[kernel.Length];
        for (int tap = 0; tap < 9; tap++)
        {
            for (int i = 0; i < inputs; i++)
            {
                for (int o = 0; o < outputs; o++)
                {
                    turned[((((8 - tap) * outputs) + o) * inputs) + i] = kernel[(((tap * inputs) + i) * outputs) + o];
                }
            }
        }

        return turned;
    }
}
