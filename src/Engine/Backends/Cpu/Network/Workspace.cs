namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Scratch memory of a program: one part that all threads share within a pass, and one part for each thread.</summary>
internal sealed unsafe class Workspace : IDisposable
{
    /// <summary>Floats at the head of each thread's part: a window, its half-way result, a tile.</summary>
    public const int TileFloats = (36 + 36 + 16) * 16;

    private readonly NativeBuffer _shared;
    private readonly NativeBuffer _own;
    private readonly nint _stride;

    public Workspace(long sharedBytes, long bytesPerThread, int threads)
    {
        // Threads' parts begin in lines of their own, apart by an odd number of them.
        _stride = (nint)((bytesPerThread / 64) | 1) * 16 + 32;
        _shared = new NativeBuffer(Math.Max(64, sharedBytes), clear: false);
        _own = NativeBuffer.OfFloats(_stride * threads, clear: true);
        Bytes = _shared.Bytes + _own.Bytes;
    }

    public long Bytes { get; }

    public float* Shared => _shared.Floats;

    /// <summary>A thread's room for tiles: <see cref="TileFloats"/>.</summary>
    public float* Tile(int worker) => _own.Floats + (worker * _stride);

    /// <summary>A thread's room behind that.</summary>
    public float* Own(int worker) => _own.Floats + (worker * _stride) + TileFloats;

    public void Dispose()
    {
        _shared.Dispose();
        _own.Dispose();
    }
}
