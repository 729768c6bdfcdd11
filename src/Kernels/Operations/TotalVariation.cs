using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>Total variation: value and gradient in one launch; exponent 2 has kernels without powers, one of them for RGB.</summary>
internal sealed class TotalVariation(KernelLibrary library)
{
    private readonly Kernel _rgb = library.Kernel("TotalVariation", "total_variation_squared_rgb_f32");
    private readonly Kernel _squared = library.Kernel("TotalVariation", "total_variation_squared_f32");
    private readonly Kernel _powered = library.Kernel("TotalVariation", "total_variation_f32");

    /// <summary>Device memory traffic: the image once (its neighbours come from the caches), the gradient read and written.</summary>
    public static long Bytes(TensorShape shape) => 12 * shape.Count;

    /// <summary>Queues it.</summary>
    /// <param name="image">float32 of the shape, aligned to 16 bytes.</param>
    /// <param name="value">float32 (N), overwritten.</param>
    /// <param name="gradient">float32 of the shape, aligned to 16 bytes, added to.</param>
    public void Launch(DevicePointer image, double beta, double weight, DevicePointer value, DevicePointer gradient, TensorShape shape, ReductionScratch scratch)
    {
        ImageParts cut = ImageParts.Of(shape);
        int line = shape.W * shape.C;
        double factor = weight / shape.CountPerImage;
        if (beta == 2)
        {
            // Lines of whole fours keep every image and every line on a 16-byte boundary.
            (shape.C == 3 && line % 4 == 0 ? _rgb : _squared).Launch(cut.Grid(shape.N), image, (float)(2 * factor), factor, value, gradient, scratch.Parts, scratch.Counters, shape.H, line, shape.C, cut.PerPart);
        }
        else
        {
            _powered.Launch(cut.Grid(shape.N), image, beta / 2, (float)(2 * factor), factor, value, gradient, scratch.Parts, scratch.Counters, shape.H, line, shape.C, cut.PerPart);
        }
    }
}
