using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Programs;

/// <summary>Two page-locked buffers and two on the device, used in turn: while one piece is copied and rearranged, the next is read.</summary>
internal sealed class PieceBuffers : IDisposable
{
    private readonly CudaContext _context;
    private readonly CudaStream _stream;
    private readonly int _length;
    private readonly PinnedMemory?[] _host = new PinnedMemory?[2];
    private readonly DeviceMemory?[] _device = new DeviceMemory?[2];
    private readonly CudaEvent?[] _done = new CudaEvent?[2];
    private int _turn;
    private int _count;

    /// <summary>Creates the buffers' owner; they are allocated when first used.</summary>
    /// <param name="context">Where.</param>
    /// <param name="stream">Where copies are queued.</param>
    /// <param name="length">float32 values that a piece has at most, where no single row is longer.</param>
    public PieceBuffers(CudaContext context, CudaStream stream, int length)
    {
        _context = context;
        _stream = stream;
        _length = length;
    }

    /// <summary>Where the content of the buffer given last will lie on the device.</summary>
    public DevicePointer Device => _device[_turn]!.Pointer;

    /// <summary>A buffer to read into, free by now.</summary>
    public Span<float> Next(int count)
    {
        _turn = 1 - _turn;
        _done[_turn]?.Synchronize();
        long bytes = (long)count * sizeof(float);
        if (_host[_turn] is null || _host[_turn]!.Bytes < bytes)
        {
            _host[_turn]?.Dispose();
            _host[_turn] = null;
            _device[_turn]?.Dispose();
            _device[_turn] = null;

            // Small networks are content with small buffers.
            long size = Math.Max(bytes, Math.Min((long)_length * sizeof(float), 4 * bytes));
            _host[_turn] = PinnedMemory.Allocate(_context, size);
            _device[_turn] = DeviceMemory.Allocate(_context, size, "a buffer for weights on their way");
        }

        _count = count;
        return _host[_turn]!.Span<float>()[..count];
    }

    /// <summary>Queues the copy of the buffer just filled.</summary>
    public unsafe void Send() => _stream.CopyToDevice(_device[_turn]!.Pointer, _host[_turn]!.Host, (long)_count * sizeof(float));

    /// <summary>Says that everything that reads the piece has been queued.</summary>
    public void Sent()
    {
        _done[_turn] ??= CudaEvent.Create(_context);
        _done[_turn]!.Record(_stream);
    }

    /// <summary>Waits for everything queued.</summary>
    public void Finish() => _stream.Synchronize();

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_context.IsLost)
        {
            // After a failure something may still be reading; freeing page-locked memory waits by itself, but only for copies.
            CuDriver.cuStreamSynchronize(_stream.Raw);
        }

        for (int i = 0; i < 2; i++)
        {
            _done[i]?.Dispose();
            _host[i]?.Dispose();
            _device[i]?.Dispose();
        }
    }
}
