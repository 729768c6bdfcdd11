using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels;

/// <summary>A float32 array on the GPU, (N, H, W, C) in C order.</summary>
internal sealed class CudaTensor : ITensor
{
    private readonly DeviceMemory? _memory;
    private readonly DevicePointer _pointer;
    private ReductionScratch? _scratch;

    /// <summary>A tensor that owns its memory.</summary>
    public CudaTensor(CudaBackend owner, TensorShape shape, DeviceMemory memory)
    {
        Owner = owner;
        Shape = shape;
        _memory = memory;
    }

    /// <summary>A view of memory that belongs to someone else and outlives the tensor.</summary>
    public CudaTensor(CudaBackend owner, TensorShape shape, DevicePointer pointer)
    {
        Owner = owner;
        Shape = shape;
        _pointer = pointer;
    }

    /// <summary>The backend that it is usable with.</summary>
    public CudaBackend Owner { get; }

    /// <inheritdoc/>
    public TensorShape Shape { get; }

    /// <summary>Device address; throws <see cref="ObjectDisposedException"/> when disposed.</summary>
    public DevicePointer Pointer => _memory?.Pointer ?? _pointer;

    /// <summary>Scratch memory for reductions over this tensor; allocated at the first call, which therefore must not be captured.</summary>
    public ReductionScratch Scratch => _scratch ??= new ReductionScratch(Owner.Stream, Shape.N);

    /// <summary>Whether the two have a byte in common.</summary>
    public bool Shares(CudaTensor other) => Pointer.Overlaps(Shape.Count * sizeof(float), other.Pointer, other.Shape.Count * sizeof(float));

    /// <summary>Whether the two are the same memory, read the same way.</summary>
    public bool IsSame(CudaTensor other) => Pointer == other.Pointer && Shape == other.Shape;

    /// <inheritdoc/>
    public void Dispose()
    {
        _scratch?.Dispose();
        _memory?.Dispose();
    }
}
