using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>A ReLU by itself, and its way back by a rule: where a tap lies before it or at it, so that no convolution can take it along.</summary>
internal sealed class Relu(KernelLibrary library)
{
    private readonly ElementKernels _forward = new(library, "Relu", "relu");
    private readonly ElementKernels _positive = new(library, "Relu", "relu_positive");
    private readonly ElementKernels _seek = new(library, "Relu", "relu_seek");
    private readonly ElementKernels _rescue = new(library, "Relu", "relu_rescue");
    private readonly BiasRelu _plain = new(library);

    /// <summary>Device memory traffic: one read, one write.</summary>
    public static long Bytes(long count, ElementType type) => 2L * Elements.Size(type) * count;

    /// <summary>Device memory traffic of the way back: two reads, one write; one read less for <see cref="ReluRule.Deconvnet"/>.</summary>
    public static long BackwardBytes(long count, ReluRule rule, ElementType type) => (rule == ReluRule.Deconvnet ? 2L : 3L) * Elements.Size(type) * count;

    /// <summary>Queues y = max(x, 0).</summary>
    /// <param name="x">T (count), aligned to 16 bytes; count a multiple of 8.</param>
    /// <param name="y">The same, overwritten; not x.</param>
    public void Forward(DevicePointer x, DevicePointer y, long count, ElementType type) => _forward[type].Launch(library.Blocks(Eights(count)), x, y, Eights(count));

    /// <summary>Queues dx = dy where the rule lets it pass, 0 elsewhere.</summary>
    /// <param name="dy">T (count), aligned to 16 bytes; count a multiple of 8.</param>
    /// <param name="x">T (count): what the ReLU gave; not read for <see cref="ReluRule.Deconvnet"/>.</param>
    /// <param name="dx">T (count); may be dy.</param>
    public void Backward(DevicePointer dy, DevicePointer x, DevicePointer dx, long count, ReluRule rule, ElementType type)
    {
        if (rule == ReluRule.Plain)
        {
            _plain.Backward(dy, x, dx, count, type);
            return;
        }

        _positive[type].Launch(library.Blocks(Eights(count)), dy, rule == ReluRule.Deconvnet ? DevicePointer.None : x, dx, Eights(count));
    }

    /// <summary>Device memory traffic of <see cref="Rescue"/>: while it rescues four reads and one write, else two and one.</summary>
    public static long RescueBytes(long count, bool rescues, ElementType type) => (rescues ? 5L : 3L) * Elements.Size(type) * count;

    /// <summary>Queues, in place, for each image: g where x is above 0, or in the first steps where that leaves nothing of the image's gradient, min(g, 0). See <see cref="ProgramSpec.RescuedSteps"/>.</summary>
    /// <param name="gradient">T (images, count), aligned to 16 bytes; count a multiple of 8.</param>
    /// <param name="x">T of the same shape: what the ReLU gave, or a pooling behind it.</param>
    /// <param name="passes">int32 (images), all 0; overwritten.</param>
    /// <param name="step">One float32: the number of steps done before.</param>
    /// <param name="steps">How many steps rescue.</param>
    /// <param name="count">Values of one image.</param>
    public void Rescue(DevicePointer gradient, DevicePointer x, DevicePointer passes, DevicePointer step, int steps, int images, long count, ElementType type)
    {
        Dim3 grid = library.BlocksPerImage(Eights(count), images);
        _seek[type].Launch(grid, gradient, x, passes, step, steps, Eights(count));
        _rescue[type].Launch(grid, gradient, x, passes, step, steps, Eights(count));
    }

    private static long Eights(long count)
    {
        ElementKernels.RequireEights((int)(count % 8), "numbers beyond whole eights");
        return count / 8;
    }
}
