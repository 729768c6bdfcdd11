namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Shifts each image by its own whole pixels, image by image.</summary>
internal sealed unsafe class ShiftJob : Job
{
    private TensorShape _shape;
    private float* _source;
    private float* _target;
    private float* _shifts;
    private ShiftMode _mode;

    /// <inheritdoc/>
    public override int Chunks => _shape.N;

    /// <summary>Shifts.</summary>
    /// <param name="pool">Who works.</param>
    /// <param name="source">The images.</param>
    /// <param name="target">The same shape.</param>
    /// <param name="shifts">(steps, images, 1, 2).</param>
    /// <param name="step">The row that counts; beyond the table the last one.</param>
    /// <param name="mode">What happens at the edges.</param>
    public void Run(WorkerPool pool, CpuTensor source, CpuTensor target, CpuTensor shifts, long step, ShiftMode mode)
    {
        _shape = source.Shape;
        _source = source.Data;
        _target = target.Data;
        _shifts = shifts.Data + (Math.Clamp(step, 0, shifts.Shape.N - 1) * _shape.N * 2);
        _mode = mode;
        pool.Run(this);
    }

    /// <inheritdoc/>
    public override void Execute(int chunk, int worker)
    {
        int dy = Whole(_shifts[2 * chunk], _shape.H);
        int dx = Whole(_shifts[(2 * chunk) + 1], _shape.W);
        float* from = _source + (chunk * _shape.CountPerImage);
        float* to = _target + (chunk * _shape.CountPerImage);
        int rowPeriod = _mode == ShiftMode.ScipyWrap ? _shape.H - 1 : _shape.H;
        int columnPeriod = _mode == ShiftMode.ScipyWrap ? _shape.W - 1 : _shape.W;
        // Each target row is two runs of a source row.
        int split = dx >= 0 ? dx : _shape.W + dx;
        int firstSource = dx >= 0 ? columnPeriod - dx : -dx;
        int secondSource = dx >= 0 ? 0 : _shape.W - columnPeriod;
        int row = _shape.W * _shape.C;
        for (int y = 0; y < _shape.H; y++)
        {
            int sourceRow = y - dy;
            sourceRow = sourceRow < 0 ? sourceRow + rowPeriod : sourceRow > _shape.H - 1 ? sourceRow - rowPeriod : sourceRow;
            float* source = from + ((nint)sourceRow * row);
            float* target = to + ((nint)y * row);
            int first = split * _shape.C;
            new ReadOnlySpan<float>(source + (firstSource * _shape.C), first).CopyTo(new Span<float>(target, first));
            new ReadOnlySpan<float>(source + (secondSource * _shape.C), row - first).CopyTo(new Span<float>(target + first, row - first));
        }
    }

    private static int Whole(float value, int side) =>
        value == MathF.Round(value) && Math.Abs(value) < side
            ? (int)value
            : throw new ArgumentException($"A shift is {value}; whole numbers between {1 - side} and {side - 1} are possible along a side of {side}.");
}
