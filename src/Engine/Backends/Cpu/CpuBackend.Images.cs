namespace VggCuda.Engine.Backends.Cpu;

/// <content>Operations that move images or change them.</content>
public sealed unsafe partial class CpuBackend
{
    private readonly ShiftJob _shift = new();
    private readonly NormalizeRmsJob _normalizeRms = new();
    private readonly RmsPropJob _rmsProp = new();

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

        _shift.Run(Pool, from, to, table, StepOf(step), mode);
    }

    /// <inheritdoc/>
    public void NormalizeRms(ITensor gradient, double epsilon) => _normalizeRms.Run(Pool, Own(gradient, nameof(gradient)), epsilon);

    /// <inheritdoc/>
    public void RmsProp(ITensor image, ITensor gradient, ITensor cache, double rate, double decay, double epsilon) =>
        _rmsProp.Run(Pool, Own(image, nameof(image)), Own(gradient, nameof(gradient), image.Shape), Own(cache, nameof(cache), image.Shape), rate, decay, epsilon);

    private long StepOf(ITensor step) => (long)Own(step, nameof(step), TensorShape.PerImage(1)).Data[0];
}
