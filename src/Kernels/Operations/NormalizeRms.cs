using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>gradient /= sqrt(mean(gradient^2)) + epsilon: a pass for the sum, a pass for the division, which an optimiser makes beside its own work.</summary>
internal sealed class NormalizeRms(KernelLibrary library)
{
    private readonly Kernel _sum = library.Kernel("NormalizeRms", "sum_of_squares_f32");
    private readonly Kernel _divide = library.Kernel("NormalizeRms", "divide_by_rms_f32");

    /// <summary>Device memory traffic: two reads, one write.</summary>
    public static long Bytes(TensorShape shape) => 12 * shape.Count;

    /// <summary>Queues both.</summary>
    /// <param name="gradient">float32 of the shape, aligned to 16 bytes, overwritten.</param>
    public void Launch(DevicePointer gradient, double epsilon, TensorShape shape, ReductionScratch scratch)
    {
        Sum(gradient, shape, scratch);
        Divide(gradient, epsilon, shape, scratch);
    }

    /// <summary>Queues the sums of squares of the images' parts.</summary>
    /// <param name="gradient">float32 of the shape, aligned to 16 bytes.</param>
    /// <param name="scratch">Its parts are overwritten.</param>
    public void Sum(DevicePointer gradient, TensorShape shape, ReductionScratch scratch)
    {
        ImageParts cut = ImageParts.Of(shape);
        _sum.Launch(cut.Grid(shape.N), gradient, scratch.Parts, cut.Count, cut.PerPart);
    }

    /// <summary>Queues the division by what <see cref="Sum"/> has found.</summary>
    public void Divide(DevicePointer gradient, double epsilon, TensorShape shape, ReductionScratch scratch)
    {
        ImageParts cut = ImageParts.Of(shape);
        _divide.Launch(cut.Grid(shape.N), gradient, scratch.Parts, cut.Parts, epsilon, cut.Count, cut.PerPart);
    }
}
