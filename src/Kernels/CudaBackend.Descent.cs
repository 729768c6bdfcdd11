using VggCuda.Engine.Backends;
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
        _adam.Launch(
            Use(image, nameof(image)).Pointer, Use(gradient, nameof(gradient)).Pointer, Use(mean, nameof(mean)).Pointer, Use(square, nameof(square)).Pointer,
            Use(step, One, nameof(step)).Pointer, image.Shape.Count, rate, beta1, beta2, epsilon);
    }

    /// <inheritdoc/>
    public void Momentum(ITensor image, ITensor gradient, ITensor velocity, double rate, double decay)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Same(image, nameof(image), gradient, nameof(gradient));
        OperationChecks.Same(image, nameof(image), velocity, nameof(velocity));
        _momentum.Launch(Use(image, nameof(image)).Pointer, Use(gradient, nameof(gradient)).Pointer, Use(velocity, nameof(velocity)).Pointer, image.Shape.Count, rate, decay);
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

    private void StartDescent()
    {
        _adam = new Adam(_library);
        _momentum = new Momentum(_library);
        _dot = new Dot(_library);
        _meanSquare = new MeanSquare(_library);
    }
}
