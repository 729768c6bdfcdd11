using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>Adam: means of gradient and square, corrected for their start, and a step; and what the step ends with.</summary>
internal sealed class Adam(KernelLibrary library)
{
    private readonly Kernel _step = library.Kernel("Adam", "adam_f32");

    /// <summary>Device memory traffic: four reads, three writes.</summary>
    public static long Bytes(long count) => 28 * count;

    /// <summary>Queues it.</summary>
    /// <param name="image">float32 of the shape, aligned to 16 bytes, overwritten.</param>
    /// <param name="gradient">The same; not changed, but where it is divided.</param>
    /// <param name="mean">The same, overwritten.</param>
    /// <param name="square">The same, overwritten.</param>
    /// <param name="done">One float32: the number of steps done before.</param>
    /// <param name="counter">One uint32, 0 before and behind; none where there is no end.</param>
    public void Launch(
        DevicePointer image, DevicePointer gradient, DevicePointer mean, DevicePointer square, DevicePointer done, TensorShape shape,
        double rate, double beta1, double beta2, double epsilon, Division division, DevicePointer counter, StepEnd end)
    {
        ImageParts cut = ImageParts.Of(shape);
        _step.Launch(
            cut.Grid(shape.N),
            image, gradient, mean, square, done, division.Parts, cut.Parts, division.Epsilon, counter, cut.Count, cut.PerPart,
            (float)rate, beta1, beta2, (float)(1 - beta1), (float)(1 - beta2), (float)epsilon, end.Argument());
    }
}
