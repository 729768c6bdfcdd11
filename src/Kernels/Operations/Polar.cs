using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>From phases to a spectrum, and the adjoint of its derivative.</summary>
internal sealed class Polar(KernelLibrary library)
{
    private readonly Kernel _forward = library.Kernel("Polar", "polar_f32");
    private readonly Kernel _backward = library.Kernel("Polar", "polar_backward_f32");

    /// <summary>Device memory traffic, either way: the phases, and twice as much spectrum.</summary>
    public static long Bytes(TensorShape phases) => 12 * phases.Count;

    /// <summary>Queues it.</summary>
    /// <param name="phase">float32 of the shape.</param>
    /// <param name="offset">float32 of one image of it.</param>
    /// <param name="magnitude">The same.</param>
    /// <param name="spectrum">float32 of twice as many rows, overwritten.</param>
    public void Forward(DevicePointer phase, DevicePointer offset, DevicePointer magnitude, DevicePointer spectrum, TensorShape shape) =>
        _forward.Launch(library.BlocksPerImage(shape.CountPerImage, shape.N), phase, offset, magnitude, spectrum, shape.W * shape.C, ImageParts.Of(shape with { H = 2 * shape.H }).Count / 2);

    /// <summary>Queues the way back.</summary>
    /// <param name="phase">As for <see cref="Forward"/>.</param>
    /// <param name="offset">As for <see cref="Forward"/>.</param>
    /// <param name="magnitude">As for <see cref="Forward"/>.</param>
    /// <param name="gradient">float32 of twice as many rows.</param>
    /// <param name="target">float32 of the shape, overwritten.</param>
    public void Backward(DevicePointer phase, DevicePointer offset, DevicePointer magnitude, DevicePointer gradient, DevicePointer target, TensorShape shape) =>
        _backward.Launch(library.BlocksPerImage(shape.CountPerImage, shape.N), phase, offset, magnitude, gradient, target, shape.W * shape.C, ImageParts.Of(shape with { H = 2 * shape.H }).Count / 2);
}
