using VggCuda.Kernels.Cudnn;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>Softmax over classes and its way back, a block per image.</summary>
internal sealed class Softmax(KernelLibrary library)
{
    private readonly ElementKernels _forward = new(library, "Softmax", "softmax");
    private readonly ElementKernels _backward = new(library, "Softmax", "softmax_backward");

    /// <summary>Device memory traffic: one number read, one float32 written per class.</summary>
    public static long Bytes(long images, int classes, ElementType type) => images * classes * (4L + ElementKernels.Size(type));

    /// <summary>Queues p = softmax(z).</summary>
    /// <param name="z">T (images, stride), the classes first.</param>
    /// <param name="p">float32 (images, classes), overwritten.</param>
    public void Forward(ulong z, ulong p, int images, int classes, int stride, ElementType type) =>
        _forward[type].Launch(images, z, p, classes, stride);

    /// <summary>Queues the way back; see <see cref="INetworkKernels.SoftmaxBackward"/>.</summary>
    /// <param name="dz">T (images, stride), overwritten.</param>
    public void Backward(ulong gradient, ulong p, ulong first, ulong next, ulong dz, int images, int classes, int stride, int wanted, ElementType type, float scale) =>
        _backward[type].Launch(images, gradient, p, first, next, dz, classes, stride, wanted, scale);
}
