namespace VggCuda.Engine.Backends.Reference;

/// <content>Operations that yield one value per image, and what is done with those values.</content>
public sealed partial class ReferenceBackend
{
    /// <inheritdoc/>
    public void ChannelMean(ITensor tap, double weight, ITensor value)
    {
        using BackendUse.Visit visit = InUse.Enter();
        double[] a = ValuesOf(tap, nameof(tap));
        TensorShape shape = tap.Shape;
        double[] result = ValuesOf(value, TensorShape.PerImage(shape.N), nameof(value));
        for (int n = 0; n < shape.N; n++)
        {
            double sumOfMeans = 0;
            for (int k = 0; k < shape.C; k++)
            {
                double sum = 0;
                for (int y = 0; y < shape.H; y++)
                {
                    for (int x = 0; x < shape.W; x++)
                    {
                        sum += a[At(shape, n, y, x, k)];
                    }
                }

                sumOfMeans += sum / ((double)shape.H * shape.W);
            }

            result[n] = weight * sumOfMeans;
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// With a = i[y+1,x,c] - i[y,x,c], b = i[y,x+1,c] - i[y,x,c] and d = a^2 + b^2 a term is d^(beta/2); its derivative by
    /// a is beta * a * d^(beta/2 - 1), which the lower pixel gets and the own pixel loses; likewise b and the right one.
    /// </remarks>
    public void TotalVariation(ITensor image, double beta, double weight, ITensor value, ITensor gradient)
    {
        using BackendUse.Visit visit = InUse.Enter();
        double[] i = ValuesOf(image, nameof(image));
        TensorShape shape = image.Shape;
        double[] result = ValuesOf(value, TensorShape.PerImage(shape.N), nameof(value));
        double[] g = ValuesOf(gradient, shape, nameof(gradient));
        if (!(beta >= 1) || !double.IsFinite(beta))
        {
            throw new ArgumentOutOfRangeException(nameof(beta), beta, "The exponent must be a finite number of at least 1.");
        }

        double factor = weight / shape.CountPerImage;
        for (int n = 0; n < shape.N; n++)
        {
            double sum = 0;
            for (int y = 0; y < shape.H - 1; y++)
            {
                for (int x = 0; x < shape.W - 1; x++)
                {
                    for (int c = 0; c < shape.C; c++)
                    {
                        int here = At(shape, n, y, x, c);
                        int below = At(shape, n, y + 1, x, c);
                        int right = At(shape, n, y, x + 1, c);
                        double a = i[below] - i[here];
                        double b = i[right] - i[here];
                        double d = (a * a) + (b * b);
                        sum += Math.Pow(d, beta / 2);
                        double slope = d == 0 && beta < 2 ? 0 : beta * Math.Pow(d, (beta / 2) - 1);
                        g[below] += factor * slope * a;
                        g[right] += factor * slope * b;
                        g[here] -= factor * slope * (a + b);
                    }
                }
            }

            result[n] = factor * sum;
        }
    }

    /// <inheritdoc/>
    public void LpNorm(ITensor image, double p, double weight, ITensor value, ITensor gradient)
    {
        using BackendUse.Visit visit = InUse.Enter();
        double[] i = ValuesOf(image, nameof(image));
        TensorShape shape = image.Shape;
        double[] result = ValuesOf(value, TensorShape.PerImage(shape.N), nameof(value));
        double[] g = ValuesOf(gradient, shape, nameof(gradient));
        if (!(p >= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(p), p, "The exponent must be at least 1.");
        }

        int perImage = (int)shape.CountPerImage;
        for (int n = 0; n < shape.N; n++)
        {
            ReadOnlySpan<double> own = i.AsSpan(n * perImage, perImage);
            Span<double> ownGradient = g.AsSpan(n * perImage, perImage);
            double norm = double.IsPositiveInfinity(p) ? Largest(own, weight / perImage, ownGradient) : Norm(own, p, weight / perImage, ownGradient);
            result[n] = weight / perImage * norm;
        }
    }

    /// <inheritdoc/>
    public void Add(ITensor a, ITensor b, ITensor total)
    {
        using BackendUse.Visit visit = InUse.Enter();
        double[] left = ValuesOf(a, TensorShape.PerImage(a?.Shape.N ?? 1), nameof(a));
        double[] right = ValuesOf(b, a!.Shape, nameof(b));
        double[] sum = ValuesOf(total, a.Shape, nameof(total));
        for (int n = 0; n < sum.Length; n++)
        {
            sum[n] = left[n] + right[n];
        }
    }

    /// <inheritdoc/>
    public void KeepBest(ITensor total, ITensor step, ITensor image, ITensor bestTotal, ITensor bestStep, ITensor best)
    {
        using BackendUse.Visit visit = InUse.Enter();
        double[] x = ValuesOf(image, nameof(image));
        TensorShape perImage = TensorShape.PerImage(image.Shape.N);
        double[] now = ValuesOf(total, perImage, nameof(total));
        double[] lowest = ValuesOf(bestTotal, perImage, nameof(bestTotal));
        double[] when = ValuesOf(bestStep, perImage, nameof(bestStep));
        double[] kept = ValuesOf(best, image.Shape, nameof(best));
        long number = StepOf(step);
        int length = (int)image.Shape.CountPerImage;
        for (int n = 0; n < now.Length; n++)
        {
            if (now[n] < lowest[n])
            {
                lowest[n] = now[n];
                when[n] = number;
                x.AsSpan(n * length, length).CopyTo(kept.AsSpan(n * length, length));
            }
        }
    }

    /// <inheritdoc/>
    public void Log(ILossLog log, ITensor step, ReadOnlySpan<ITensor> columns)
    {
        using BackendUse.Visit visit = InUse.Enter();
        ArgumentNullException.ThrowIfNull(log);
        if (log is not ReferenceLossLog own || own.Owner != this)
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
            double[] values = ValuesOf(columns[k], TensorShape.PerImage(log.Images), nameof(columns));
            for (int n = 0; n < values.Length; n++)
            {
                own.Write(row, n, k, values[n]);
            }
        }
    }

    /// <inheritdoc/>
    public void Advance(ITensor step)
    {
        using BackendUse.Visit visit = InUse.Enter();
        ValuesOf(step, TensorShape.PerImage(1), nameof(step))[0] += 1;
    }

    // (sum |i|^p)^(1/p), and its gradient sign(i) |i|^(p-1) S^(1/p - 1) times the factor. The largest magnitude m is taken
    // out of both, so that no power leaves double's range: m (sum (|i|/m)^p)^(1/p).
    private static double Norm(ReadOnlySpan<double> image, double p, double factor, Span<double> gradient)
    {
        double m = 0;
        foreach (double value in image)
        {
            m = Math.Max(m, Math.Abs(value));
        }

        if (m == 0)
        {
            return 0;
        }

        double s = 0;
        foreach (double value in image)
        {
            s += Math.Pow(Math.Abs(value) / m, p);
        }

        double outer = Math.Pow(s, (1 / p) - 1);
        for (int k = 0; k < image.Length; k++)
        {
            // Not Math.Sign, which has no answer for NaN: NaN shall show in the result.
            double sign = image[k] > 0 ? 1 : image[k] < 0 ? -1 : image[k];
            gradient[k] += factor * sign * Math.Pow(Math.Abs(image[k]) / m, p - 1) * outer;
        }

        return m * Math.Pow(s, 1 / p);
    }

    // max i; its gradient is shared equally by all values that are the largest, as TensorFlow's reduce_max does it.
    private static double Largest(ReadOnlySpan<double> image, double factor, Span<double> gradient)
    {
        double largest = image[0];
        int count = 0;
        foreach (double value in image)
        {
            largest = Math.Max(largest, value);
        }

        foreach (double value in image)
        {
            count += value == largest ? 1 : 0;
        }

        for (int k = 0; k < image.Length; k++)
        {
            if (image[k] == largest)
            {
                gradient[k] += factor / count;
            }
        }

        return largest;
    }

    private long StepOf(ITensor step)
    {
        double value = ValuesOf(step, TensorShape.PerImage(1), nameof(step))[0];
        return (long)value;
    }
}
