namespace VggCuda.Engine.Backends.Reference;

/// <content>Phases of waves, and values brought to one mean and deviation.</content>
public sealed partial class ReferenceBackend
{
    /// <inheritdoc/>
    public void Polar(ITensor phase, ITensor offset, ITensor magnitude, ITensor target)
    {
        OperationChecks.Polar(phase, offset, magnitude, target, nameof(target));
        double[] p = ValuesOf(phase, nameof(phase));
        double[] o = ValuesOf(offset, nameof(offset));
        double[] m = ValuesOf(magnitude, nameof(magnitude));
        double[] y = ValuesOf(target, nameof(target));
        int row = phase.Shape.W * phase.Shape.C;
        for (int i = 0; i < p.Length; i++)
        {
            int place = (i / row * 2 * row) + (i % row);
            y[place] = m[i % m.Length] * Math.Cos(p[i] + o[i % o.Length]);
            y[place + row] = m[i % m.Length] * Math.Sin(p[i] + o[i % o.Length]);
        }
    }

    /// <inheritdoc/>
    public void PolarBackward(ITensor phase, ITensor offset, ITensor magnitude, ITensor gradient, ITensor target)
    {
        OperationChecks.Polar(phase, offset, magnitude, gradient, nameof(gradient));
        OperationChecks.Same(phase, nameof(phase), target, nameof(target));
        double[] p = ValuesOf(phase, nameof(phase));
        double[] o = ValuesOf(offset, nameof(offset));
        double[] m = ValuesOf(magnitude, nameof(magnitude));
        double[] g = ValuesOf(gradient, nameof(gradient));
        double[] result = ValuesOf(target, nameof(target));
        int row = phase.Shape.W * phase.Shape.C;
        for (int i = 0; i < p.Length; i++)
        {
            int place = (i / row * 2 * row) + (i % row);
            result[i] = m[i % m.Length] * ((Math.Cos(p[i] + o[i % o.Length]) * g[place + row]) - (Math.Sin(p[i] + o[i % o.Length]) * g[place]));
        }
    }

    /// <inheritdoc/>
    public void Standardize(ITensor source, ITensor target, double epsilon)
    {
        OperationChecks.Apart(source, nameof(source), target, nameof(target));
        OperationChecks.Same(source, nameof(source), target, nameof(target));
        double[] x = ValuesOf(source, nameof(source));
        double[] y = ValuesOf(target, nameof(target));
        int perImage = (int)source.Shape.CountPerImage;
        for (int n = 0; n < source.Shape.N; n++)
        {
            ReadOnlySpan<double> own = x.AsSpan(n * perImage, perImage);
            (double mean, double deviation) = MeanAndDeviation(own);
            for (int i = 0; i < perImage; i++)
            {
                y[(n * perImage) + i] = (own[i] - mean) / (deviation + epsilon);
            }
        }
    }

    /// <inheritdoc/>
    public void StandardizeBackward(ITensor source, ITensor gradient, ITensor target, double epsilon)
    {
        OperationChecks.Apart(source, nameof(source), target, nameof(target));
        OperationChecks.Apart(gradient, nameof(gradient), target, nameof(target));
        OperationChecks.Same(source, nameof(source), gradient, nameof(gradient));
        OperationChecks.Same(source, nameof(source), target, nameof(target));
        double[] x = ValuesOf(source, nameof(source));
        double[] g = ValuesOf(gradient, nameof(gradient));
        double[] result = ValuesOf(target, nameof(target));
        int perImage = (int)source.Shape.CountPerImage;
        for (int n = 0; n < source.Shape.N; n++)
        {
            int first = n * perImage;
            (double mean, double deviation) = MeanAndDeviation(x.AsSpan(first, perImage));
            double sum = 0;
            double along = 0;
            for (int i = first; i < first + perImage; i++)
            {
                sum += g[i];
                along += g[i] * (x[i] - mean);
            }

            double divisor = deviation + epsilon;
            double slope = deviation == 0 ? 0 : along / perImage / (deviation * divisor * divisor);
            for (int i = first; i < first + perImage; i++)
            {
                result[i] = ((g[i] - (sum / perImage)) / divisor) - ((x[i] - mean) * slope);
            }
        }
    }

    private static (double Mean, double Deviation) MeanAndDeviation(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (double value in values)
        {
            sum += value;
        }

        double mean = sum / values.Length;
        double squares = 0;
        foreach (double value in values)
        {
            squares += (value - mean) * (value - mean);
        }

        return (mean, Math.Sqrt(squares / values.Length));
    }
}
