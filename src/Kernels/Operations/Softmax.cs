using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>Softmax over classes and its way back, a block per image.</summary>
internal sealed class Softmax(KernelLibrary library)
{
    private readonly ElementKernels _forward = new(library, "Softmax", "softmax");
    private readonly ElementKernels _backward = new(library, "Softmax", "softmax_backward");

    /// <summary>Device memory traffic: one number read, one float32 written per class.</summary>
    public static long Bytes(long images, int classes, ElementType type) => images * classes * (4L + Elements.Size(type));

    /// <summary>Queues p[n, :] = softmax(z[n, 0..classes-1]); stable (the maximum is subtracted).</summary>
    /// <param name="z">T (images, stride), the classes first.</param>
    /// <param name="p">float32 (images, classes), overwritten.</param>
    public void Forward(DevicePointer z, DevicePointer p, int images, int classes, int stride, ElementType type) =>
        _forward[type].Launch(images, z, p, classes, stride);

    /// <summary>Queues dz[n, c] = T(scale * p[n, c] * (g[n, c] - sum over j of g[n, j] p[n, j])), 0 for c beyond the classes; g[n, c] = the sum of gradient[n, k] over the k whose index is c.</summary>
    /// <param name="gradient">float32 (N, wanted).</param>
    /// <param name="p">float32 (N, classes), from <see cref="Forward"/>.</param>
    /// <param name="first">int32 (N, classes): as in <see cref="Tap.Scatter"/>.</param>
    /// <param name="next">int32 (N, wanted).</param>
    /// <param name="dz">T (images, stride), overwritten.</param>
    /// <param name="unlifting">float32 (images), overwritten, or none. Where given, each image has, instead of the scale, the power of two that brings its largest dz into [8, 16), and one over it is left here.</param>
    /// <param name="scale">What is multiplied with, where <paramref name="unlifting"/> is none.</param>
    public void Backward(DevicePointer gradient, DevicePointer p, DevicePointer first, DevicePointer next, DevicePointer dz, int images, int classes, int stride, int wanted, ElementType type, float scale, DevicePointer unlifting = default) =>
        _backward[type].Launch(images, gradient, p, first, next, dz, unlifting, classes, stride, wanted, scale);
}
