using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>Squared differences between images of a group that lie up to four apart, and the gradient, in one launch.</summary>
internal sealed class Alignment(KernelLibrary library)
{
    private readonly Kernel _alignment = library.Kernel("Alignment", "alignment_f32");

    /// <summary>Device memory traffic: the tap and up to eight others read, the gradient read and written.</summary>
    public static long Bytes(TensorShape shape) => 44 * shape.Count;

    /// <summary>Queues it.</summary>
    /// <param name="tap">float32 of the shape.</param>
    /// <param name="value">float32 (N), overwritten.</param>
    /// <param name="gradient">float32 of the shape, added to.</param>
    public void Launch(DevicePointer tap, int group, double weight, DevicePointer value, DevicePointer gradient, TensorShape shape, ReductionScratch scratch)
    {
        ImageParts cut = ImageParts.Of(shape);
        _alignment.Launch(cut.Grid(shape.N), tap, weight / cut.Count, value, gradient, scratch.Parts, scratch.Counters, group, cut.Count, cut.PerPart);
    }
}
