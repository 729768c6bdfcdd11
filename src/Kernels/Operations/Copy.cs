using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>target = source.</summary>
internal sealed class Copy(KernelLibrary library)
{
    private readonly Kernel _copy = library.Kernel("Copy", "copy_f32");

    /// <summary>Device memory traffic: one read, one write.</summary>
    public static long Bytes(long count) => 8 * count;

    /// <summary>Queues it.</summary>
    /// <param name="source">float32 (count), aligned to 16 bytes.</param>
    /// <param name="target">The same.</param>
    public void Launch(DevicePointer source, DevicePointer target, long count) =>
        _copy.Launch(library.Blocks(count / 4), source, target, count);
}
