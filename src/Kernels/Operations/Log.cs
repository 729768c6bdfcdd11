using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>log[step, n, k] = columns[k][n].</summary>
internal sealed class Log(KernelLibrary library)
{
    // As many as the kernel has parameters for.
    private const int PerLaunch = 8;
    private readonly Kernel _log = library.Kernel("Log", "log_f32");

    /// <summary>Queues it.</summary>
    /// <param name="log">float32 (rows, images, columns); may be page-locked host memory.</param>
    /// <param name="step">One float32; beyond the rows nothing is written.</param>
    /// <param name="columns">float32 (images) each.</param>
    public void Launch(DevicePointer log, DevicePointer step, int rows, int images, ReadOnlySpan<DevicePointer> columns)
    {
        Span<DevicePointer> c = stackalloc DevicePointer[PerLaunch];
        for (int first = 0; first < columns.Length; first += PerLaunch)
        {
            int count = Math.Min(PerLaunch, columns.Length - first);
            c.Clear();
            columns.Slice(first, count).CopyTo(c);
            _log.Launch(library.Blocks(images), log, step, rows, images, columns.Length, first, count, c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]);
        }
    }
}
