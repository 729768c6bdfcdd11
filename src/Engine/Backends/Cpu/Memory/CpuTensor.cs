using System.Runtime.InteropServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Float32 values in aligned native memory, (N, H, W, C) in C order.</summary>
internal sealed unsafe class CpuTensor : ITensor
{
    private readonly NativeBuffer _buffer;

    public CpuTensor(CpuBackend owner, TensorShape shape)
    {
        Owner = owner;
        Shape = shape;
        _buffer = NativeBuffer.OfFloats(shape.Count);
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
            float* data = _buffer.Floats;
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
        if (_buffer.Floats is not null)
        {
            _buffer.Dispose();
            Owner.Closed();
        }
    }
}
