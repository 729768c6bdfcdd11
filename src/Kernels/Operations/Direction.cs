using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>A layer's values along a vector, times a power of their cosine, and the gradient, in one launch.</summary>
internal sealed class Direction(KernelLibrary library)
{
    private readonly Kernel _direction = library.Kernel("Direction", "direction_f32");

    /// <summary>Device memory traffic: the tap read twice, the gradient read and written.</summary>
    public static long Bytes(TensorShape shape) => 16 * shape.Count;

    /// <summary>Queues it.</summary>
    /// <param name="tap">float32 of the shape.</param>
    /// <param name="vector">float32 (C).</param>
    /// <param name="value">float32 (N), overwritten.</param>
    /// <param name="gradient">float32 of the shape, added to.</param>
    public void Launch(DevicePointer tap, DevicePointer vector, double power, double weight, DevicePointer value, DevicePointer gradient, TensorShape shape, ReductionScratch scratch)
    {
        ImageParts cut = ImageParts.Of(shape with { C = 1 });
        _direction.Launch(cut.Grid(shape.N), tap, vector, power, weight / cut.Count, value, gradient, scratch.Parts, scratch.Counters, cut.Count, cut.PerPart, shape.C);
    }
}
