using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>Shifts each image by whole pixels from a table in device memory.</summary>
internal sealed class Shift(KernelLibrary library)
{
    private readonly Kernel _shift = library.Kernel("Shift", "shift_f32");

    /// <summary>Device memory traffic: one read, one write.</summary>
    public static long Bytes(TensorShape shape) => 8 * shape.Count;

    /// <summary>The mode as shift.cuh has it.</summary>
    public static int Code(ShiftMode mode) => mode == ShiftMode.ScipyWrap ? 0 : 1;

    /// <summary>Queues it.</summary>
    /// <param name="source">float32 of the shape, aligned to 16 bytes.</param>
    /// <param name="target">The same, overwritten; not the source.</param>
    /// <param name="shifts">float32 (rows, N, 1, 2): (dy, dx), cut off at one less than the side.</param>
    /// <param name="step">One float32: the row of the table that counts; beyond it the last.</param>
    public void Launch(DevicePointer source, DevicePointer target, DevicePointer shifts, DevicePointer step, int rows, TensorShape shape, ShiftMode mode)
    {
        _ = ImageParts.Of(shape);
        _shift.Launch(
            library.BlocksPerImage((shape.CountPerImage + 3) / 4, shape.N),
            source, target, shifts, step, rows, shape.N, shape.H, shape.W, shape.C, Code(mode));
    }
}
