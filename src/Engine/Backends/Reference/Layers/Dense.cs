namespace VggCuda.Engine.Backends.Reference.Layers;

/// <summary>Fully connected: y[o] = b[o] + sum over i of x[i] k[i, o]. Flattening before it is C order: i = (row * width + column) * channels + channel.</summary>
internal static class Dense
{
    /// <summary>From (inputs) to (outputs), image by image.</summary>
    public static void Forward(double[] input, double[] kernel, double[] bias, double[] output, int images, CancellationToken cancellation)
    {
        int outputs = bias.Length;
        int inputs = kernel.Length / outputs;
        for (int n = 0; n < images; n++)
        {
            Span<double> y = output.AsSpan(n * outputs, outputs);
            bias.CopyTo(y);
            for (int i = 0; i < inputs; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                double x = input[(n * inputs) + i];
                ReadOnlySpan<double> k = kernel.AsSpan(i * outputs, outputs);
                for (int o = 0; o < y.Length; o++)
                {
                    y[o] += x * k[o];
                }
            }
        }
    }

    /// <summary>dx[i] = sum over o of dy[o] k[i, o].</summary>
    public static void Backward(double[] outputGradient, double[] kernel, double[] inputGradient, int images, CancellationToken cancellation)
    {
        int outputs = outputGradient.Length / images;
        int inputs = kernel.Length / outputs;
        for (int n = 0; n < images; n++)
        {
            ReadOnlySpan<double> dy = outputGradient.AsSpan(n * outputs, outputs);
            for (int i = 0; i < inputs; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                ReadOnlySpan<double> k = kernel.AsSpan(i * outputs, outputs);
                double sum = 0;
                for (int o = 0; o < dy.Length; o++)
                {
                    sum += dy[o] * k[o];
                }

                inputGradient[(n * inputs) + i] = sum;
            }
        }
    }
}
