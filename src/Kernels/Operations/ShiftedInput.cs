using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>The jitter fused into the network's input: <see cref="Shift"/> and <see cref="NetworkInput"/> in one pass, with the bits of the two.</summary>
/// <remarks>The gradient arrives at the shifted image, where the optimiser works, so its way back is <see cref="NetworkInput.Backward"/> alone: no shift is undone.</remarks>
internal sealed class ShiftedInput(KernelLibrary library)
{
    private readonly ElementKernels _kernels = new(library, "ShiftedInput", "shifted_input");

    /// <summary>Device memory traffic: three float32 read, three float32 and eight numbers written per pixel; 12 bytes a pixel less than the two passes.</summary>
    public static long Bytes(long pixels, ElementType type) => (24 + (8L * Elements.Size(type))) * pixels;

    /// <summary>Queues it.</summary>
    /// <param name="image">float32 of the shape (N, H, W, 3).</param>
    /// <param name="shifted">The same, overwritten; not the image.</param>
    /// <param name="y">T (N, H, W, 8), aligned to 16 bytes, overwritten.</param>
    /// <param name="shifts">float32 (rows, N, 1, 2): (dy, dx), cut off at one less than the side.</param>
    /// <param name="step">One float32: the row of the table that counts; beyond it the last.</param>
    public void Launch(DevicePointer image, DevicePointer shifted, DevicePointer y, DevicePointer shifts, DevicePointer step, int rows, TensorShape shape, ShiftMode mode, Preprocessing preprocessing, ElementType type)
    {
        _ = ImageParts.Of(shape);
        (int reversed, float mean0, float mean1, float mean2) = NetworkInput.Arguments(preprocessing);
        _kernels[type].Launch(
            library.BlocksPerImage((long)shape.H * shape.W, shape.N),
            image, shifted, y, shifts, step, rows, shape.N, shape.H, shape.W, Shift.Code(mode), reversed, mean0, mean1, mean2);
    }
}
