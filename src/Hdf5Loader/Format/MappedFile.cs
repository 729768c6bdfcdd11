using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VggCuda.Hdf5Loader.Format;

/// <summary>A file mapped read-only. Its pages are the page cache's own: nothing is copied, nothing allocated.</summary>
internal sealed unsafe partial class MappedFile : IDisposable
{
    // MADV_POPULATE_READ of Linux 5.14: maps a range in one call, and fails where the file has become too short.
    private const int PopulateRead = 22;
    private const int PageSize = 4096;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _memory;
    private readonly long _length;

    public MappedFile(SafeFileHandle handle)
    {
        _length = RandomAccess.GetLength(handle);
        _file = MemoryMappedFile.CreateFromFile(handle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, true);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _memory);
        _memory += _view.PointerOffset;
    }

    /// <summary>Values in place. The offset is a multiple of 4.</summary>
    public ReadOnlySpan<float> Values(long offset, int count)
    {
        long bytes = (long)count * sizeof(float);
        if (offset < 0 || bytes > _length - offset)
        {
            throw new Hdf5Exception("was shortened while it was being read.");
        }

        if (OperatingSystem.IsLinux())
        {
            long first = offset / PageSize * PageSize;
            _ = MAdvise(_memory + first, (nuint)(offset + bytes - first), PopulateRead);
        }

        return new ReadOnlySpan<float>(_memory + offset, count);
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MAdvise(void* address, nuint length, int advice);
}
