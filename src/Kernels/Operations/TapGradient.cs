using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>Gradients at a tap inside the network: given ones join what has come from above, wanted ones are read.</summary>
internal sealed class TapGradient(KernelLibrary library)
{
    private readonly ElementKernels _add = new(library, "TapGradient", "tap_gradient_add");
    private readonly ElementKernels _read = new(library, "TapGradient", "tap_gradient_read");

    /// <summary>Device memory traffic of an addition to all channels: the gradient read, the network's read and written.</summary>
    public static long AddBytes(long images, long positions, int channels, int wanted, ElementType type) =>
        images * positions * ((2L * channels * Elements.Size(type)) + (4L * wanted));

    /// <summary>Device memory traffic of the reading: as a gathering at the tap.</summary>
    public static long ReadBytes(long images, long positions, int channels, int wanted, ElementType type) => Tap.GatherBytes(images, positions, channels, wanted, type);

    /// <summary>Queues dy[n, p, c] += T(scale * sum of gradient[n, p, k] over the k whose index is c).</summary>
    /// <param name="gradient">float32 (N, positions, wanted).</param>
    /// <param name="first">int32 (N, channels): as in <see cref="Tap.Scatter"/>.</param>
    /// <param name="next">int32 (N, wanted).</param>
    /// <param name="dy">T (N, positions, channels), aligned to 16 bytes; channels a multiple of 8.</param>
    public void Add(DevicePointer gradient, DevicePointer first, DevicePointer next, DevicePointer dy, int images, int positions, int channels, int wanted, ElementType type, float scale)
    {
        ElementKernels.RequireEights(channels, "channels");
        _add[type].Launch(library.BlocksPerImage((long)positions * (channels / 8), images), gradient, first, next, dy, positions, channels, wanted, scale);
    }

    /// <summary>Queues tap[n, p, k] = scale * dy[n, p, index[n, k]], 0 where the index is -1.</summary>
    /// <param name="dy">T (N, positions, channels).</param>
    /// <param name="index">int32 (N, wanted).</param>
    /// <param name="tap">float32 (N, positions, wanted), overwritten.</param>
    public void Read(DevicePointer dy, DevicePointer index, DevicePointer tap, int images, int positions, int channels, int wanted, ElementType type, float scale, DevicePointer status, int mark) =>
        _read[type].Launch(library.BlocksPerImage((long)positions * wanted, images), dy, index, tap, positions, channels, wanted, scale, status, mark);
}
