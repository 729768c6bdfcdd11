namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Scratch memory of a program: one part that all threads share within a pass, and one part for each thread.</summary>
internal sealed unsafe class Workspace : IDisposable
{
    /// <summary>Floats at the head of each thread's part: a window, its half-way result, a tile.</summary>
    public const int TileFloats = (36 + 36 + 16) * 16;

    private const int CacheLine = 64;
    private const int LargePage = 2 << 20;
    private readonly NativeBuffer _shared;
    private readonly NativeBuffer _own;
    private readonly nint _stride;

    public Workspace(long sharedBytes, long bytesPerThread, int threads)
    {
        _stride = Stride(bytesPerThread);
        _shared = new NativeBuffer(Math.Max(CacheLine, sharedBytes), clear: false);
        _own = new NativeBuffer(OwnBytes(bytesPerThread, threads), clear: true);
    }

    /// <summary>What it takes, without taking it.</summary>
    public static long BytesFor(long sharedBytes, long bytesPerThread, int threads) => Math.Max(CacheLine, sharedBytes) + OwnBytes(bytesPerThread, threads);

    public float* Shared => _shared.Floats;

    /// <summary>A thread's room for tiles: <see cref="TileFloats"/>.</summary>
    public float* Tile(int worker) => _own.Floats + (worker * _stride);

    /// <summary>A thread's room behind that.</summary>
    public float* Own(int worker) => _own.Floats + (worker * _stride) + TileFloats;

    // Threads' parts begin in lines of their own, apart by an odd number of them.
    private static nint Stride(long bytesPerThread) => (((nint)(bytesPerThread / CacheLine) | 1) * 16) + 32;

    // Large enough for large pages: a tile's products lie in 36 places.
    private static long OwnBytes(long bytesPerThread, int threads) => Math.Max(LargePage, Stride(bytesPerThread) * threads * sizeof(float));

    public void Dispose()
    {
        _shared.Dispose();
        _own.Dispose();
    }
}
