using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>Absolute differences between neighbours, and the gradient, in one launch.</summary>
internal sealed class AbsoluteVariation(KernelLibrary library)
{
    private readonly Kernel _variation = library.Kernel("AbsoluteVariation", "absolute_variation_f32");

    /// <summary>Device memory traffic: the image once (its neighbours come from the caches), the gradient read and written.</summary>
    public static long Bytes(TensorShape shape) => 12 * shape.Count;

    /// <summary>Queues it.</summary>
    /// <param name="image">float32 of the shape.</param>
    /// <param name="value">float32 (N), overwritten.</param>
    /// <param name="gradient">float32 of the shape, added to.</param>
    public void Launch(DevicePointer image, double weight, DevicePointer value, DevicePointer gradient, TensorShape shape, ReductionScratch scratch)
    {
        ImageParts cut = ImageParts.Of(shape);
        double factor = weight / cut.Count;
        _variation.Launch(cut.Grid(shape.N), image, factor, (float)factor, value, gradient, scratch.Parts, scratch.Counters, shape.W * shape.C, shape.C, cut.Count, cut.PerPart);
    }
}
