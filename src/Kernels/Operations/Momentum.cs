using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>velocity = decay * velocity + g; image -= rate * velocity; and what the step ends with.</summary>
internal sealed class Momentum(KernelLibrary library)
{
    private readonly Kernel _step = library.Kernel("Momentum", "momentum_f32");

    /// <summary>Device memory traffic: three reads, two writes.</summary>
    public static long Bytes(long count) => 20 * count;

    /// <summary>Queues it.</summary>
    /// <param name="image">float32 of the shape, aligned to 16 bytes, overwritten.</param>
    /// <param name="gradient">The same; not changed, but where it is divided.</param>
    /// <param name="velocity">The same, overwritten.</param>
    /// <param name="counter">One uint32, 0 before and behind; none where there is no end.</param>
    public void Launch(DevicePointer image, DevicePointer gradient, DevicePointer velocity, TensorShape shape, double rate, double decay, Division division, DevicePointer counter, StepEnd end)
    {
        ImageParts cut = ImageParts.Of(shape);
        _step.Launch(
            cut.Grid(shape.N),
            image, gradient, velocity, division.Parts, cut.Parts, division.Epsilon, counter, cut.Count, cut.PerPart, (float)rate, (float)decay, end.Argument());
    }
}
