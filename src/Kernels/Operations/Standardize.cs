using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>Brings each image to the mean 0 and the deviation 1 in three launches, and its gradient back in five.</summary>
internal sealed class Standardize(KernelLibrary library)
{
    private readonly Kernel _sum = library.Kernel("Standardize", "sum_f32");
    private readonly Kernel _product = library.Kernel("Standardize", "centred_product_f32");
    private readonly Kernel _forward = library.Kernel("Standardize", "standardize_f32");
    private readonly Kernel _backward = library.Kernel("Standardize", "standardize_backward_f32");

    /// <summary>Device memory traffic: three reads, one write.</summary>
    public static long Bytes(TensorShape shape) => 16 * shape.Count;

    /// <summary>Device memory traffic of the way back: seven reads, one write.</summary>
    public static long BackwardBytes(TensorShape shape) => 32 * shape.Count;

    /// <summary>Queues it.</summary>
    /// <param name="source">float32 of the shape.</param>
    /// <param name="target">The same, overwritten; not the source.</param>
    /// <param name="scratch">The source's.</param>
    public void Forward(DevicePointer source, DevicePointer target, double epsilon, TensorShape shape, ReductionScratch scratch)
    {
        ImageParts cut = ImageParts.Of(shape);
        Moments(source, shape, scratch);
        _forward.Launch(cut.Grid(shape.N), source, target, scratch.Parts, scratch.MoreParts, cut.Parts, epsilon, cut.Count, cut.PerPart);
    }

    /// <summary>Queues the way back.</summary>
    /// <param name="source">As for <see cref="Forward"/>.</param>
    /// <param name="gradient">float32 of the shape.</param>
    /// <param name="target">The same, overwritten; neither of the two.</param>
    /// <param name="scratch">The source's.</param>
    /// <param name="gradientScratch">The gradient's.</param>
    public void Backward(DevicePointer source, DevicePointer gradient, DevicePointer target, double epsilon, TensorShape shape, ReductionScratch scratch, ReductionScratch gradientScratch)
    {
        ImageParts cut = ImageParts.Of(shape);
        Dim3 grid = cut.Grid(shape.N);
        Moments(source, shape, scratch);
        _sum.Launch(grid, gradient, gradientScratch.Parts, cut.Count, cut.PerPart);
        _product.Launch(grid, source, gradient, scratch.Parts, gradientScratch.MoreParts, cut.Parts, 0, cut.Count, cut.PerPart);
        _backward.Launch(
            grid, source, gradient, target, scratch.Parts, scratch.MoreParts, gradientScratch.Parts, gradientScratch.MoreParts, cut.Parts, epsilon, cut.Count, cut.PerPart);
    }

    private void Moments(DevicePointer source, TensorShape shape, ReductionScratch scratch)
    {
        ImageParts cut = ImageParts.Of(shape);
        Dim3 grid = cut.Grid(shape.N);
        _sum.Launch(grid, source, scratch.Parts, cut.Count, cut.PerPart);
        _product.Launch(grid, source, source, scratch.Parts, scratch.MoreParts, cut.Parts, 1, cut.Count, cut.PerPart);
    }
}
