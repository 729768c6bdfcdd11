using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>Lp norm with p = 6 and total variation with exponent 2 in one launch, behind one that has summed up the norm; with the sums of squares that <see cref="NormalizeRms"/> begins with.</summary>
internal sealed class Regularize(KernelLibrary library)
{
    private readonly Kernel _kernel = library.Kernel("Regularize", "regularize_f32");

    /// <summary>Device memory traffic: the image once, the gradient read and written.</summary>
    public static long Bytes(TensorShape shape) => 12 * shape.Count;

    /// <summary>Whether it takes images of a shape: RGB, and lines of whole fours.</summary>
    public static bool Takes(TensorShape shape) => shape.C == 3 && shape.W % 4 == 0;

    /// <summary>Queues it.</summary>
    /// <param name="image">float32 of the shape, aligned to 16 bytes.</param>
    /// <param name="norm">The norm's weight, and float32 (N) for its value.</param>
    /// <param name="variation">The same of the total variation.</param>
    /// <param name="gradient">float32 of the shape, aligned to 16 bytes, added to.</param>
    /// <param name="scratch">The image's: its parts hold the norm's sums, its other parts are overwritten.</param>
    /// <param name="squares">double (N, 512), overwritten with the sums of squares of the gradient's parts; or none.</param>
    public void Launch(DevicePointer image, (double Weight, DevicePointer Value) norm, (double Weight, DevicePointer Value) variation, DevicePointer gradient, TensorShape shape, ReductionScratch scratch, DevicePointer squares)
    {
        ImageParts cut = ImageParts.Of(shape);
        double factor = variation.Weight / shape.CountPerImage;
        _kernel.Launch(
            cut.Grid(shape.N), image, scratch.Parts, cut.Parts, norm.Weight / shape.CountPerImage, norm.Value, (float)(2 * factor), factor, variation.Value, gradient,
            scratch.MoreParts, scratch.Counters, squares, shape.H, shape.W * shape.C, cut.PerPart);
    }
}
