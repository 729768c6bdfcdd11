using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>value[n] = weight * mean of tap^2 over an image, and its gradient, in one launch.</summary>
internal sealed class MeanSquare(KernelLibrary library)
{
    private readonly Kernel _mean = library.Kernel("MeanSquare", "mean_square_f32");

    /// <summary>Device memory traffic: the tap read, the gradient read and written.</summary>
    public static long Bytes(TensorShape shape) => 12 * shape.Count;

    /// <summary>Queues it.</summary>
    /// <param name="tap">float32 of the shape, aligned to 16 bytes.</param>
    /// <param name="value">float32 (N), overwritten.</param>
    /// <param name="gradient">float32 of the shape, aligned to 16 bytes, added to.</param>
    public void Launch(DevicePointer tap, double weight, DevicePointer value, DevicePointer gradient, TensorShape shape, ReductionScratch scratch)
    {
        ImageParts cut = ImageParts.Of(shape);
        double factor = weight / shape.CountPerImage;
        _mean.Launch(cut.Grid(shape.N), tap, factor, (float)(2 * factor), value, gradient, scratch.Parts, scratch.Counters, cut.Count, cut.PerPart);
    }
}
