using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>Notices halves that overflowed.</summary>
internal sealed class CheckFinite(KernelLibrary library)
{
    private readonly Kernel _check = library.Kernel("CheckFinite", "check_finite_f16");

    /// <summary>Queues it.</summary>
    /// <param name="x">Halves, aligned to 16 bytes; count a multiple of 8.</param>
    /// <param name="status">The address of one int32 that gets <paramref name="mark"/> where a value is not finite.</param>
    public void Launch(DevicePointer x, long count, DevicePointer status, int mark)
    {
        ElementKernels.RequireEights((int)(count % 8), "halves beyond whole eights");
        _check.Launch(library.Blocks(count / 8), x, count, status, mark);
    }
}
