namespace VggCuda.Engine.Backends.Reference.Layers;

/// <summary>3x3 convolution (cross-correlation), stride 1, zero padding 1, with bias.</summary>
/// <remarks>
/// y[r, s, o] = b[o] + sum over u, v in 0..2 and i of x[r+u-1, s+v-1, i] k[u, v, i, o], terms outside the image left out.
/// TensorFlow's <c>conv2d</c> with SAME padding; Simonyan and Zisserman, arXiv 1409.1556, section 2.1.
/// </remarks>
internal static class Convolution
{
    /// <summary>From (h, w, i) to (h, w, o), image by image.</summary>
    public static void Forward(double[] input, double[] kernel, double[] bias, double[] output, TensorShape shape, int outputs, CancellationToken cancellation)
    {
        for (int n = 0; n < shape.N; n++)
        {
            for (int r = 0; r < shape.H; r++)
            {
                for (int s = 0; s < shape.W; s++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    Span<double> y = output.AsSpan((((n * shape.H) + r) * shape.W + s) * outputs, outputs);
                    bias.CopyTo(y);
                    for (int u = Math.Max(0, 1 - r); u <= Math.Min(2, shape.H - r); u++)
                    {
                        for (int v = Math.Max(0, 1 - s); v <= Math.Min(2, shape.W - s); v++)
                        {
                            ReadOnlySpan<double> x = input.AsSpan((((n * shape.H) + r + u - 1) * shape.W + s + v - 1) * shape.C, shape.C);
                            for (int i = 0; i < x.Length; i++)
                            {
                                ReadOnlySpan<double> k = kernel.AsSpan((((u * 3) + v) * shape.C + i) * outputs, outputs);
                                for (int o = 0; o < y.Length; o++)
                                {
                                    y[o] += x[i] * k[o];
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// <summary>dx[r, s, i] = sum over u, v and o of dy[r-u+1, s-v+1, o] k[u, v, i, o]: the transpose of <see cref="Forward"/>.</summary>
    public static void Backward(double[] outputGradient, double[] kernel, double[] inputGradient, TensorShape shape, int outputs, CancellationToken cancellation)
    {
        for (int n = 0; n < shape.N; n++)
        {
            for (int r = 0; r < shape.H; r++)
            {
                for (int s = 0; s < shape.W; s++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    Span<double> dx = inputGradient.AsSpan((((n * shape.H) + r) * shape.W + s) * shape.C, shape.C);
                    dx.Clear();
                    for (int u = Math.Max(0, r + 2 - shape.H); u <= Math.Min(2, r + 1); u++)
                    {
                        for (int v = Math.Max(0, s + 2 - shape.W); v <= Math.Min(2, s + 1); v++)
                        {
                            ReadOnlySpan<double> dy = outputGradient.AsSpan((((n * shape.H) + r - u + 1) * shape.W + s - v + 1) * outputs, outputs);
                            for (int i = 0; i < dx.Length; i++)
                            {
                                ReadOnlySpan<double> k = kernel.AsSpan((((u * 3) + v) * shape.C + i) * outputs, outputs);
                                double sum = 0;
                                for (int o = 0; o < dy.Length; o++)
                                {
                                    sum += dy[o] * k[o];
                                }

                                dx[i] += sum;
                            }
                        }
                    }
                }
            }
        }
    }
}
