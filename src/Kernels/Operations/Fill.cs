using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>target = value.</summary>
internal sealed class Fill(KernelLibrary library)
{
    private readonly Kernel _fill = library.Kernel("Fill", "fill_f32");

    /// <summary>Device memory traffic: one write.</summary>
    public static long Bytes(long count) => 4 * count;

    /// <summary>Queues it.</summary>
    /// <param name="target">float32 (count), aligned to 16 bytes.</param>
    public void Launch(DevicePointer target, long count, double value) =>
        _fill.Launch(library.Blocks(count / 4), target, count, (float)value);
}
