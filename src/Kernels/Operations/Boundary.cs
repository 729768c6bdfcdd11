using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>How rough a picture's edge is, and how far from a value, and the gradient, in two launches.</summary>
internal sealed class Boundary(KernelLibrary library)
{
    private readonly Kernel _residual = library.Kernel("Boundary", "boundary_f32");
    private readonly Kernel _gradient = library.Kernel("Boundary", "boundary_gradient_f32");

    /// <summary>Device memory traffic at most, where all is edge: the image read twice (its neighbours come from the caches), the residual written and read, the gradient read and written.</summary>
    public static long Bytes(TensorShape shape) => 24 * shape.Count;

    /// <summary>Queues it.</summary>
    /// <param name="image">float32 of the shape.</param>
    /// <param name="depth">How many pixels deep the edge is.</param>
    /// <param name="residual">float32 of the shape, overwritten.</param>
    /// <param name="value">float32 (N), overwritten.</param>
    /// <param name="gradient">float32 of the shape, added to.</param>
    public void Launch(DevicePointer image, int depth, double pull, double centre, double weight, DevicePointer residual, DevicePointer value, DevicePointer gradient, TensorShape shape, ReductionScratch scratch)
    {
        ImageParts cut = ImageParts.Of(shape);
        double factor = weight / cut.Count;
        _residual.Launch(cut.Grid(shape.N), image, depth, pull, centre, factor, residual, value, scratch.Parts, scratch.Counters, shape.H, shape.W, shape.C, cut.Count, cut.PerPart);
        _gradient.Launch(library.BlocksPerImage(cut.Count, shape.N), image, depth, pull, centre, 2 * factor, residual, gradient, shape.H, shape.W, shape.C, cut.Count);
    }
}
