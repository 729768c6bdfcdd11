using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>target += factor * source.</summary>
internal sealed class Accumulate(KernelLibrary library)
{
    private readonly Kernel _accumulate = library.Kernel("Accumulate", "accumulate_f32");

    /// <summary>Device memory traffic: two reads, one write.</summary>
    public static long Bytes(long count) => 12 * count;

    /// <summary>Queues it.</summary>
    /// <param name="source">float32 (count).</param>
    /// <param name="target">The same, added to; not the source.</param>
    public void Launch(DevicePointer source, DevicePointer target, long count, double factor) =>
        _accumulate.Launch(library.Blocks(count), source, target, count, (float)factor);
}
