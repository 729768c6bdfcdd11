using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>cache = decay * cache + (1 - decay) * g^2; image -= rate * g / sqrt(cache + epsilon).</summary>
internal sealed class RmsProp(KernelLibrary library)
{
    private readonly Kernel _step = library.Kernel("RmsProp", "rms_prop_f32");

    /// <summary>Device memory traffic: three reads, two writes.</summary>
    public static long Bytes(long count) => 20 * count;

    /// <summary>Queues it.</summary>
    /// <param name="image">float32 (count), aligned to 16 bytes, overwritten.</param>
    /// <param name="gradient">The same, not changed.</param>
    /// <param name="cache">The same, overwritten.</param>
    public void Launch(DevicePointer image, DevicePointer gradient, DevicePointer cache, long count, double rate, double decay, double epsilon) =>
        _step.Launch(library.Blocks(count / 4), image, gradient, cache, count, (float)rate, (float)decay, (float)(1 - decay), (float)epsilon);
}
