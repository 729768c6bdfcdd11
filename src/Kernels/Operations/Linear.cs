using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>target = factor * source + offset.</summary>
internal sealed class Linear(KernelLibrary library)
{
    private readonly Kernel _linear = library.Kernel("Linear", "linear_f32");

    /// <summary>Device memory traffic: one read, one write.</summary>
    public static long Bytes(long count) => 8 * count;

    /// <summary>Queues it.</summary>
    /// <param name="source">float32 (count).</param>
    /// <param name="target">The same, overwritten; may be the source.</param>
    public void Launch(DevicePointer source, DevicePointer target, long count, double factor, double offset) =>
        _linear.Launch(library.Blocks(count), source, target, count, (float)factor, (float)offset);
}
