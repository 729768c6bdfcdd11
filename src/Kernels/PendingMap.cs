using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels;

/// <summary>A multiple, a product or a view that a step being recorded has asked for and that has not been launched yet: it goes with what is made of it next. It comes before all else that waits.</summary>
internal sealed class PendingMap
{
    private (CudaTensor Source, CudaTensor Factors, CudaTensor Target)? _multiple;
    private (CudaTensor Matrix, CudaTensor Source, CudaTensor Target, ProductShape Shape)? _product;
    private PendingWarp? _warp;

    /// <summary>Whether a tensor shares memory with one that is waited for.</summary>
    public bool Touches(CudaTensor tensor) =>
        (_multiple is { } m && (m.Source.Shares(tensor) || m.Factors.Shares(tensor) || m.Target.Shares(tensor)))
        || (_product is { } p && (p.Matrix.Shares(tensor) || p.Source.Shares(tensor) || p.Target.Shares(tensor)))
        || (_warp?.Tensors.Any(t => t.Shares(tensor)) ?? false);

    /// <summary>Waits with a multiple; there is nothing before.</summary>
    public void Hold(CudaTensor source, CudaTensor factors, CudaTensor target) => _multiple = (source, factors, target);

    /// <summary>Waits with a product; there is nothing before.</summary>
    public void Hold(CudaTensor matrix, CudaTensor source, CudaTensor target, ProductShape shape) => _product = (matrix, source, target, shape);

    /// <summary>Waits with a view; there is nothing before.</summary>
    public void Hold(PendingWarp warp) => _warp = warp;

    /// <summary>Hands over the view that waits, if it is the one into a tensor.</summary>
    /// <param name="target">Where it goes to.</param>
    /// <param name="isFree">Whether the tensors it works on are as they were when it was asked for.</param>
    public PendingWarp? TakeWarp(CudaTensor target, Func<CudaTensor, bool> isFree)
    {
        if (_warp is not { } warp || !warp.Target.IsSame(target) || !warp.Tensors.All(isFree))
        {
            return null;
        }

        Forget();
        return warp;
    }

    /// <summary>Launches the multiple that waits together with a product of it, if that is what it is.</summary>
    public bool TryProduct(MapLaunchers launchers, CudaTensor matrix, CudaTensor source, CudaTensor target, ProductShape shape)
    {
        if (_multiple is not { } m || !m.Target.IsSame(source) || m.Source.Shares(m.Target) || m.Factors.Shares(m.Target) || m.Target.Shares(matrix) || Touches(target))
        {
            return false;
        }

        launchers.Product.LaunchOfMultiple(matrix.Pointer, m.Source.Pointer, m.Factors.Pointer, m.Target.Pointer, target.Pointer, shape);
        Forget();
        return true;
    }

    /// <summary>Launches the product that waits together with a multiple of it, if that is what it is.</summary>
    public bool TryMultiple(MapLaunchers launchers, CudaTensor source, CudaTensor factors, CudaTensor target)
    {
        if (_product is not { } p || !p.Target.IsSame(source) || p.Target.Shares(factors) || factors.Shares(target) || Touches(target))
        {
            return false;
        }

        launchers.Product.LaunchAndMultiple(p.Matrix.Pointer, p.Source.Pointer, p.Target.Pointer, factors.Pointer, target.Pointer, p.Shape);
        Forget();
        return true;
    }

    /// <summary>Launches the product that waits together with its sigmoid, if that is what it is.</summary>
    public bool TrySigmoid(MapLaunchers launchers, CudaTensor source, CudaTensor target, double low, double high)
    {
        if (_product is not { } p || !p.Target.IsSame(source) || Touches(target))
        {
            return false;
        }

        launchers.Product.LaunchAndSigmoid(p.Matrix.Pointer, p.Source.Pointer, p.Target.Pointer, target.Pointer, low, high, p.Shape);
        Forget();
        return true;
    }

    /// <summary>Launches what there is.</summary>
    public void Launch(MapLaunchers launchers)
    {
        if (_multiple is { } m)
        {
            launchers.Multiply.Launch(m.Source.Pointer, m.Factors.Pointer, m.Target.Pointer, m.Source.Shape);
        }

        if (_product is { } p)
        {
            launchers.Product.Launch(p.Matrix.Pointer, p.Source.Pointer, p.Target.Pointer, p.Shape);
        }

        if (_warp is { } w)
        {
            launchers.Warp.Forward(w.Source.Pointer, w.Source.Shape, w.Target.Pointer, w.Target.Shape, w.Maps.Pointer, w.Step.Pointer, w.Maps.Shape.N, w.Outside);
        }

        Forget();
    }

    /// <summary>Drops what there is: it is launched, or the step is not recorded after all.</summary>
    public void Forget() => (_multiple, _product, _warp) = (null, null, null);
}
