using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>2x2 maximum with stride 2, its places in two bits each, and the way back.</summary>
internal sealed class MaxPool(KernelLibrary library)
{
    private readonly ElementKernels _forward = new(library, "MaxPool", "max_pool");
    private readonly ElementKernels _backward = new(library, "MaxPool", "max_pool_backward");

    /// <summary>Device memory traffic of the way forward: four numbers read and one written per output, and two bits.</summary>
    public static long Bytes(long outputs, ElementType type) => (outputs * 5 * Elements.Size(type)) + (outputs / 4);

    /// <summary>Device memory traffic of the way back: one number and two bits read, four numbers written per output.</summary>
    public static long BackwardBytes(long outputs, ElementType type) => Bytes(outputs, type);

    /// <summary>Queues the 2x2 maximum with stride 2, an odd last row or column dropped; the first maximum in row-major order wins.</summary>
    /// <param name="x">T (N, H, W, C), aligned to 16 bytes; C a multiple of 8.</param>
    /// <param name="y">T (N, H/2, W/2, C), the same.</param>
    /// <param name="argmax">2 bits per output (4 to a byte, output i in bits 2(i mod 4) of byte i/4), value 2 * row + column; or none.</param>
    public void Forward(DevicePointer x, DevicePointer y, DevicePointer argmax, int images, int height, int width, int channels, ElementType type, DevicePointer status, int mark) =>
        _forward[type].Launch(library.BlocksPerImage(Threads(height, width, channels), images), x, y, argmax, height, width, channels, status, mark);

    /// <summary>Queues dx = dy where the window's maximum was, 0 elsewhere (a dropped row or column included); height and width are dx's.</summary>
    /// <param name="dy">T (N, H/2, W/2, C), aligned to 16 bytes.</param>
    /// <param name="argmax">From <see cref="Forward"/>.</param>
    /// <param name="dx">T (N, H, W, C), wholly overwritten.</param>
    public void Backward(DevicePointer dy, DevicePointer argmax, DevicePointer dx, int images, int height, int width, int channels, ElementType type) =>
        _backward[type].Launch(library.BlocksPerImage(Threads(height, width, channels), images), dy, argmax, dx, height, width, channels);

    private static long Threads(int height, int width, int channels)
    {
        ElementKernels.RequireEights(channels, "channels");
        if (height < 2 || width < 2)
        {
            throw new ArgumentException($"{height} x {width} has no window of 2 x 2.");
        }

        long threads = (long)(height / 2) * (width / 2) * (channels / 8);
        return threads <= 1 << 30 ? threads : throw new ArgumentException($"{height} x {width} x {channels} is too large an image for one launch.");
    }
}
