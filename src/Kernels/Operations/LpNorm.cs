using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>Lp norm: a pass for the sum, a pass for value and gradient. p = 6 needs no powers; any other p a pass for the largest magnitude first.</summary>
internal sealed class LpNorm(KernelLibrary library)
{
    private readonly Kernel _sumSixth = library.Kernel("LpNorm", "lp_sum_sixth_f32");
    private readonly Kernel _applySixth = library.Kernel("LpNorm", "lp_apply_sixth_f32");
    private readonly Kernel _largest = library.Kernel("LpNorm", "lp_largest_f32");
    private readonly Kernel _sum = library.Kernel("LpNorm", "lp_sum_f32");
    private readonly Kernel _apply = library.Kernel("LpNorm", "lp_apply_f32");
    private readonly Kernel _countLargest = library.Kernel("LpNorm", "lp_count_largest_f32");
    private readonly Kernel _applyLargest = library.Kernel("LpNorm", "lp_apply_largest_f32");

    /// <summary>Device memory traffic: the image twice (p = 6) or three times, the gradient read and written.</summary>
    public static long Bytes(TensorShape shape, double p) => (p == 6 ? 16 : 20) * shape.Count;

    /// <summary>Queues it.</summary>
    /// <param name="image">float32 of the shape, aligned to 16 bytes.</param>
    /// <param name="value">float32 (N), overwritten.</param>
    /// <param name="gradient">float32 of the shape, aligned to 16 bytes, added to.</param>
    public void Launch(DevicePointer image, double p, double weight, DevicePointer value, DevicePointer gradient, TensorShape shape, ReductionScratch scratch)
    {
        ImageParts cut = ImageParts.Of(shape);
        Dim3 grid = cut.Grid(shape.N);
        double factor = weight / shape.CountPerImage;
        if (p == 6)
        {
            SumSixth(image, shape, scratch);
            ApplySixth(image, weight, value, gradient, shape, scratch);
        }
        else if (double.IsPositiveInfinity(p))
        {
            _largest.Launch(grid, image, scratch.Parts, 0, cut.Count, cut.PerPart);
            _countLargest.Launch(grid, image, scratch.Parts, cut.Parts, scratch.MoreParts, cut.Count, cut.PerPart);
            _applyLargest.Launch(grid, image, scratch.Parts, scratch.MoreParts, cut.Parts, factor, value, gradient, cut.Count, cut.PerPart);
        }
        else
        {
            _largest.Launch(grid, image, scratch.Parts, 1, cut.Count, cut.PerPart);
            _sum.Launch(grid, image, scratch.Parts, cut.Parts, p, scratch.MoreParts, cut.Count, cut.PerPart);
            _apply.Launch(grid, image, scratch.Parts, scratch.MoreParts, cut.Parts, p, factor, value, gradient, cut.Count, cut.PerPart);
        }
    }

    /// <summary>Queues the first pass for p = 6: the sums of the images' parts.</summary>
    /// <param name="image">float32 of the shape, aligned to 16 bytes.</param>
    /// <param name="scratch">Its parts are overwritten.</param>
    public void SumSixth(DevicePointer image, TensorShape shape, ReductionScratch scratch)
    {
        ImageParts cut = ImageParts.Of(shape);
        _sumSixth.Launch(cut.Grid(shape.N), image, scratch.Parts, cut.Count, cut.PerPart);
    }

    /// <summary>Queues the second pass for p = 6, arguments as for <see cref="Launch"/>.</summary>
    public void ApplySixth(DevicePointer image, double weight, DevicePointer value, DevicePointer gradient, TensorShape shape, ReductionScratch scratch)
    {
        ImageParts cut = ImageParts.Of(shape);
        _applySixth.Launch(cut.Grid(shape.N), image, scratch.Parts, cut.Parts, weight / shape.CountPerImage, value, gradient, cut.Count, cut.PerPart);
    }
}
