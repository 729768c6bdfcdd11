using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels;

/// <content>Optimisers beside RMSprop, and objectives that are evaluated each step.</content>
public sealed unsafe partial class CudaBackend
{
    private Adam _adam = null!;
    private Momentum _momentum = null!;
    private Dot _dot = null!;
    private MeanSquare _meanSquare = null!;

    /// <inheritdoc/>
    public void Adam(ITensor image, ITensor gradient, ITensor mean, ITensor square, ITensor step, double rate, double beta1, double beta2, double epsilon)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Same(image, nameof(image), gradient, nameof(gradient));
        OperationChecks.Same(image, nameof(image), mean, nameof(mean));
        OperationChecks.Same(image, nameof(image), square, nameof(square));
        (CudaTensor x, CudaTensor g, CudaTensor m, CudaTensor s) = (Owned(image, nameof(image)), Owned(gradient, nameof(gradient)), Owned(mean, nameof(mean)), Owned(square, nameof(square)));
        CudaTensor done = Owned(step, One, nameof(step));
        Descend(new PendingDescent(x, g, [m, s], done, (division, counter, end) =>
            _adam.Launch(x.Pointer, g.Pointer, m.Pointer, s.Pointer, done.Pointer, x.Shape, rate, beta1, beta2, epsilon, division, counter, end)));
    }

    /// <inheritdoc/>
    public void Momentum(ITensor image, ITensor gradient, ITensor velocity, double rate, double decay)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Same(image, nameof(image), gradient, nameof(gradient));
        OperationChecks.Same(image, nameof(image), velocity, nameof(velocity));
        (CudaTensor x, CudaTensor g, CudaTensor v) = (Owned(image, nameof(image)), Owned(gradient, nameof(gradient)), Owned(velocity, nameof(velocity)));
        Descend(new PendingDescent(x, g, [v], null, (division, counter, end) =>
            _momentum.Launch(x.Pointer, g.Pointer, v.Pointer, x.Shape, rate, decay, division, counter, end)));
    }

    /// <inheritdoc/>
    public void Dot(ITensor a, ITensor b, double weight, ITensor value)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Same(a, nameof(a), b, nameof(b));
        OperationChecks.PerImage(a, nameof(a), value, nameof(value));
        CudaTensor own = Use(a, nameof(a));
        _dot.Launch(own.Pointer, Use(b, nameof(b)).Pointer, weight, Use(value, nameof(value)).Pointer, own.Shape, own.Scratch);
    }

    /// <inheritdoc/>
    public void MeanSquare(ITensor tap, double weight, ITensor value, ITensor gradient)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.PerImage(tap, nameof(tap), value, nameof(value));
        OperationChecks.Same(tap, nameof(tap), gradient, nameof(gradient));
        CudaTensor own = Use(tap, nameof(tap));
        _meanSquare.Launch(own.Pointer, weight, Use(value, nameof(value)).Pointer, Use(gradient, nameof(gradient)).Pointer, own.Shape, own.Scratch);
    }

    private void Descend(PendingDescent descent)
    {
        if (!IsGathering(e => e.TryDescend(descent)))
        {
            descent.Launch(default, DevicePointer.None, StepEnd.None);
        }
    }

    private void StartDescent()
    {
        _adam = new Adam(_library);
        _momentum = new Momentum(_library);
        _dot = new Dot(_library);
        _meanSquare = new MeanSquare(_library);
    }
}
