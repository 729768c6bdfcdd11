namespace VggCuda.Engine.Backends.Cpu;

/// <content>Phases of waves, and values brought to one mean and deviation.</content>
public sealed unsafe partial class CpuBackend
{
    private readonly PolarJob _polar = new();
    private readonly StandardizeJob _standardize = new();

    /// <inheritdoc/>
    public void Polar(ITensor phase, ITensor offset, ITensor magnitude, ITensor target)
    {
        OperationChecks.Polar(phase, offset, magnitude, target, nameof(target));
        _polar.Run(Pool, Own(phase, nameof(phase)), Own(offset, nameof(offset)), Own(magnitude, nameof(magnitude)), Own(target, nameof(target)), null);
    }

    /// <inheritdoc/>
    public void PolarBackward(ITensor phase, ITensor offset, ITensor magnitude, ITensor gradient, ITensor target)
    {
        OperationChecks.Polar(phase, offset, magnitude, gradient, nameof(gradient));
        _polar.Run(Pool, Own(phase, nameof(phase)), Own(offset, nameof(offset)), Own(magnitude, nameof(magnitude)), Own(gradient, nameof(gradient)), Own(target, nameof(target), phase.Shape));
    }

    /// <inheritdoc/>
    public void Standardize(ITensor source, ITensor target, double epsilon)
    {
        OperationChecks.Apart(source, nameof(source), target, nameof(target));
        _standardize.Run(Pool, Own(source, nameof(source)), null, Own(target, nameof(target), source.Shape), epsilon);
    }

    /// <inheritdoc/>
    public void StandardizeBackward(ITensor source, ITensor gradient, ITensor target, double epsilon)
    {
        OperationChecks.Apart(source, nameof(source), target, nameof(target));
        OperationChecks.Apart(gradient, nameof(gradient), target, nameof(target));
        _standardize.Run(Pool, Own(source, nameof(source)), Own(gradient, nameof(gradient), source.Shape), Own(target, nameof(target), source.Shape), epsilon);
    }
}
