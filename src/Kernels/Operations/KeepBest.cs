using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>Keeps total, step and image where the total is lower than the best so far; and whatever else a step ends with.</summary>
internal sealed class KeepBest(KernelLibrary library)
{
    private readonly Kernel _keep = library.Kernel("KeepBest", "keep_best_f32");

    /// <summary>Queues it.</summary>
    /// <param name="image">float32 of the shape, aligned to 16 bytes.</param>
    /// <param name="end">What is kept, copied and written down.</param>
    public void Launch(DevicePointer image, TensorShape shape, ReductionScratch scratch, StepEnd end)
    {
        ImageParts cut = ImageParts.Of(shape);
        _keep.Launch(cut.Grid(shape.N), image, scratch.Counters, cut.Count, cut.PerPart, end.Argument());
    }
}
