namespace VggCuda.Engine.Backends.Cpu;

/// <content>Operations that yield one value per image, and what is done with those values.</content>
public sealed unsafe partial class CpuBackend
{
    private readonly ChannelMeanJob _channelMean = new();
    private readonly TotalVariationJob _totalVariation = new();
    private readonly LpNormJob _lpNorm = new();
    private readonly DotJob _dot = new();
    private readonly MeanSquareJob _meanSquare = new();

    /// <inheritdoc/>
    public void ChannelMean(ITensor tap, double weight, ITensor value)
    {
        using BackendUse.Visit visit = InUse.Enter();
        _channelMean.Run(Pool, Own(tap, nameof(tap)), weight, Own(value, nameof(value), TensorShape.PerImage(tap.Shape.N)));
    }

    /// <inheritdoc/>
    public void TotalVariation(ITensor image, double beta, double weight, ITensor value, ITensor gradient)
    {
        using BackendUse.Visit visit = InUse.Enter();
        CpuTensor x = Own(image, nameof(image));
        CpuTensor result = Own(value, nameof(value), TensorShape.PerImage(x.Shape.N));
        CpuTensor g = Own(gradient, nameof(gradient), x.Shape);
        if (!(beta >= 1) || !double.IsFinite(beta))
        {
            throw new ArgumentOutOfRangeException(nameof(beta), beta, "The exponent must be a finite number of at least 1.");
        }

        _totalVariation.Run(Pool, x, beta, weight, result, g);
    }

    /// <inheritdoc/>
    public void LpNorm(ITensor image, double p, double weight, ITensor value, ITensor gradient)
    {
        using BackendUse.Visit visit = InUse.Enter();
        CpuTensor x = Own(image, nameof(image));
        CpuTensor result = Own(value, nameof(value), TensorShape.PerImage(x.Shape.N));
        CpuTensor g = Own(gradient, nameof(gradient), x.Shape);
        if (!(p >= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(p), p, "The exponent must be at least 1.");
        }

        if (double.IsPositiveInfinity(p))
        {
            LpNormJob.RunInfinite(x, weight, result, g);
        }
        else
        {
            _lpNorm.Run(Pool, x, p, weight, result, g);
        }
    }

    /// <inheritdoc/>
    public void Dot(ITensor a, ITensor b, double weight, ITensor value)
    {
        using BackendUse.Visit visit = InUse.Enter();
        _dot.Run(Pool, Own(a, nameof(a)), Own(b, nameof(b), a.Shape), weight, Own(value, nameof(value), TensorShape.PerImage(a.Shape.N)));
    }

    /// <inheritdoc/>
    public void MeanSquare(ITensor tap, double weight, ITensor value, ITensor gradient)
    {
        using BackendUse.Visit visit = InUse.Enter();
        _meanSquare.Run(Pool, Own(tap, nameof(tap)), weight, Own(value, nameof(value), TensorShape.PerImage(tap.Shape.N)), Own(gradient, nameof(gradient), tap.Shape));
    }

    /// <inheritdoc/>
    public void Add(ITensor a, ITensor b, ITensor total)
    {
        using BackendUse.Visit visit = InUse.Enter();
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
        using BackendUse.Visit visit = InUse.Enter();
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
                x.Image(n).CopyTo(kept.Image(n));
            }
        }
    }

    /// <inheritdoc/>
    public void Log(ILossLog log, ITensor step, ReadOnlySpan<ITensor> columns)
    {
        using BackendUse.Visit visit = InUse.Enter();
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
    public void Advance(ITensor step)
    {
        using BackendUse.Visit visit = InUse.Enter();
        Own(step, nameof(step), TensorShape.PerImage(1)).Data[0] += 1;
    }
}
