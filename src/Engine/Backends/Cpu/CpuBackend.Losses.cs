namespace VggCuda.Engine.Backends.Cpu;

/// <content>Operations that yield one value per image, and what is done with those values.</content>
public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void ChannelMean(ITensor tap, double weight, ITensor value)
    {
        CpuTensor a = Own(tap, nameof(tap));
        CpuTensor result = Own(value, nameof(value), TensorShape.PerImage(a.Shape.N));
        int blocks = _elements.Reduce(Pool, Reduction.Sum, a, 0);
        for (int n = 0; n < a.Shape.N; n++)
        {
            result.Data[n] = (float)(weight * (_elements.Sum(n, blocks) / ((double)a.Shape.H * a.Shape.W)));
        }
    }

    /// <inheritdoc/>
    public void TotalVariation(ITensor image, double beta, double weight, ITensor value, ITensor gradient)
    {
        CpuTensor x = Own(image, nameof(image));
        CpuTensor result = Own(value, nameof(value), TensorShape.PerImage(x.Shape.N));
        CpuTensor g = Own(gradient, nameof(gradient), x.Shape);
        if (!(beta >= 1) || !double.IsFinite(beta))
        {
            throw new ArgumentOutOfRangeException(nameof(beta), beta, "The exponent must be a finite number of at least 1.");
        }

        double factor = weight / x.CountPerImage;
        int blocks = _totalVariation.Run(Pool, x, g, beta, factor);
        for (int n = 0; n < x.Shape.N; n++)
        {
            result.Data[n] = (float)(factor * _totalVariation.Sum(n, blocks));
        }
    }

    /// <inheritdoc/>
    public void LpNorm(ITensor image, double p, double weight, ITensor value, ITensor gradient)
    {
        CpuTensor x = Own(image, nameof(image));
        CpuTensor result = Own(value, nameof(value), TensorShape.PerImage(x.Shape.N));
        CpuTensor g = Own(gradient, nameof(gradient), x.Shape);
        if (!(p >= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(p), p, "The exponent must be at least 1.");
        }

        double factor = weight / x.CountPerImage;
        if (double.IsPositiveInfinity(p))
        {
            for (int n = 0; n < x.Shape.N; n++)
            {
                result.Data[n] = (float)(factor * Largest(Image(x, n), factor, Image(g, n)));
            }

            return;
        }

        // The largest magnitude m is taken out, so that no power leaves double's range: m (sum (|i| / m)^p)^(1/p).
        int blocks = _elements.Reduce(Pool, Reduction.Largest, x, 0);
        for (int n = 0; n < x.Shape.N; n++)
        {
            _elements.Factors[n] = _elements.Maximum(n, blocks);
        }

        _elements.Reduce(Pool, Reduction.Power, x, p);
        for (int n = 0; n < x.Shape.N; n++)
        {
            double m = _elements.Factors[n];
            double sum = _elements.Sum(n, blocks);
            _elements.Outer[n] = m == 0 ? 0 : factor * Math.Pow(sum, (1 / p) - 1);
            result.Data[n] = m == 0 ? 0f : (float)(factor * (m * Math.Pow(sum, 1 / p)));
        }

        _elements.Begin(Elementwise.PowerGradient, g, x, null);
        _elements.Exponent = p - 1;
        Pool.Run(_elements);
    }

    /// <inheritdoc/>
    public void Add(ITensor a, ITensor b, ITensor total)
    {
        CpuTensor left = Own(a, nameof(a));
        CpuTensor right = Own(b, nameof(b), TensorShape.PerImage(left.Shape.N));
        CpuTensor sum = Own(total, nameof(total), right.Shape);
        Own(a, nameof(a), right.Shape);
        for (int n = 0; n < left.Shape.N; n++)
        {
            sum.Data[n] = left.Data[n] + right.Data[n];
        }
    }

    /// <inheritdoc/>
    public void KeepBest(ITensor total, ITensor step, ITensor image, ITensor bestTotal, ITensor bestStep, ITensor best)
    {
        CpuTensor x = Own(image, nameof(image));
        TensorShape perImage = TensorShape.PerImage(x.Shape.N);
        CpuTensor now = Own(total, nameof(total), perImage);
        CpuTensor lowest = Own(bestTotal, nameof(bestTotal), perImage);
        CpuTensor when = Own(bestStep, nameof(bestStep), perImage);
        CpuTensor kept = Own(best, nameof(best), x.Shape);
        long number = StepOf(step);
        for (int n = 0; n < x.Shape.N; n++)
        {
            if (now.Data[n] < lowest.Data[n])
            {
                lowest.Data[n] = now.Data[n];
                when.Data[n] = number;
                Image(x, n).CopyTo(Image(kept, n));
            }
        }
    }

    /// <inheritdoc/>
    public void Log(ILossLog log, ITensor step, ReadOnlySpan<ITensor> columns)
    {
        ArgumentNullException.ThrowIfNull(log);
        if (log is not CpuLossLog own || own.Owner != this)
        {
            throw new ArgumentException("The loss log belongs to another backend.", nameof(log));
        }

        if (columns.Length != log.Columns)
        {
            throw new ArgumentException($"{columns.Length} columns for a log of {log.Columns}.", nameof(columns));
        }

        long row = StepOf(step);
        for (int k = 0; k < columns.Length; k++)
        {
            CpuTensor column = Own(columns[k], nameof(columns), TensorShape.PerImage(log.Images));
            if (row < 0 || row >= log.Steps)
            {
                continue;
            }

            Span<float> values = own.Row((int)row);
            for (int n = 0; n < log.Images; n++)
            {
                values[(n * log.Columns) + k] = column.Data[n];
            }
        }
    }

    /// <inheritdoc/>
    public void Advance(ITensor step) => Own(step, nameof(step), TensorShape.PerImage(1)).Data[0] += 1;

    private static Span<float> Image(CpuTensor tensor, int n) => new(tensor.Data + (n * tensor.Shape.CountPerImage), tensor.CountPerImage);

    // max i; its gradient is shared equally by all values that are the largest.
    private static double Largest(ReadOnlySpan<float> image, double factor, Span<float> gradient)
    {
        float largest = image[0];
        int count = 0;
        foreach (float value in image)
        {
            largest = Math.Max(largest, value);
        }

        foreach (float value in image)
        {
            count += value == largest ? 1 : 0;
        }

        for (int k = 0; k < image.Length; k++)
        {
            if (image[k] == largest)
            {
                gradient[k] += (float)(factor / count);
            }
        }

        return largest;
    }
}
