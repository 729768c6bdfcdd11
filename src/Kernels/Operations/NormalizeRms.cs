using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>gradient /= sqrt(mean(gradient^2)) + epsilon: a pass for the sum, a pass for the division.</summary>
internal sealed class NormalizeRms(KernelLibrary library)
{
    private readonly Kernel _sum = library.Kernel("NormalizeRms", "sum_of_squares_f32");
    private readonly Kernel _divide = library.Kernel("NormalizeRms", "divide_by_rms_f32");

    /// <summary>Device memory traffic: two reads, one write.</summary>
    public static long Bytes(TensorShape shape) => 12 * shape.Count;

    /// <summary>Queues it.</summary>
    /// <param name="gradient">float32 of the shape, aligned to 16 bytes, overwritten.</param>
    public void Launch(DevicePointer gradient, double epsilon, TensorShape shape, ReductionScratch scratch)
    {
        ImageParts cut = ImageParts.Of(shape);
        Dim3 grid = cut.Grid(shape.N);
        _sum.Launch(grid, gradient, scratch.Parts, cut.Count, cut.PerPart);
        _divide.Launch(grid, gradient, scratch.Parts, cut.Parts, epsilon, cut.Count, cut.PerPart);
    }
}
