using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>The adjoint of <see cref="Shift"/>: each pixel gathers what was filled from it.</summary>
internal sealed class ShiftBackward(KernelLibrary library)
{
    private readonly Kernel _shift = library.Kernel("ShiftBackward", "shift_backward_f32");

    /// <summary>Device memory traffic: one read, one write.</summary>
    public static long Bytes(TensorShape shape) => 8 * shape.Count;

    /// <summary>Queues it.</summary>
    /// <param name="gradient">float32 of the shape.</param>
    /// <param name="target">The same, overwritten; not the gradient.</param>
    /// <param name="shifts">float32 (rows, N, 1, 2): (dy, dx), cut off at one less than the side.</param>
    /// <param name="step">One float32: the row of the table that counts; beyond it the last.</param>
    public void Launch(DevicePointer gradient, DevicePointer target, DevicePointer shifts, DevicePointer step, int rows, TensorShape shape, ShiftMode mode)
    {
        _ = ImageParts.Of(shape);
        _shift.Launch(
            library.BlocksPerImage(shape.CountPerImage, shape.N),
            gradient, target, shifts, step, rows, shape.N, shape.H, shape.W, shape.C, Shift.Code(mode));
    }
}
