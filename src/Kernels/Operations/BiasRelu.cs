using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>Bias, ReLU and the ReLU's mask: for convolutions that cuDNN does not fuse.</summary>
internal sealed class BiasRelu(KernelLibrary library)
{
    private readonly ElementKernels _forward = new(library, "BiasRelu", "bias_relu");
    private readonly ElementKernels _backward = new(library, "BiasRelu", "relu_backward");

    /// <summary>Device memory traffic: one read, one write.</summary>
    public static long Bytes(long count, ElementType type) => 2L * Elements.Size(type) * count;

    /// <summary>Device memory traffic of the mask: two reads, one write.</summary>
    public static long BackwardBytes(long count, ElementType type) => 3L * Elements.Size(type) * count;

    /// <summary>Queues y = x + bias, then ReLU where asked.</summary>
    /// <param name="x">T (positions, channels), aligned to 16 bytes; channels a multiple of 8.</param>
    /// <param name="bias">float32 (channels).</param>
    /// <param name="y">The same as x, or x itself.</param>
    public void Forward(DevicePointer x, DevicePointer bias, DevicePointer y, long positions, int channels, bool relu, ElementType type)
    {
        ElementKernels.RequireEights(channels, "channels");
        long eights = positions * (channels / 8);
        _forward[type].Launch(library.Blocks(eights), x, bias, y, eights, (uint)(channels / 8), relu ? 1 : 0);
    }

    /// <summary>Queues dx = x > 0 ? dy : 0.</summary>
    /// <param name="dy">T (count), aligned to 16 bytes.</param>
    /// <param name="x">T (count): what the ReLU gave.</param>
    /// <param name="dx">T (count); may be dy.</param>
    public void Backward(DevicePointer dy, DevicePointer x, DevicePointer dx, long count, ElementType type) =>
        _backward[type].Launch(library.Blocks(count / 8), dy, x, dx, count);
}
