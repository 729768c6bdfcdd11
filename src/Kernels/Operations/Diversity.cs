using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>How alike the channels' products of a group's images are, and the gradient, in four launches.</summary>
internal sealed class Diversity(KernelLibrary library)
{
    private readonly Kernel _gram = library.Kernel("Diversity", "gram_f32");
    private readonly Kernel _normalize = library.Kernel("Diversity", "gram_normalize_f32");
    private readonly Kernel _compare = library.Kernel("Diversity", "gram_compare_f32");
    private readonly Kernel _backward = library.Kernel("Diversity", "gram_backward_f32");

    /// <summary>Device memory traffic, where the caches hold a tap and a group's products: the tap read twice, the gradient read and written, the products written and read three times.</summary>
    public static long Bytes(TensorShape shape) => (16 * shape.Count) + (16L * shape.N * shape.C * shape.C);

    /// <summary>Queues it.</summary>
    /// <param name="tap">float32 of the shape.</param>
    /// <param name="grams">float32 (N, C, C), overwritten.</param>
    /// <param name="lengths">float32 (N, 2), overwritten.</param>
    /// <param name="value">float32 (N), overwritten.</param>
    /// <param name="gradient">float32 of the shape, added to.</param>
    public void Launch(DevicePointer tap, int group, double weight, DevicePointer grams, DevicePointer lengths, DevicePointer value, DevicePointer gradient, TensorShape shape)
    {
        _ = ImageParts.Of(shape);
        int positions = shape.H * shape.W;
        int square = checked(shape.C * shape.C);
        double share = weight / group;
        _gram.Launch(library.BlocksPerImage(square, shape.N), tap, grams, positions, shape.C);
        _normalize.Launch(shape.N, grams, lengths, square);
        _compare.Launch(shape.N, grams, lengths, value, share, group, square);
        _backward.Launch(library.BlocksPerImage(shape.CountPerImage, shape.N), tap, grams, lengths, gradient, share, group, positions, shape.C);
    }
}
