using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>From the image to the network's first tensor, and the gradient back: channel order, means, number type and padding to eight channels in one pass.</summary>
internal sealed class NetworkInput(KernelLibrary library)
{
    private readonly ElementKernels _forward = new(library, "NetworkInput", "network_input");
    private readonly ElementKernels _backward = new(library, "NetworkInput", "network_input_backward");
    private readonly ElementKernels _backwardSum = new(library, "NetworkInput", "network_input_backward_sum_sixth");

    /// <summary>Device memory traffic, either way: three float32 and eight numbers per pixel.</summary>
    public static long Bytes(long pixels, ElementType type) => (12 + (8L * Elements.Size(type))) * pixels;

    /// <summary>A pre-processing as the kernels take it: whether channels are reversed, and the means in the network's order.</summary>
    public static (int Reversed, float Mean0, float Mean1, float Mean2) Arguments(Preprocessing preprocessing)
    {
        ReadOnlySpan<double> means = Vgg16Means.Bgr;
        return preprocessing == Preprocessing.Vgg16 ? (1, (float)means[0], (float)means[1], (float)means[2]) : default;
    }

    /// <summary>Queues y[p, 0..2] = T(image[p, order]) - mean, y[p, 3..7] = 0. Raw: order as is, no mean. Vgg16: BGR, minus <see cref="Vgg16Means"/>.</summary>
    /// <param name="image">float32 (pixels, 3).</param>
    /// <param name="y">T (pixels, 8), aligned to 16 bytes, overwritten.</param>
    public void Forward(DevicePointer image, DevicePointer y, long pixels, Preprocessing preprocessing, ElementType type)
    {
        (int reversed, float mean0, float mean1, float mean2) = Arguments(preprocessing);
        _forward[type].Launch(library.Blocks(pixels), image, y, pixels, reversed, mean0, mean1, mean2);
    }

    /// <summary>Queues gradient[p, order] = scale * dy[p, 0..2]: the transpose of <see cref="Forward"/>.</summary>
    /// <param name="dy">T (pixels, 8), aligned to 16 bytes.</param>
    /// <param name="gradient">float32 (pixels, 3), overwritten.</param>
    /// <param name="status">One int32 that gets <paramref name="mark"/> where a result is not finite; or none.</param>
    /// <param name="scales">float32 (images): instead of <paramref name="scale"/>, for each image its own; or none.</param>
    /// <param name="pixelsEach">Pixels of an image; only with <paramref name="scales"/>.</param>
    public void Backward(DevicePointer dy, DevicePointer gradient, long pixels, Preprocessing preprocessing, ElementType type, float scale, DevicePointer status, int mark, DevicePointer scales = default, int pixelsEach = 1) =>
        _backward[type].Launch(library.Blocks(pixels), dy, gradient, pixels, preprocessing == Preprocessing.Vgg16 ? 1 : 0, scale, scales, pixelsEach, status, mark);

    /// <summary>Queues the same, and in the same launch what <see cref="LpNorm.SumSixth"/> does.</summary>
    /// <param name="image">float32 of the shape, aligned to 16 bytes.</param>
    /// <param name="shape">The image's; its pixels need not be those of the gradient.</param>
    /// <param name="scratch">Its parts are overwritten.</param>
    public void BackwardAndSum(
        DevicePointer dy, DevicePointer gradient, long pixels, Preprocessing preprocessing, ElementType type, float scale, DevicePointer status, int mark, DevicePointer scales, int pixelsEach,
        DevicePointer image, TensorShape shape, ReductionScratch scratch)
    {
        ImageParts cut = ImageParts.Of(shape);
        _backwardSum[type].Launch(
            cut.Grid(shape.N), dy, gradient, pixels, preprocessing == Preprocessing.Vgg16 ? 1 : 0, scale, scales, pixelsEach, status, mark, image, scratch.Parts, cut.Count, cut.PerPart);
    }
}
