using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>The k largest of each row, the largest first; the lower place first among equals, what is not a number last.</summary>
internal sealed class TopK(KernelLibrary library)
{
    private readonly Kernel _top = library.Kernel("TopK", "top_k_f32");

    /// <summary>Device memory traffic: the row once (it stays in the cache for the other k - 1 passes).</summary>
    public static long Bytes(long images, int count) => 4 * images * count;

    /// <summary>Queues it.</summary>
    /// <param name="values">float32 (images, count); count below 2^21.</param>
    /// <param name="indices">int32 (images, k), overwritten.</param>
    /// <param name="largest">float32 (images, k), overwritten.</param>
    /// <param name="k">1 to count.</param>
    public void Launch(DevicePointer values, DevicePointer indices, DevicePointer largest, int images, int count, int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, count);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(count, 1 << 21);
        _top.Launch(images, values, indices, largest, count, k);
    }
}
