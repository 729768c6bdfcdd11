using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels;

/// <summary>Losses in page-locked host memory that kernels write through its device address: reading them asks nothing of the GPU.</summary>
/// <remarks>float32 (steps, images, columns). A row is whole once <see cref="IReplay.StepsCompleted"/> is beyond it: that count follows events, which order the device's writes before the host's reads.</remarks>
internal sealed class CudaLossLog : ILossLog
{
    private readonly PinnedMemory _memory;

    /// <summary>Creates a log whose rows are NaN until written.</summary>
    public CudaLossLog(CudaBackend owner, CudaContext context, int steps, int images, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(images, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        Owner = owner;
        Steps = steps;
        Images = images;
        Columns = columns;
        _memory = PinnedMemory.Allocate(context, (long)steps * images * columns * sizeof(float));
        _memory.Span<float>().Fill(float.NaN);
    }

    /// <summary>The backend that writes it.</summary>
    public CudaBackend Owner { get; }

    /// <summary>The log as kernels see it: float32 (steps, images, columns).</summary>
    public DevicePointer Pointer => _memory.DevicePointer;

    /// <inheritdoc/>
    public int Steps { get; }

    /// <inheritdoc/>
    public int Images { get; }

    /// <inheritdoc/>
    public int Columns { get; }

    /// <inheritdoc/>
    public void Read(int first, Span<double> values)
    {
        int row = Images * Columns;
        if (first < 0 || values.Length % row != 0 || first + (values.Length / row) > Steps)
        {
            throw new ArgumentException($"{values.Length} values from row {first} are not whole rows of {row} values within {Steps} rows.");
        }

        Span<float> log = _memory.Span<float>().Slice(first * row, values.Length);
        for (int i = 0; i < log.Length; i++)
        {
            values[i] = log[i];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();
}
