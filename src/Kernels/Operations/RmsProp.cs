using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>cache = decay * cache + (1 - decay) * g^2; image -= rate * g / sqrt(cache + epsilon); and what the step ends with.</summary>
internal sealed class RmsProp(KernelLibrary library)
{
    private readonly Kernel _step = library.Kernel("RmsProp", "rms_prop_f32");

    /// <summary>Device memory traffic: three reads, two writes.</summary>
    public static long Bytes(long count) => 20 * count;

    /// <summary>Queues it.</summary>
    /// <param name="image">float32 of the shape, aligned to 16 bytes, overwritten.</param>
    /// <param name="gradient">The same; not changed, but where it is divided.</param>
    /// <param name="cache">The same, overwritten.</param>
    /// <param name="counter">One uint32, 0 before and behind; none where there is no end.</param>
    public void Launch(DevicePointer image, DevicePointer gradient, DevicePointer cache, TensorShape shape, double rate, double decay, double epsilon, Division division, DevicePointer counter, StepEnd end)
    {
        ImageParts cut = ImageParts.Of(shape);
        _step.Launch(
            cut.Grid(shape.N),
            image, gradient, cache, division.Parts, cut.Parts, division.Epsilon, counter, cut.Count, cut.PerPart, (float)rate, (float)decay, (float)(1 - decay), (float)epsilon, end.Argument());
    }
}
