using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>Where a weight goes: base + position * ByPosition + channel * ByChannel + output * ByOutput, in elements.</summary>
internal readonly record struct WeightStrides(long Base, long ByPosition, long ByChannel, long ByOutput);

/// <summary>Puts weights, as Keras stores them, into a network's layout and number type.</summary>
internal sealed class ArrangeWeights(KernelLibrary library)
{
    private readonly ElementKernels _kernels = new(library, "ArrangeWeights", "arrange_weights");

    /// <summary>Queues a piece.</summary>
    /// <param name="source">float32 (rows, outputs); row = position * channels + channel.</param>
    /// <param name="target">T; the elements named by <paramref name="strides"/> are overwritten.</param>
    /// <param name="firstRow">The row that the piece begins at.</param>
    public void Launch(DevicePointer source, DevicePointer target, int firstRow, int rows, int outputs, int channels, WeightStrides strides, ElementType type)
    {
        long count = (long)rows * outputs;
        _kernels[type].Launch(
            library.Blocks(count), source, target, count, outputs, channels, firstRow, Signed(strides.Base), Signed(strides.ByPosition), Signed(strides.ByChannel), Signed(strides.ByOutput));
    }

    private static ulong Signed(long value) => unchecked((ulong)value);
}
