using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>velocity = decay * velocity + g; image -= rate * velocity.</summary>
internal sealed class Momentum(KernelLibrary library)
{
    private readonly Kernel _step = library.Kernel("Momentum", "momentum_f32");

    /// <summary>Device memory traffic: three reads, two writes.</summary>
    public static long Bytes(long count) => 20 * count;

    /// <summary>Queues it.</summary>
    /// <param name="image">float32 (count), overwritten.</param>
    /// <param name="gradient">The same, not changed.</param>
    /// <param name="velocity">The same, overwritten.</param>
    public void Launch(DevicePointer image, DevicePointer gradient, DevicePointer velocity, long count, double rate, double decay) =>
        _step.Launch(library.Blocks(count), image, gradient, velocity, count, (float)rate, (float)decay);
}
