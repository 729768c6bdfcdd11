using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>The mean distance between two layers' values, position by position, and the gradient, in one launch.</summary>
internal sealed class Distance(KernelLibrary library)
{
    private readonly Kernel _distance = library.Kernel("Distance", "distance_f32");

    /// <summary>Device memory traffic: both read twice, the gradient read and written.</summary>
    public static long Bytes(TensorShape shape) => 24 * shape.Count;

    /// <summary>Queues it.</summary>
    /// <param name="a">float32 of the shape.</param>
    /// <param name="b">float32 of the shape.</param>
    /// <param name="value">float32 (N), overwritten.</param>
    /// <param name="gradient">float32 of the shape, added to.</param>
    public void Launch(DevicePointer a, DevicePointer b, double weight, DevicePointer value, DevicePointer gradient, TensorShape shape, ReductionScratch scratch)
    {
        ImageParts cut = ImageParts.Of(shape with { C = 1 });
        _distance.Launch(cut.Grid(shape.N), a, b, weight / cut.Count, value, gradient, scratch.Parts, scratch.Counters, cut.Count, cut.PerPart, shape.C);
    }
}
