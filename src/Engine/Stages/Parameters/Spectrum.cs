using System.Collections.Immutable;
using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Stages;

/// <summary>The picture as the sum of its waves: the parameters are the real and imaginary parts of its Fourier spectrum, large waves weighing more than small ones.</summary>
/// <param name="Decay">How much: a wave of frequency f (cycles per pixel) is scaled by max(f, 1 / max(h, w))^-decay; lucid: 1. 0 to 4.</param>
/// <remarks>
/// <para>x = irfft2(scale S) / 4 with scale[k, l] = max(f, 1 / max(h, w))^-decay sqrt(h w), f the length of (k / h, l / w), and NumPy's irfft2, which divides by h w;
/// for odd widths too. lucid <c>spatial.fft_image</c>; Olah, Mordvintsev and Schubert, "Feature Visualization" (Distill 2017).</para>
/// <para>Parameters: (N, 2 h, w / 2 + 1, C), rows 2 k and 2 k + 1 being the real and the imaginary part of the k-th row of the half spectrum.
/// The transform is a product with matrices of cosines and sines along each axis: exact for every size, deterministic, its own adjoint up to transposition.</para>
/// </remarks>
public sealed record Spectrum(double Decay = 1) : Stage
{
    /// <inheritdoc/>
    public override TensorShape InputShape(TensorShape output) => new(output.N, 2 * output.H, (output.W / 2) + 1, output.C);

    /// <inheritdoc/>
    public override TensorShape OutputShape(TensorShape input) => throw new PlanException("A spectrum is a parameterisation, not a transform of the picture; it stands among the plan's parameters.");

    /// <inheritdoc/>
    public override ImmutableArray<TensorShape> Scratch(TensorShape input, TensorShape output) => [input, input];

    /// <inheritdoc/>
    public override ImmutableArray<StageConstant> Constants(TensorShape input, TensorShape output) =>
        [new StageConstant(input with { N = 1 }, () => Scale(output)), HalfSpectrum.Rows(output.H), HalfSpectrum.Columns(output.W)];

    /// <inheritdoc/>
    public override void Forward(IImageOperations operations, StageTensors tensors)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(tensors);
        (ITensor scaled, ITensor mixed) = (tensors.Scratch[0], tensors.Scratch[1]);
        operations.Multiply(tensors.Input, tensors.Constants[0], scaled);

        // Along the columns rows 2 y and 2 y + 1, one behind the other in memory, are row y of the real, then of the imaginary parts.
        AxisProducts.Forward(operations, tensors.Constants[1], tensors.Constants[2], scaled, mixed, tensors.Output);
    }

    /// <inheritdoc/>
    public override void Backward(IImageOperations operations, StageTensors tensors)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(tensors);
        (ITensor scaled, ITensor mixed) = (tensors.Scratch[0], tensors.Scratch[1]);
        AxisProducts.Backward(operations, tensors.Constants[1], tensors.Constants[2], tensors.OutputGradient!, mixed, scaled);
        operations.Multiply(scaled, tensors.Constants[0], tensors.InputGradient!);
    }

    /// <inheritdoc/>
    /// <remarks>rfft2(x) * 4 / scale. The imaginary parts of waves that are their own mirror image are 0: they make no picture.</remarks>
    public override double[] Inverse(double[] output, TensorShape shape)
    {
        ArgumentNullException.ThrowIfNull(output);
        (int h, int w, int channels) = (shape.H, shape.W, shape.C);
        int half = (w / 2) + 1;
        double[] scale = Scale(shape);
        double[] result = new double[scale.Length];
        double[] real = new double[h * half * channels];
        double[] imaginary = new double[h * half * channels];
        for (int y = 0; y < h; y++)
        {
            for (int l = 0; l < half; l++)
            {
                for (int x = 0; x < w; x++)
                {
                    (double sine, double cosine) = HalfSpectrum.Turn(x, l, w);
                    for (int c = 0; c < channels; c++)
                    {
                        double value = output[(((y * w) + x) * channels) + c];
                        real[(((y * half) + l) * channels) + c] += value * cosine;
                        imaginary[(((y * half) + l) * channels) + c] -= value * sine;
                    }
                }
            }
        }

        int row = half * channels;
        for (int k = 0; k < h; k++)
        {
            Span<double> re = result.AsSpan(2 * k * row, row);
            Span<double> im = result.AsSpan(((2 * k) + 1) * row, row);
            for (int y = 0; y < h; y++)
            {
                (double sine, double cosine) = HalfSpectrum.Turn(y, k, h);
                for (int i = 0; i < row; i++)
                {
                    re[i] += (real[(y * row) + i] * cosine) + (imaginary[(y * row) + i] * sine);
                    im[i] += (imaginary[(y * row) + i] * cosine) - (real[(y * row) + i] * sine);
                }
            }
        }

        for (int i = 0; i < result.Length; i++)
        {
            result[i] /= scale[i];
        }

        return result;
    }

    /// <inheritdoc/>
    public override void Validate(TensorShape shape)
    {
        if (!(Decay >= 0 && Decay <= 4))
        {
            throw new PlanException($"The spectrum's decay is {Decay}; it must be between 0 and 4.");
        }
    }

    private double[] Scale(TensorShape output)
    {
        int h = output.H;
        int w = output.W;
        int half = (w / 2) + 1;
        TensorShape one = InputShape(output) with { N = 1 };
        double[] scale = new double[one.Count];
        for (int row = 0; row < 2 * h; row++)
        {
            int k = row / 2;
            double fy = (double)Math.Min(k, h - k) / h;
            for (int l = 0; l < half; l++)
            {
                double f = Math.Sqrt((fy * fy) + ((double)l * l / ((double)w * w)));
                double factor = Math.Pow(Math.Max(f, 1.0 / Math.Max(h, w)), -Decay) * Math.Sqrt((double)h * w) / 4;
                scale.AsSpan(((row * half) + l) * output.C, output.C).Fill(factor);
            }
        }

        return scale;
    }
}
