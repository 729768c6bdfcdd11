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
        AxisShift rows = AxisShift.Of(_shifts[2 * chunk], _shape.H, _mode);
        AxisShift columns = AxisShift.Of(_shifts[(2 * chunk) + 1], _shape.W, _mode);
        float* from = _source + (chunk * _shape.CountPerImage);
        float* to = _target + (chunk * _shape.CountPerImage);
        int row = _shape.W * _shape.C;
        int first = columns.Split * _shape.C;
        for (int y = 0; y < _shape.H; y++)
        {
            float* source = from + ((nint)rows.SourceOf(y) * row);
            float* target = to + ((nint)y * row);
            new ReadOnlySpan<float>(source + (columns.FirstSource * _shape.C), first).CopyTo(new Span<float>(target, first));
            new ReadOnlySpan<float>(source + (columns.SecondSource * _shape.C), row - first).CopyTo(new Span<float>(target + first, row - first));
        }
    }
}
