using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>target = source, in every k-th step.</summary>
internal sealed class CopyEvery(KernelLibrary library)
{
    private readonly Kernel _copy = library.Kernel("CopyEvery", "copy_every_f32");

    /// <summary>Device memory traffic in such a step: one read, one write.</summary>
    public static long Bytes(long count) => 8 * count;

    /// <summary>Queues it.</summary>
    /// <param name="source">float32 (count).</param>
    /// <param name="target">The same; not the source.</param>
    /// <param name="step">One float32: the number of steps done before.</param>
    /// <param name="every">k, 1 or more.</param>
    public void Launch(DevicePointer source, DevicePointer target, long count, DevicePointer step, int every) =>
        _copy.Launch(library.Blocks(count), source, target, count, step, every);
}
