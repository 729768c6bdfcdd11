using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>value[n] = weight * sum over channels of the mean over positions.</summary>
internal sealed class ChannelMean(KernelLibrary library)
{
    private readonly Kernel _mean = library.Kernel("ChannelMean", "channel_mean_f32");

    /// <summary>Device memory traffic: one read.</summary>
    public static long Bytes(TensorShape shape) => 4 * shape.Count;

    /// <summary>Queues it: one launch, the last block of an image adds up its parts.</summary>
    /// <param name="tap">float32 of the shape, aligned to 16 bytes.</param>
    /// <param name="value">float32 (N), overwritten.</param>
    public void Launch(DevicePointer tap, double weight, DevicePointer value, TensorShape shape, ReductionScratch scratch)
    {
        ImageParts cut = ImageParts.Of(shape);
        _mean.Launch(cut.Grid(shape.N), tap, weight / ((double)shape.H * shape.W), value, scratch.Parts, scratch.Counters, cut.Count, cut.PerPart);
    }
}
