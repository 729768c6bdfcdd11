using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>A view of an RGB picture taken into the network: <see cref="Warp"/> and <see cref="NetworkInput"/> in one pass, with the bits of the two.</summary>
internal sealed class WarpedInput(KernelLibrary library)
{
    private readonly ElementKernels _kernels = new(library, "WarpedInput", "warped_input");

    /// <summary>Device memory traffic: the picture read, three float32 and eight numbers written per pixel of the view; 12 bytes a pixel less than the two passes.</summary>
    public static long Bytes(long from, long pixels, ElementType type) => (12 * from) + ((12 + (8L * Elements.Size(type))) * pixels);

    /// <summary>Queues it; arguments as for <see cref="Warp.Forward"/>.</summary>
    /// <param name="y">T (N, H, W, 8), aligned to 16 bytes, overwritten.</param>
    public void Launch(
        DevicePointer source, TensorShape sourceShape, DevicePointer view, TensorShape viewShape, DevicePointer y, DevicePointer maps, DevicePointer step, int rows, double outside, Preprocessing preprocessing, ElementType type)
    {
        _ = ImageParts.Of(sourceShape);
        _ = ImageParts.Of(viewShape);
        (int reversed, float mean0, float mean1, float mean2) = NetworkInput.Arguments(preprocessing);
        _kernels[type].Launch(
            library.BlocksPerImage((long)viewShape.H * viewShape.W, viewShape.N), source, view, y, maps, step, rows, viewShape.N,
            sourceShape.H, sourceShape.W, viewShape.H, viewShape.W, (float)outside, Warp.Back(outside), reversed, mean0, mean1, mean2);
    }
}
