using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>Makes dense weights of a byte each: round(127 w / m), where m is the largest magnitude of the weight's column.</summary>
internal sealed class QuantizeWeights(KernelLibrary library)
{
    private readonly Kernel _largest = library.Kernel("QuantizeWeights", "column_largest_f32");
    private readonly Kernel _quantize = library.Kernel("QuantizeWeights", "quantize_weights_f32");

    /// <summary>Queues the first pass over a piece.</summary>
    /// <param name="source">float32 (rows, outputs).</param>
    /// <param name="largest">float32 (outputs), raised to the piece's largest magnitudes; 0 at first.</param>
    public void Measure(DevicePointer source, DevicePointer largest, int rows, int outputs) =>
        _largest.Launch(new Dim3((uint)((outputs + Kernel.Block - 1) / Kernel.Block)), source, largest, rows, outputs);

    /// <summary>Queues the second pass over a piece.</summary>
    /// <param name="source">float32 (rows, outputs); row = position * channels + channel.</param>
    /// <param name="largest">Of all pieces.</param>
    /// <param name="target">Bytes; the rows named by <paramref name="strides"/> are overwritten.</param>
    /// <param name="firstRow">The row that the piece begins at.</param>
    public void Launch(DevicePointer source, DevicePointer largest, DevicePointer target, int firstRow, int rows, int outputs, int channels, WeightStrides strides)
    {
        long count = (long)rows * outputs;
        _quantize.Launch(library.Blocks(count), source, largest, target, count, outputs, channels, firstRow, strides.ByPosition, strides.ByChannel);
    }
}
