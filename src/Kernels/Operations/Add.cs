using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>total = a + b for short vectors.</summary>
internal sealed class Add(KernelLibrary library)
{
    private readonly Kernel _add = library.Kernel("Add", "add_f32");

    /// <summary>Device memory traffic: two reads, one write.</summary>
    public static long Bytes(long count) => 12 * count;

    /// <summary>Queues it.</summary>
    /// <param name="a">float32 (count).</param>
    /// <param name="b">float32 (count).</param>
    /// <param name="total">float32 (count); may be a or b.</param>
    public void Launch(DevicePointer a, DevicePointer b, DevicePointer total, int count) =>
        _add.Launch(library.Blocks(count), a, b, total, count);
}
