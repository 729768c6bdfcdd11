namespace VggCuda.Engine.Backends.Cpu;

/// <content>Operations that move images or change them.</content>
public sealed unsafe partial class CpuBackend
{
    private readonly ShiftJob _shift = new();
    private readonly NormalizeRmsJob _normalizeRms = new();
    private readonly RmsPropJob _rmsProp = new();
    private readonly ShiftBackwardJob _shiftBackward = new();
    private readonly WarpJob _warp = new();
    private readonly WarpBackwardJob _warpBackward = new();
    private readonly ProductJob _product;
    private readonly MultiplyJob _multiply = new();
    private readonly LinearJob _linear = new();
    private readonly SigmoidJob _sigmoid = new();
    private readonly SigmoidBackwardJob _sigmoidBackward = new();
    private readonly AdamJob _adam = new();
    private readonly MomentumJob _momentum = new();

    /// <inheritdoc/>
    public void Fill(ITensor target, double value)
    {
        using BackendUse.Visit visit = InUse.Enter();
        CpuTensor tensor = Own(target, nameof(target));
        new Span<float>(tensor.Data, checked((int)tensor.Shape.Count)).Fill((float)value);
    }

    /// <inheritdoc/>
    public void Copy(ITensor source, ITensor target)
    {
        using BackendUse.Visit visit = InUse.Enter();
        CpuTensor from = Own(source, nameof(source));
        CpuTensor to = Own(target, nameof(target), from.Shape);
        int count = checked((int)from.Shape.Count);
        new ReadOnlySpan<float>(from.Data, count).CopyTo(new Span<float>(to.Data, count));
    }

    /// <inheritdoc/>
    public void Shift(ITensor source, ITensor target, ITensor shifts, ITensor step, ShiftMode mode)
    {
        using BackendUse.Visit visit = InUse.Enter();
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
    public void ShiftBackward(ITensor gradient, ITensor target, ITensor shifts, ITensor step, ShiftMode mode)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Apart(gradient, nameof(gradient), target, nameof(target));
        OperationChecks.Table(gradient, shifts, nameof(shifts), 2, step);
        _shiftBackward.Run(Pool, Own(gradient, nameof(gradient)), Own(target, nameof(target), gradient.Shape), Own(shifts, nameof(shifts)), StepOf(step), mode);
    }

    /// <inheritdoc/>
    public void Warp(ITensor source, ITensor target, ITensor maps, ITensor step, double outside)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Warp(source, nameof(source), target, nameof(target), maps, step);
        _warp.Run(Pool, Own(source, nameof(source)), Own(target, nameof(target)), Own(maps, nameof(maps)), StepOf(step), outside);
    }

    /// <inheritdoc/>
    public void WarpBackward(ITensor gradient, ITensor target, ITensor maps, ITensor step)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Warp(gradient, nameof(gradient), target, nameof(target), maps, step);
        _warpBackward.Run(Pool, Own(gradient, nameof(gradient)), Own(target, nameof(target)), Own(maps, nameof(maps)), StepOf(step));
    }

    /// <inheritdoc/>
    public void Product(ITensor matrix, ITensor source, ITensor target, int inner, bool transposed)
    {
        using BackendUse.Visit visit = InUse.Enter();
        (int outer, int terms, int results) = OperationChecks.Product(matrix, source, target, inner, transposed);
        _product.Run(Pool, Own(matrix, nameof(matrix)), Own(source, nameof(source)), Own(target, nameof(target)), outer, terms, results, inner, transposed);
    }

    /// <inheritdoc/>
    public void Multiply(ITensor source, ITensor factors, ITensor target)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Multiply(source, factors, target);
        _multiply.Run(Pool, Own(source, nameof(source)), Own(factors, nameof(factors)), Own(target, nameof(target)));
    }

    /// <inheritdoc/>
    public void Linear(ITensor source, ITensor target, double factor, double offset)
    {
        using BackendUse.Visit visit = InUse.Enter();
        _linear.Run(Pool, Own(source, nameof(source)), Own(target, nameof(target), source.Shape), factor, offset);
    }

    /// <inheritdoc/>
    public void Sigmoid(ITensor source, ITensor target, double low, double high)
    {
        using BackendUse.Visit visit = InUse.Enter();
        _sigmoid.Run(Pool, Own(source, nameof(source)), Own(target, nameof(target), source.Shape), low, high);
    }

    /// <inheritdoc/>
    public void SigmoidBackward(ITensor source, ITensor gradient, ITensor target, double low, double high)
    {
        using BackendUse.Visit visit = InUse.Enter();
        _sigmoidBackward.Run(Pool, Own(source, nameof(source)), Own(gradient, nameof(gradient), source.Shape), Own(target, nameof(target), source.Shape), low, high);
    }

    /// <inheritdoc/>
    public void NormalizeRms(ITensor gradient, double epsilon)
    {
        using BackendUse.Visit visit = InUse.Enter();
        _normalizeRms.Run(Pool, Own(gradient, nameof(gradient)), epsilon);
    }

    /// <inheritdoc/>
    public void RmsProp(ITensor image, ITensor gradient, ITensor cache, double rate, double decay, double epsilon)
    {
        using BackendUse.Visit visit = InUse.Enter();
        _rmsProp.Run(Pool, Own(image, nameof(image)), Own(gradient, nameof(gradient), image.Shape), Own(cache, nameof(cache), image.Shape), rate, decay, epsilon);
    }

    /// <inheritdoc/>
    public void Adam(ITensor image, ITensor gradient, ITensor mean, ITensor square, ITensor step, double rate, double beta1, double beta2, double epsilon)
    {
        using BackendUse.Visit visit = InUse.Enter();
        _adam.Run(
            Pool,
            Own(image, nameof(image)),
            Own(gradient, nameof(gradient), image.Shape),
            Own(mean, nameof(mean), image.Shape),
            Own(square, nameof(square), image.Shape),
            StepOf(step) + 1,
            rate,
            beta1,
            beta2,
            epsilon);
    }

    /// <inheritdoc/>
    public void Momentum(ITensor image, ITensor gradient, ITensor velocity, double rate, double decay)
    {
        using BackendUse.Visit visit = InUse.Enter();
        _momentum.Run(Pool, Own(image, nameof(image)), Own(gradient, nameof(gradient), image.Shape), Own(velocity, nameof(velocity), image.Shape), rate, decay);
    }

    internal long StepOf(ITensor step) => (long)Own(step, nameof(step), TensorShape.PerImage(1)).Data[0];
}
