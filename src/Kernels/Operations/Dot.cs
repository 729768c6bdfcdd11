using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>value[n] = weight * sum over an image's elements of a * b.</summary>
internal sealed class Dot(KernelLibrary library)
{
    private readonly Kernel _dot = library.Kernel("Dot", "dot_f32");

    /// <summary>Device memory traffic: two reads.</summary>
    public static long Bytes(TensorShape shape) => 8 * shape.Count;

    /// <summary>Queues it: one launch, the last block of an image adds up its parts.</summary>
    /// <param name="a">float32 of the shape, aligned to 16 bytes.</param>
    /// <param name="b">The same.</param>
    /// <param name="value">float32 (N), overwritten.</param>
    public void Launch(DevicePointer a, DevicePointer b, double weight, DevicePointer value, TensorShape shape, ReductionScratch scratch)
    {
        ImageParts cut = ImageParts.Of(shape);
        _dot.Launch(cut.Grid(shape.N), a, b, weight, value, scratch.Parts, scratch.Counters, cut.Count, cut.PerPart);
    }
}
