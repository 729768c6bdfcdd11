using System.Runtime.InteropServices;

namespace VggCuda.Bench.Weights;

/// <summary>Native memory for many weights, owned by this object: aligned to 2 MiB and, on Linux, asked to be backed by huge pages.</summary>
/// <remarks>Filling 528 MB of fresh 4 KiB pages spends more time on page faults than on copying; with 2 MiB pages there are 512 times fewer.</remarks>
public sealed unsafe partial class NativeBuffer : IDisposable
{
    private const int HugePage = 2 << 20;

    // MADV_HUGEPAGE of Linux's <bits/mman-linux.h>.
    private const int AdviseHugePages = 14;

    private float* _memory;

    /// <summary>Allocates the memory; its contents are undefined.</summary>
    /// <param name="length">Number of values, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 1.</exception>
    /// <exception cref="OutOfMemoryException">There is not enough memory.</exception>
    public NativeBuffer(long length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        Length = length;
        nuint bytes = checked((nuint)length * sizeof(float));
        bool large = bytes >= 2 * HugePage;
        _memory = (float*)NativeMemory.AlignedAlloc(bytes, large ? (nuint)HugePage : 64);
        GC.AddMemoryPressure((long)bytes);
        if (large && OperatingSystem.IsLinux())
        {
            // Advice only: where it is refused, the memory is as good, and slower to fill. The last part of a page stays small.
            _ = MAdvise(_memory, bytes / HugePage * HugePage, AdviseHugePages);
        }
    }

    /// <summary>Frees memory that nobody disposed.</summary>
    ~NativeBuffer() => Free();

    /// <summary>Number of values.</summary>
    public long Length { get; }

    /// <summary>A part of the memory.</summary>
    /// <param name="start">First value.</param>
    /// <param name="count">Number of values.</param>
    /// <exception cref="ArgumentOutOfRangeException">It does not lie in the buffer.</exception>
    /// <exception cref="ObjectDisposedException">The memory has been freed.</exception>
    public Span<float> Slice(long start, int count)
    {
        ObjectDisposedException.ThrowIf(_memory is null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Length - count);
        return new Span<float>(_memory + start, count);
    }

    /// <summary>Frees the memory. No span of it may be used afterwards.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_memory is not null)
        {
            NativeMemory.AlignedFree(_memory);
            _memory = null;
            GC.RemoveMemoryPressure(Length * sizeof(float));
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MAdvise(void* address, nuint length, int advice);
}
