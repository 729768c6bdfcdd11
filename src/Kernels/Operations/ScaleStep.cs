using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>A step made longer or shorter, by its number.</summary>
internal sealed class ScaleStep(KernelLibrary library)
{
    private readonly Kernel _scale = library.Kernel("ScaleStep", "scale_step_f32");

    /// <summary>Device memory traffic: two reads, one write.</summary>
    public static long Bytes(long count) => 12 * count;

    /// <summary>Queues target = before + factors[step] (target - before).</summary>
    /// <param name="before">float32 (count).</param>
    /// <param name="target">The same, overwritten; not <paramref name="before"/>.</param>
    /// <param name="factors">float32 (rows).</param>
    /// <param name="step">One float32: the factor that counts; beyond the table the last.</param>
    public void Launch(DevicePointer before, DevicePointer target, long count, DevicePointer factors, DevicePointer step, int rows) =>
        _scale.Launch(library.Blocks(count), before, target, count, factors, step, rows);
}
