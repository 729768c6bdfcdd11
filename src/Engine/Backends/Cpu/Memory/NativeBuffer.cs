using System.Runtime.InteropServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>A block of aligned native memory. The owner disposes it; a finaliser catches what was forgotten.</summary>
internal sealed unsafe partial class NativeBuffer : IDisposable
{
    private const nuint LargePage = 2 << 20;
    private const nuint CacheLine = 64;
    private static long _liveBytes;
    private void* _pointer;

    /// <summary>Allocates.</summary>
    /// <param name="bytes">Size.</param>
    /// <param name="clear">Whether it must be zero.</param>
    /// <exception cref="DeviceMemoryException">There is not enough memory.</exception>
    public NativeBuffer(long bytes, bool clear)
    {
        bool large = bytes >= (long)LargePage;
        try
        {
            // One line more than asked for: kernels may prefetch behind the end.
            _pointer = NativeMemory.AlignedAlloc((nuint)bytes + CacheLine, large ? LargePage : CacheLine);
        }
        catch (OutOfMemoryException e)
        {
            throw new DeviceMemoryException($"The CPU backend could not get {bytes >> 20} MiB of memory.", bytes, null, e);
        }

        Bytes = bytes;
        Interlocked.Add(ref _liveBytes, bytes);
        if (large && OperatingSystem.IsLinux())
        {
            // Fewer, larger pages: weights are streamed, and faulting in a gigabyte by 4 KiB pages takes a quarter of a second. Advice only.
            _ = Advise(_pointer, (nuint)bytes, AdviseHugePage);
        }

        if (clear)
        {
            NativeMemory.Clear(_pointer, (nuint)bytes);
        }
    }

    ~NativeBuffer() => Free();

    /// <summary>Bytes of all buffers of this process.</summary>
    public static long LiveBytes => Interlocked.Read(ref _liveBytes);

    /// <summary>Size.</summary>
    public long Bytes { get; }

    /// <summary>Start, aligned to 64 bytes at least.</summary>
    public float* Floats => (float*)_pointer;

    /// <summary>Start, aligned to 64 bytes at least.</summary>
    public void* Pointer => _pointer;

    /// <summary>Allocates floats.</summary>
    public static NativeBuffer OfFloats(long count, bool clear = true) => new(count * sizeof(float), clear);

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_pointer is not null)
        {
            NativeMemory.AlignedFree(_pointer);
            _pointer = null;
            Interlocked.Add(ref _liveBytes, -Bytes);
        }
    }

    private const int AdviseHugePage = 14;

    // madvise(2).
    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
