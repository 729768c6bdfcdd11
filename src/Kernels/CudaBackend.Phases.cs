using VggCuda.Engine.Backends;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels;

/// <content>Phases of waves, and values brought to one mean and deviation.</content>
public sealed unsafe partial class CudaBackend
{
    private Polar _polar = null!;
    private Standardize _standardize = null!;

    /// <inheritdoc/>
    public void Polar(ITensor phase, ITensor offset, ITensor magnitude, ITensor target)
    {
        OperationChecks.Polar(phase, offset, magnitude, target, nameof(target));
        _polar.Forward(Use(phase, nameof(phase)).Pointer, Use(offset, nameof(offset)).Pointer, Use(magnitude, nameof(magnitude)).Pointer, Use(target, nameof(target)).Pointer, phase.Shape);
    }

    /// <inheritdoc/>
    public void PolarBackward(ITensor phase, ITensor offset, ITensor magnitude, ITensor gradient, ITensor target)
    {
        OperationChecks.Polar(phase, offset, magnitude, gradient, nameof(gradient));
        OperationChecks.Same(phase, nameof(phase), target, nameof(target));
        _polar.Backward(Use(phase, nameof(phase)).Pointer, Use(offset, nameof(offset)).Pointer, Use(magnitude, nameof(magnitude)).Pointer, Use(gradient, nameof(gradient)).Pointer, Use(target, nameof(target)).Pointer, phase.Shape);
    }

    /// <inheritdoc/>
    public void Standardize(ITensor source, ITensor target, double epsilon)
    {
        OperationChecks.Apart(source, nameof(source), target, nameof(target));
        OperationChecks.Same(source, nameof(source), target, nameof(target));
        CudaTensor own = Use(source, nameof(source));
        _standardize.Forward(own.Pointer, Use(target, nameof(target)).Pointer, epsilon, own.Shape, own.Scratch);
    }

    /// <inheritdoc/>
    public void StandardizeBackward(ITensor source, ITensor gradient, ITensor target, double epsilon)
    {
        OperationChecks.Apart(source, nameof(source), target, nameof(target));
        OperationChecks.Apart(gradient, nameof(gradient), target, nameof(target));
        OperationChecks.Apart(source, nameof(source), gradient, nameof(gradient));
        OperationChecks.Same(source, nameof(source), gradient, nameof(gradient));
        OperationChecks.Same(source, nameof(source), target, nameof(target));
        CudaTensor own = Use(source, nameof(source));
        CudaTensor from = Use(gradient, nameof(gradient));
        _standardize.Backward(own.Pointer, from.Pointer, Use(target, nameof(target)).Pointer, epsilon, own.Shape, own.Scratch, from.Scratch);
    }

    private void StartPhases()
    {
        _polar = new Polar(_library);
        _standardize = new Standardize(_library);
    }
}
