namespace VggCuda.Engine.Backends.Cpu;

/// <content>Bounds, noise, and what a step does by its number.</content>
public sealed unsafe partial class CpuBackend
{
    private readonly ClipJob _clip = new();
    private readonly NoiseJob _noise = new();
    private readonly AccumulateJob _accumulate = new();
    private readonly ScaleStepJob _scaleStep = new();
    private readonly DistanceJob _distance = new();
    private readonly BoundaryJob _boundary = new();

    /// <inheritdoc/>
    public void Clip(ITensor source, ITensor target, double low, double high)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Bounds(low, high);
        _clip.Run(Pool, Own(source, nameof(source)), null, Own(target, nameof(target), source.Shape), low, high);
    }

    /// <inheritdoc/>
    public void ClipBackward(ITensor source, ITensor gradient, ITensor target, double low, double high)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Bounds(low, high);
        _clip.Run(Pool, Own(source, nameof(source)), Own(gradient, nameof(gradient), source.Shape), Own(target, nameof(target), source.Shape), low, high);
    }

    /// <inheritdoc/>
    public void Noise(ITensor source, ITensor target, ITensor seeds, ITensor step, double deviation)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Same(source, nameof(source), target, nameof(target));
        OperationChecks.Table(source, seeds, nameof(seeds), 1, step);
        _noise.Run(Pool, Own(source, nameof(source)), Own(target, nameof(target)), Own(seeds, nameof(seeds)), StepOf(step), deviation);
    }

    /// <inheritdoc/>
    public void Accumulate(ITensor source, double factor, ITensor target)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Apart(source, nameof(source), target, nameof(target));
        _accumulate.Run(Pool, Own(source, nameof(source)), factor, Own(target, nameof(target), source.Shape));
    }

    /// <inheritdoc/>
    public void ScaleStep(ITensor before, ITensor target, ITensor factors, ITensor step)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.ScaleStep(before, target, factors, step);
        CpuTensor table = Own(factors, nameof(factors));
        CpuTensor from = Own(before, nameof(before));
        CpuTensor to = Own(target, nameof(target));
        float factor = table.Data[Math.Clamp(StepOf(step), 0, table.Shape.N - 1)];
        if (factor != 1f)
        {
            _scaleStep.Run(Pool, from, to, factor);
        }
    }

    /// <inheritdoc/>
    public void CopyEvery(ITensor source, ITensor target, ITensor step, int every)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.CopyEvery(source, target, step, every);
        CpuTensor from = Own(source, nameof(source));
        CpuTensor to = Own(target, nameof(target));
        if ((StepOf(step) + 1) % every == 0)
        {
            for (int n = 0; n < from.Shape.N; n++)
            {
                from.Image(n).CopyTo(to.Image(n));
            }
        }
    }

    /// <inheritdoc/>
    public void Distance(ITensor tap, ITensor other, double weight, ITensor value, ITensor gradient)
    {
        using BackendUse.Visit visit = InUse.Enter();
        CpuTensor own = Own(tap, nameof(tap));
        _distance.Run(Pool, own, Own(other, nameof(other), tap.Shape), weight, Own(value, nameof(value), TensorShape.PerImage(tap.Shape.N)), Own(gradient, nameof(gradient), tap.Shape));
    }

    /// <inheritdoc/>
    public void Boundary(ITensor image, int width, double pull, double centre, double weight, ITensor residual, ITensor value, ITensor gradient)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Boundary(image, width, pull, residual, value, gradient);
        _boundary.Run(Pool, Own(image, nameof(image)), width, pull, centre, weight, Own(residual, nameof(residual)), Own(value, nameof(value)), Own(gradient, nameof(gradient)));
    }
}
