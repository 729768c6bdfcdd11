using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>Keeps total, step and image where the total is lower than the best so far.</summary>
internal sealed class KeepBest(KernelLibrary library)
{
    private readonly Kernel _keep = library.Kernel("KeepBest", "keep_best_f32");

    /// <summary>Queues it.</summary>
    /// <param name="total">float32 (N).</param>
    /// <param name="step">One float32.</param>
    /// <param name="image">float32 of the shape, aligned to 16 bytes.</param>
    /// <param name="bestTotal">float32 (N).</param>
    /// <param name="bestStep">float32 (N).</param>
    /// <param name="best">float32 of the shape, aligned to 16 bytes.</param>
    public void Launch(DevicePointer total, DevicePointer step, DevicePointer image, DevicePointer bestTotal, DevicePointer bestStep, DevicePointer best, TensorShape shape, ReductionScratch scratch)
    {
        ImageParts cut = ImageParts.Of(shape);
        _keep.Launch(cut.Grid(shape.N), total, step, image, bestTotal, bestStep, best, scratch.Counters, cut.Count, cut.PerPart);
    }
}
