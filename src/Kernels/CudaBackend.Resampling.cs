using VggCuda.Engine.Backends;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels;

/// <content>Linear maps of images, and their adjoints; what squeezes values into a range.</content>
public sealed unsafe partial class CudaBackend
{
    private ShiftBackward _shiftBackward = null!;
    private Warp _warp = null!;
    private Product _product = null!;
    private Multiply _multiply = null!;
    private Linear _linear = null!;
    private MapLaunchers _maps = null!;
    private Sigmoid _sigmoid = null!;

    /// <inheritdoc/>
    /// <remarks>As in <see cref="Shift"/>, a shift of a side or more counts as one less than the side.</remarks>
    public void ShiftBackward(ITensor gradient, ITensor target, ITensor shifts, ITensor step, ShiftMode mode)
    {
        using BackendUse.Visit visit = InUse.Enter();
        (CudaTensor from, CudaTensor to, CudaTensor table, CudaTensor row) = UseShift(gradient, target, shifts, step);
        _shiftBackward.Launch(from.Pointer, to.Pointer, table.Pointer, row.Pointer, table.Shape.N, from.Shape, mode);
    }

    /// <inheritdoc/>
    /// <remarks>The table lies on the device and is not looked at by the host: a map that is not finite or cannot be inverted is not noticed, and what it yields is not defined.</remarks>
    public void Warp(ITensor source, ITensor target, ITensor maps, ITensor step, double outside)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Warp(source, nameof(source), target, nameof(target), maps, step);
        PendingWarp warp = new(Owned(source, nameof(source)), Owned(target, nameof(target)), Owned(maps, nameof(maps)), Owned(step, nameof(step)), outside);
        LaunchPendingOf(warp.Tensors);
        if (!IsHeld(map => map.Hold(warp)))
        {
            _warp.Forward(warp.Source.Pointer, source.Shape, warp.Target.Pointer, target.Shape, warp.Maps.Pointer, warp.Step.Pointer, maps.Shape.N, outside);
        }
    }

    /// <inheritdoc/>
    /// <remarks>As in <see cref="Warp"/>, a map that cannot be inverted is not noticed.</remarks>
    public void WarpBackward(ITensor gradient, ITensor target, ITensor maps, ITensor step)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Warp(gradient, nameof(gradient), target, nameof(target), maps, step);
        CudaTensor table = Use(maps, nameof(maps));
        _warp.Backward(Use(gradient, nameof(gradient)).Pointer, gradient.Shape, Use(target, nameof(target)).Pointer, target.Shape, table.Pointer, Use(step, nameof(step)).Pointer, table.Shape.N);
    }

    /// <inheritdoc/>
    public void Product(ITensor matrix, ITensor source, ITensor target, int inner, bool transposed)
    {
        using BackendUse.Visit visit = InUse.Enter();
        (int outer, int terms, int results) = OperationChecks.Product(matrix, source, target, inner, transposed);
        int images = source.Shape.N;
        (CudaTensor m, CudaTensor from, CudaTensor to) = (Owned(matrix, nameof(matrix)), Owned(source, nameof(source)), Owned(target, nameof(target)));
        ProductShape shape = new(images, outer / images, terms, results, inner, transposed);
        if (!IsWithMap([m, from, to], map => map.TryProduct(_maps, m, from, to, shape)))
        {
            LaunchPendingOf(m, from, to);
            if (!IsHeld(map => map.Hold(m, from, to, shape)))
            {
                _product.Launch(m.Pointer, from.Pointer, to.Pointer, shape);
            }
        }
    }

    /// <inheritdoc/>
    public void Multiply(ITensor source, ITensor factors, ITensor target)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Multiply(source, factors, target);
        (CudaTensor from, CudaTensor f, CudaTensor to) = (Owned(source, nameof(source)), Owned(factors, nameof(factors)), Owned(target, nameof(target)));
        if (!IsWithMap([from, f, to], map => map.TryMultiple(_maps, from, f, to)))
        {
            LaunchPendingOf(from, f, to);
            if (!IsHeld(map => map.Hold(from, f, to)))
            {
                _multiply.Launch(from.Pointer, f.Pointer, to.Pointer, from.Shape);
            }
        }
    }

    /// <inheritdoc/>
    public void Linear(ITensor source, ITensor target, double factor, double offset)
    {
        OperationChecks.Same(source, nameof(source), target, nameof(target));
        _linear.Launch(Use(source, nameof(source)).Pointer, Use(target, nameof(target)).Pointer, source.Shape.Count, factor, offset);
    }

    /// <inheritdoc/>
    public void Sigmoid(ITensor source, ITensor target, double low, double high)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Same(source, nameof(source), target, nameof(target));
        (CudaTensor from, CudaTensor to) = (Owned(source, nameof(source)), Owned(target, nameof(target)));
        if (!IsWithMap([from, to], map => map.TrySigmoid(_maps, from, to, low, high)))
        {
            LaunchPendingOf(from, to);
            _sigmoid.Forward(from.Pointer, to.Pointer, from.Shape.Count, low, high);
        }
    }

    /// <inheritdoc/>
    public void SigmoidBackward(ITensor source, ITensor gradient, ITensor target, double low, double high)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Same(source, nameof(source), gradient, nameof(gradient));
        OperationChecks.Same(source, nameof(source), target, nameof(target));
        _sigmoid.Backward(Use(source, nameof(source)).Pointer, Use(gradient, nameof(gradient)).Pointer, Use(target, nameof(target)).Pointer, source.Shape.Count, low, high);
    }

    private void StartResampling()
    {
        _shiftBackward = new ShiftBackward(_library);
        _warp = new Warp(_library);
        _product = new Product(_library);
        _multiply = new Multiply(_library);
        _linear = new Linear(_library);
        _maps = new MapLaunchers(_multiply, _product, _warp);
        _sigmoid = new Sigmoid(_library);
    }
}
