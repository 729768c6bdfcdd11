using VggCuda.Engine.Backends;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels;

/// <content>Bounds, noise, and what a step does by its number.</content>
public sealed unsafe partial class CudaBackend
{
    private Clip _clip = null!;
    private Noise _noise = null!;
    private Accumulate _accumulate = null!;
    private ScaleStep _scaleStep = null!;
    private CopyEvery _copyEvery = null!;
    private Distance _distance = null!;
    private Boundary _boundary = null!;

    /// <inheritdoc/>
    public void Clip(ITensor source, ITensor target, double low, double high)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Same(source, nameof(source), target, nameof(target));
        OperationChecks.Bounds(low, high);
        _clip.Forward(Use(source, nameof(source)).Pointer, Use(target, nameof(target)).Pointer, source.Shape.Count, low, high);
    }

    /// <inheritdoc/>
    public void ClipBackward(ITensor source, ITensor gradient, ITensor target, double low, double high)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Same(source, nameof(source), gradient, nameof(gradient));
        OperationChecks.Same(source, nameof(source), target, nameof(target));
        OperationChecks.Bounds(low, high);
        _clip.Backward(Use(source, nameof(source)).Pointer, Use(gradient, nameof(gradient)).Pointer, Use(target, nameof(target)).Pointer, source.Shape.Count, low, high);
    }

    /// <inheritdoc/>
    public void Noise(ITensor source, ITensor target, ITensor seeds, ITensor step, double deviation)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Same(source, nameof(source), target, nameof(target));
        OperationChecks.Table(source, seeds, nameof(seeds), 1, step);
        CudaTensor table = Use(seeds, nameof(seeds));
        _noise.Launch(Use(source, nameof(source)).Pointer, Use(target, nameof(target)).Pointer, table.Pointer, Use(step, nameof(step)).Pointer, table.Shape.N, source.Shape, deviation);
    }

    /// <inheritdoc/>
    public void Accumulate(ITensor source, double factor, ITensor target)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Same(source, nameof(source), target, nameof(target));
        OperationChecks.Apart(source, nameof(source), target, nameof(target));
        _accumulate.Launch(Use(source, nameof(source)).Pointer, Use(target, nameof(target)).Pointer, source.Shape.Count, factor);
    }

    /// <inheritdoc/>
    public void ScaleStep(ITensor before, ITensor target, ITensor factors, ITensor step)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.ScaleStep(before, target, factors, step);
        CudaTensor table = Use(factors, nameof(factors));
        _scaleStep.Launch(Use(before, nameof(before)).Pointer, Use(target, nameof(target)).Pointer, before.Shape.Count, table.Pointer, Use(step, nameof(step)).Pointer, table.Shape.N);
    }

    /// <inheritdoc/>
    public void CopyEvery(ITensor source, ITensor target, ITensor step, int every)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.CopyEvery(source, target, step, every);
        _copyEvery.Launch(Use(source, nameof(source)).Pointer, Use(target, nameof(target)).Pointer, source.Shape.Count, Use(step, nameof(step)).Pointer, every);
    }

    /// <inheritdoc/>
    public void Distance(ITensor tap, ITensor other, double weight, ITensor value, ITensor gradient)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.PerImage(tap, nameof(tap), value, nameof(value));
        OperationChecks.Same(tap, nameof(tap), other, nameof(other));
        OperationChecks.Same(tap, nameof(tap), gradient, nameof(gradient));
        CudaTensor own = Use(tap, nameof(tap));
        _distance.Launch(own.Pointer, Use(other, nameof(other)).Pointer, weight, Use(value, nameof(value)).Pointer, Use(gradient, nameof(gradient)).Pointer, own.Shape, own.Scratch);
    }

    /// <inheritdoc/>
    public void Boundary(ITensor image, int width, double pull, double centre, double weight, ITensor residual, ITensor value, ITensor gradient)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Boundary(image, width, pull, residual, value, gradient);
        CudaTensor own = Use(image, nameof(image));
        _boundary.Launch(
            own.Pointer, width, pull, centre, weight, Use(residual, nameof(residual)).Pointer, Use(value, nameof(value)).Pointer, Use(gradient, nameof(gradient)).Pointer, own.Shape, own.Scratch);
    }

    private void StartSteps()
    {
        _clip = new Clip(_library);
        _noise = new Noise(_library);
        _accumulate = new Accumulate(_library);
        _scaleStep = new ScaleStep(_library);
        _copyEvery = new CopyEvery(_library);
        _distance = new Distance(_library);
        _boundary = new Boundary(_library);
    }
}
