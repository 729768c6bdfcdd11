using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>Mean squared distance from one value, and the gradient, in one launch.</summary>
internal sealed class Decay(KernelLibrary library)
{
    private readonly Kernel _decay = library.Kernel("Decay", "decay_f32");

    /// <summary>Device memory traffic: the image read, the gradient read and written.</summary>
    public static long Bytes(TensorShape shape) => 12 * shape.Count;

    /// <summary>Queues it.</summary>
    /// <param name="image">float32 of the shape.</param>
    /// <param name="value">float32 (N), overwritten.</param>
    /// <param name="gradient">float32 of the shape, added to.</param>
    public void Launch(DevicePointer image, double centre, double weight, DevicePointer value, DevicePointer gradient, TensorShape shape, ReductionScratch scratch)
    {
        ImageParts cut = ImageParts.Of(shape);
        double factor = weight / cut.Count;
        _decay.Launch(cut.Grid(shape.N), image, (float)centre, factor, (float)(2 * factor), value, gradient, scratch.Parts, scratch.Counters, cut.Count, cut.PerPart);
    }
}
