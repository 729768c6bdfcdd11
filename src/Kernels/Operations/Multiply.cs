using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>target[n, y, x, c] = source[n, y, x, c] * factors[0, y, x, c].</summary>
internal sealed class Multiply(KernelLibrary library)
{
    private readonly Kernel _multiply = library.Kernel("Multiply", "multiply_f32");

    /// <summary>Device memory traffic: one read, one write; the factors come from the caches for all images but the first.</summary>
    public static long Bytes(TensorShape shape) => (8 * shape.Count) + (4 * shape.CountPerImage);

    /// <summary>Queues it.</summary>
    /// <param name="source">float32 of the shape.</param>
    /// <param name="factors">float32 of one image of it.</param>
    /// <param name="target">float32 of the shape, overwritten; may be the source.</param>
    public void Launch(DevicePointer source, DevicePointer factors, DevicePointer target, TensorShape shape) =>
        _multiply.Launch(library.BlocksPerImage(shape.CountPerImage, shape.N), source, factors, target, ImageParts.Of(shape).Count);
}
