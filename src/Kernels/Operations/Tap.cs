using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>The channels that are wanted of the tap, and their gradients' way back into all channels.</summary>
internal sealed class Tap(KernelLibrary library)
{
    private readonly ElementKernels _gather = new(library, "Tap", "tap_gather");
    private readonly ElementKernels _scatter = new(library, "Tap", "tap_scatter");
    private readonly ElementKernels _mean = new(library, "Tap", "tap_mean");

    /// <summary>Device memory traffic of the gathering: a 32-byte sector read per value (at most), a float32 written.</summary>
    public static long GatherBytes(long images, long positions, int channels, int wanted, ElementType type) =>
        images * positions * (Math.Min(32L * wanted, (long)channels * Elements.Size(type)) + (4L * wanted));

    /// <summary>Device memory traffic of the scattering: the mask read, all channels written, the gradient read.</summary>
    public static long ScatterBytes(long images, long positions, int channels, int wanted, bool masked, ElementType type) =>
        images * positions * (((masked ? 2L : 1L) * channels * Elements.Size(type)) + (4L * wanted));

    /// <summary>Queues tap[n, p, k] = y[n, p, index[n, k]], 0 where the index is -1.</summary>
    /// <param name="y">T (N, positions, channels).</param>
    /// <param name="index">int32 (N, wanted).</param>
    /// <param name="tap">float32 (N, positions, wanted), overwritten.</param>
    public void Gather(DevicePointer y, DevicePointer index, DevicePointer tap, int images, int positions, int channels, int wanted, ElementType type, DevicePointer status, int mark) =>
        _gather[type].Launch(library.BlocksPerImage((long)positions * wanted, images), y, index, tap, positions, channels, wanted, status, mark);

    /// <summary>Queues a gathering.</summary>
    public void Gather(TapReading reading) =>
        Gather(reading.Source, reading.Index, reading.Tap, reading.Images, reading.Positions, reading.Channels, reading.Wanted, reading.Type, reading.Status, reading.Mark);

    /// <summary>Queues the gathering, value[n] = weight * sum over channels of the mean over positions, as <see cref="ChannelMean"/> has it, and where it is wanted the scattering.</summary>
    /// <param name="reading">What is gathered.</param>
    /// <param name="value">float32 (N), overwritten.</param>
    /// <param name="scratch">The tap's.</param>
    /// <param name="scattering">Of the same positions and channels; or null.</param>
    public void Mean(TapReading reading, double weight, DevicePointer value, ReductionScratch scratch, TapScattering? scattering)
    {
        ImageParts cut = ImageParts.Of(new TensorShape(reading.Images, reading.Positions, 1, reading.Wanted));
        Dim3 grid = cut.Grid(reading.Images);
        TapScattering s = scattering ?? new TapScattering(default, default, default, default, default, 0);
        if (scattering is not null)
        {
            ElementKernels.RequireEights(reading.Channels, "channels");
            grid = new Dim3(Math.Max(grid.X, library.BlocksPerImage((long)reading.Positions * (reading.Channels / 8), reading.Images).X), grid.Y);
        }

        _mean[reading.Type].Launch(
            grid, reading.Source, reading.Index, reading.Tap, reading.Positions, reading.Channels, reading.Wanted, reading.Status, reading.Mark,
            weight / reading.Positions, value, scratch.Parts, scratch.Counters, cut.Parts, cut.PerPart,
            s.Gradient, s.First, s.Next, s.Mask, s.Target, s.Scale);
    }

    /// <summary>Queues dy[n, p, c] = T(scale * sum of gradient[n, p, k] over the k whose index is c), 0 where none is; and 0 where mask[n, p, c] is not above 0.</summary>
    /// <param name="gradient">float32 (N, positions, wanted).</param>
    /// <param name="first">int32 (N, channels): the first k whose index is c, or -1.</param>
    /// <param name="next">int32 (N, wanted): the next k with the same index, or -1.</param>
    /// <param name="mask">T (N, positions, channels), what the ReLU gave; or none.</param>
    /// <param name="dy">T (N, positions, channels), aligned to 16 bytes, wholly overwritten; channels a multiple of 8.</param>
    public void Scatter(DevicePointer gradient, DevicePointer first, DevicePointer next, DevicePointer mask, DevicePointer dy, int images, int positions, int channels, int wanted, ElementType type, float scale)
    {
        ElementKernels.RequireEights(channels, "channels");
        _scatter[type].Launch(library.BlocksPerImage((long)positions * (channels / 8), images), gradient, first, next, mask, dy, positions, channels, wanted, scale);
    }
}
