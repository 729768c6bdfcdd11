using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>Values brought within bounds, and the way back, which stops what would go farther outwards.</summary>
internal sealed class Clip(KernelLibrary library)
{
    private readonly Kernel _forward = library.Kernel("Clip", "clip_f32");
    private readonly Kernel _backward = library.Kernel("Clip", "clip_backward_f32");

    /// <summary>Device memory traffic: one read, one write.</summary>
    public static long Bytes(long count) => 8 * count;

    /// <summary>Device memory traffic of the way back: two reads, one write.</summary>
    public static long BackwardBytes(long count) => 12 * count;

    /// <summary>Queues it.</summary>
    /// <param name="source">float32 (count).</param>
    /// <param name="target">The same, overwritten; may be the source.</param>
    public void Forward(DevicePointer source, DevicePointer target, long count, double low, double high) =>
        _forward.Launch(library.Blocks(count), source, target, count, (float)low, (float)high);

    /// <summary>Queues the way back.</summary>
    /// <param name="source">float32 (count): what went in.</param>
    /// <param name="gradient">float32 (count).</param>
    /// <param name="target">The same, overwritten; may be the gradient.</param>
    public void Backward(DevicePointer source, DevicePointer gradient, DevicePointer target, long count, double low, double high) =>
        _backward.Launch(library.Blocks(count), source, gradient, target, count, (float)low, (float)high);
}
