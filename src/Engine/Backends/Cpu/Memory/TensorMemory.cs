using System.Buffers;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>A tensor's values as memory of .NET's. Each span is asked of the tensor, so that none is given out once it has been disposed of.</summary>
internal sealed unsafe class TensorMemory(CpuTensor tensor) : MemoryManager<float>
{
    private readonly int _count = checked((int)tensor.Shape.Count);

    /// <inheritdoc/>
    public override Memory<float> Memory => CreateMemory(_count);

    /// <inheritdoc/>
    public override Span<float> GetSpan() => new(tensor.Data, _count);

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => new(tensor.Data + elementIndex);

    /// <inheritdoc/>
    public override void Unpin()
    {
        // The values never move.
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // The tensor's owner disposes of it.
    }
}
