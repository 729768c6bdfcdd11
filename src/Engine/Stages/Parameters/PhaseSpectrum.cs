using System.Collections.Immutable;
using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Randomness;

namespace VggCuda.Engine.Stages;

/// <summary>The picture as the sum of its waves, whose sizes are those of photographs and stay so: the parameters are their phases alone.</summary>
/// <remarks>
/// <para>x = irfft2(R exp(i (p + a))), R_c(f) = k_c f^-1.293 exp(-(f / 0.2976)^2.266) with f in cycles per pixel, at least 1 / max(h, w), k = 1, 0.922, 0.833 in
/// decorrelated colours; the mean colour has 2.6 times the largest wave. A law fitted to the mean spectrum of photographs, so that no file is
/// needed and any size goes. Its level does not matter where the picture is standardised.</para>
/// <para>A fixed random angle, the same for all pictures, is added to each phase: phases of one deviation have a mean, and without it what they have
/// in common is a bright spot in the corner from the first step to the last.</para>
/// <para>MACO: Fel et al., "Unlocking Feature Visualization for Deeper Networks with MAgnitude Constrained Optimization" (NeurIPS 2023). Parameters: (N, h, w / 2 + 1, 3).</para>
/// </remarks>
public sealed record PhaseSpectrum : Stage
{
    private const uint OffsetSeed = 2023;
    private static readonly double[] Levels = [1, 0.922, 0.833];

    /// <summary>The waves' sizes as measured on pictures; null for the built-in law.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MeanSpectrum? Measured { get; init; }

    /// <inheritdoc/>
    public override TensorShape InputShape(TensorShape output) => output with { W = (output.W / 2) + 1 };

    /// <inheritdoc/>
    public override TensorShape OutputShape(TensorShape input) => throw new PlanException("A phase spectrum is a parameterisation, not a transform of the picture; it stands among the plan's parameters.");

    /// <inheritdoc/>
    public override ImmutableArray<TensorShape> Scratch(TensorShape input, TensorShape output) => [input with { H = 2 * input.H }, input with { H = 2 * input.H }];

    /// <inheritdoc/>
    public override ImmutableArray<StageConstant> Constants(TensorShape input, TensorShape output)
    {
        TensorShape one = input with { N = 1 };
        return [new StageConstant(one, () => Offsets(one)), new StageConstant(one, () => Magnitudes(one, output)), HalfSpectrum.Rows(output.H), HalfSpectrum.Columns(output.W)];
    }

    /// <inheritdoc/>
    public override void Forward(IImageOperations operations, StageTensors tensors)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(tensors);
        (ITensor spectrum, ITensor mixed) = (tensors.Scratch[0], tensors.Scratch[1]);
        operations.Polar(tensors.Input, tensors.Constants[0], tensors.Constants[1], spectrum);

        // Along the columns rows 2 y and 2 y + 1, one behind the other in memory, are row y of the real, then of the imaginary parts.
        AxisProducts.Forward(operations, tensors.Constants[2], tensors.Constants[3], spectrum, mixed, tensors.Output);
    }

    /// <inheritdoc/>
    public override void Backward(IImageOperations operations, StageTensors tensors)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(tensors);
        (ITensor spectrum, ITensor mixed) = (tensors.Scratch[0], tensors.Scratch[1]);
        AxisProducts.Backward(operations, tensors.Constants[2], tensors.Constants[3], tensors.OutputGradient!, mixed, spectrum);
        operations.PolarBackward(tensors.Input, tensors.Constants[0], tensors.Constants[1], spectrum, tensors.InputGradient!);
    }

    /// <inheritdoc/>
    public override void Validate(TensorShape shape)
    {
        if (shape.H * shape.W < 2)
        {
            throw new PlanException("A picture of one pixel has no waves.");
        }

        Measured?.Validate();
    }

    private static double[] Offsets(TensorShape one)
    {
        double[] offset = new double[one.Count];
        NumPyRandom random = new(OffsetSeed);
        for (int i = 0; i < offset.Length; i++)
        {
            offset[i] = random.NextDouble() * 2 * Math.PI;
        }

        return offset;
    }

    private double[] Magnitudes(TensorShape one, TensorShape output)
    {
        (int h, int w) = (output.H, output.W);
        double[] magnitude = new double[one.Count];
        for (int k = 0; k < h; k++)
        {
            double fy = (double)Math.Min(k, h - k) / h;
            for (int l = 0; l < one.W; l++)
            {
                double f = Math.Max(Math.Sqrt((fy * fy) + ((double)l * l / ((double)w * w))), 1.0 / Math.Max(h, w));
                double law = (k == 0 && l == 0 ? 2.6 : 1) * Math.Pow(f, -1.293) * Math.Exp(-Math.Pow(f / 0.2976, 2.266));
                for (int c = 0; c < one.C; c++)
                {
                    magnitude[(((k * one.W) + l) * one.C) + c] = Measured?.At(fy, (double)l / w, c % Levels.Length) ?? law * Levels[c % Levels.Length];
                }
            }
        }

        return magnitude;
    }
}
