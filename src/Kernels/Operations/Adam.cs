using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>Adam: means of gradient and square, corrected for their start, and a step.</summary>
internal sealed class Adam(KernelLibrary library)
{
    private readonly Kernel _step = library.Kernel("Adam", "adam_f32");

    /// <summary>Device memory traffic: four reads, three writes.</summary>
    public static long Bytes(long count) => 28 * count;

    /// <summary>Queues it.</summary>
    /// <param name="image">float32 (count), overwritten.</param>
    /// <param name="gradient">The same, not changed.</param>
    /// <param name="mean">The same, overwritten.</param>
    /// <param name="square">The same, overwritten.</param>
    /// <param name="step">One float32: the number of steps done before.</param>
    public void Launch(
        DevicePointer image, DevicePointer gradient, DevicePointer mean, DevicePointer square, DevicePointer step, long count, double rate, double beta1, double beta2, double epsilon) =>
        _step.Launch(library.Blocks(count), image, gradient, mean, square, step, count, (float)rate, beta1, beta2, (float)(1 - beta1), (float)(1 - beta2), (float)epsilon);
}
