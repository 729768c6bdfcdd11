using System.Buffers;
using System.Runtime.InteropServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Float32 values, (N, H, W, C) in C order: in aligned native memory, or where the caller has them.</summary>
internal sealed unsafe class CpuTensor : ITensor
{
    private readonly NativeBuffer? _buffer;
    private MemoryHandle _pin;
    private float* _data;

    public CpuTensor(CpuBackend owner, TensorShape shape)
    {
        Owner = owner;
        Shape = shape;
        _buffer = NativeBuffer.OfFloats(shape.Count);
        _data = _buffer.Floats;
        owner.Opened();
    }

    /// <summary>A tensor in memory of the caller's, which stays where it is until the tensor is disposed of.</summary>
    /// <param name="owner">Its backend.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="values">As many values.</param>
    public CpuTensor(CpuBackend owner, TensorShape shape, Memory<float> values)
    {
        Owner = owner;
        Shape = shape;
        _pin = values.Pin();
        _data = (float*)_pin.Pointer;
        owner.Opened();
    }

    /// <summary>The backend that it belongs to.</summary>
    public CpuBackend Owner { get; }

    /// <inheritdoc/>
    public TensorShape Shape { get; }

    /// <summary>First value.</summary>
    /// <exception cref="ObjectDisposedException">Already disposed.</exception>
    public float* Data
    {
        get
        {
            float* data = _data;
            ObjectDisposedException.ThrowIf(data is null, this);
            return data;
        }
    }

    /// <summary>Values of one image.</summary>
    public int CountPerImage => checked((int)Shape.CountPerImage);

    /// <summary>Fills it with zeros.</summary>
    public void Clear() => NativeMemory.Clear(Data, (nuint)Shape.Count * sizeof(float));

    /// <summary>One image's values.</summary>
    public Span<float> Image(int n) => new(Data + (n * Shape.CountPerImage), CountPerImage);

    public void Dispose()
    {
        if (_data is not null)
        {
            _data = null;
            _buffer?.Dispose();
            _pin.Dispose();
            Owner.Closed();
        }
    }
}
