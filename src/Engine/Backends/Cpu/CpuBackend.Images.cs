namespace VggCuda.Engine.Backends.Cpu;

/// <content>Operations that move images or change them.</content>
public sealed unsafe partial class CpuBackend
{
    private ElementJob _elements = null!;
    private TotalVariationJob _totalVariation = null!;

    /// <inheritdoc/>
    public void Fill(ITensor target, double value)
    {
        CpuTensor tensor = Own(target, nameof(target));
        new Span<float>(tensor.Data, checked((int)tensor.Shape.Count)).Fill((float)value);
    }

    /// <inheritdoc/>
    public void Copy(ITensor source, ITensor target)
    {
        CpuTensor from = Own(source, nameof(source));
        CpuTensor to = Own(target, nameof(target), from.Shape);
        int count = checked((int)from.Shape.Count);
        new ReadOnlySpan<float>(from.Data, count).CopyTo(new Span<float>(to.Data, count));
    }

    /// <inheritdoc/>
    public void Shift(ITensor source, ITensor target, ITensor shifts, ITensor step, ShiftMode mode)
    {
        CpuTensor from = Own(source, nameof(source));
        TensorShape shape = from.Shape;
        CpuTensor to = Own(target, nameof(target), shape);
        if (from == to)
        {
            throw new ArgumentException("An image cannot be shifted onto itself; source and target must differ.", nameof(target));
        }

        CpuTensor table = Own(shifts, nameof(shifts));
        if (table.Shape != new TensorShape(table.Shape.N, shape.N, 1, 2))
        {
            throw new ArgumentException($"The shifts are {table.Shape}; (steps, {shape.N}, 1, 2) is needed.", nameof(shifts));
        }

        long row = Math.Clamp(StepOf(step), 0, table.Shape.N - 1);
        for (int n = 0; n < shape.N; n++)
        {
            float* pair = table.Data + (((row * shape.N) + n) * 2);
            int dy = WholeShift(pair[0], shape.H);
            int dx = WholeShift(pair[1], shape.W);
            ShiftImage(from.Data + (n * shape.CountPerImage), to.Data + (n * shape.CountPerImage), shape, dy, dx, mode);
        }
    }

    /// <inheritdoc/>
    public void NormalizeRms(ITensor gradient, double epsilon)
    {
        CpuTensor g = Own(gradient, nameof(gradient));
        _elements.Reduce(Pool, Reduction.SumOfSquares, g, 0);
        int blocks = _elements.Begin(Elementwise.Divide, g, null, null);
        for (int n = 0; n < g.Shape.N; n++)
        {
            _elements.Factors[n] = Math.Sqrt(_elements.Sum(n, blocks) / g.CountPerImage) + epsilon;
        }

        Pool.Run(_elements);
    }

    /// <inheritdoc/>
    public void RmsProp(ITensor image, ITensor gradient, ITensor cache, double rate, double decay, double epsilon)
    {
        CpuTensor x = Own(image, nameof(image));
        CpuTensor g = Own(gradient, nameof(gradient), x.Shape);
        CpuTensor v = Own(cache, nameof(cache), x.Shape);
        _elements.Begin(Elementwise.RmsProp, x, g, v);
        _elements.Rate = (float)rate;
        _elements.Decay = (float)decay;
        _elements.Rest = (float)(1 - decay);
        _elements.Epsilon = (float)epsilon;
        Pool.Run(_elements);
    }

    private void InitializeOperations()
    {
        _elements = new ElementJob();
        _totalVariation = new TotalVariationJob();
    }

    private static void ShiftImage(float* from, float* to, TensorShape shape, int dy, int dx, ShiftMode mode)
    {
        int rowPeriod = mode == ShiftMode.ScipyWrap ? shape.H - 1 : shape.H;
        int columnPeriod = mode == ShiftMode.ScipyWrap ? shape.W - 1 : shape.W;
        // Each target row is two runs of a source row.
        int split = dx >= 0 ? dx : shape.W + dx;
        int firstSource = dx >= 0 ? columnPeriod - dx : -dx;
        int secondSource = dx >= 0 ? 0 : shape.W - columnPeriod;
        int row = shape.W * shape.C;
        for (int y = 0; y < shape.H; y++)
        {
            int sourceRow = y - dy;
            sourceRow = sourceRow < 0 ? sourceRow + rowPeriod : sourceRow > shape.H - 1 ? sourceRow - rowPeriod : sourceRow;
            float* source = from + ((nint)sourceRow * row);
            float* target = to + ((nint)y * row);
            int first = split * shape.C;
            new ReadOnlySpan<float>(source + (firstSource * shape.C), first).CopyTo(new Span<float>(target, first));
            new ReadOnlySpan<float>(source + (secondSource * shape.C), row - first).CopyTo(new Span<float>(target + first, row - first));
        }
    }

    private long StepOf(ITensor step) => (long)Own(step, nameof(step), TensorShape.PerImage(1)).Data[0];

    private static int WholeShift(float value, int side) =>
        value == MathF.Round(value) && Math.Abs(value) < side
            ? (int)value
            : throw new ArgumentException($"A shift is {value}; whole numbers between {1 - side} and {side - 1} are possible along a side of {side}.");
}
