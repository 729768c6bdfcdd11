using Microsoft.Win32.SafeHandles;

namespace VggCuda.Hdf5Loader.Format;

/// <summary>Bytes at offsets: a file, memory, or a part of either. Safe to read from several threads.</summary>
internal abstract class ByteSource : IDisposable
{
    /// <summary>Number of bytes.</summary>
    public abstract long Length { get; }

    /// <summary>Fills <paramref name="destination"/> from an offset.</summary>
    /// <exception cref="Hdf5Exception">The range does not lie in the source, or the file has been shortened since.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > Length || destination.Length > Length - offset)
        {
            throw new Hdf5Exception($"points at bytes {offset} to {offset + destination.Length}, behind its end at {Length}; it is damaged.");
        }

        ReadCore(offset, destination);
    }

    /// <summary>Whether what was read is still what is there, as far as length and time of writing tell.</summary>
    public virtual bool IsUnchanged => true;

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Fills the destination; the range has been checked.</summary>
    protected abstract void ReadCore(long offset, Span<byte> destination);
}

/// <summary>A file, opened once and read by position; never mapped, since another program that shortened a mapped file would end this one.</summary>
internal sealed class FileSource : ByteSource
{
    private readonly SafeFileHandle _handle;
    private readonly DateTime _written;

    public FileSource(string path)
    {
        _handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        Length = RandomAccess.GetLength(_handle);
        _written = File.GetLastWriteTimeUtc(_handle);
    }

    public override bool IsUnchanged => RandomAccess.GetLength(_handle) == Length && File.GetLastWriteTimeUtc(_handle) == _written;

    public override long Length { get; }

    public override void Dispose() => _handle.Dispose();

    protected override void ReadCore(long offset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            int read = RandomAccess.Read(_handle, destination, offset);
            if (read == 0)
            {
                throw new Hdf5Exception("was shortened while it was being read.");
            }

            destination = destination[read..];
            offset += read;
        }
    }
}

/// <summary>Bytes in memory.</summary>
internal sealed class MemorySource(ReadOnlyMemory<byte> bytes) : ByteSource
{
    public override long Length => bytes.Length;

    public override void Dispose()
    {
    }

    protected override void ReadCore(long offset, Span<byte> destination) =>
        bytes.Span.Slice((int)offset, destination.Length).CopyTo(destination);
}

/// <summary>A part of another source: what follows a user block, a stored member of an archive.</summary>
internal sealed class PartSource(ByteSource whole, long start, long length) : ByteSource
{
    public override long Length => length;

    /// <summary>Where the part begins in the whole.</summary>
    public long Start => start;

    /// <summary>The whole stays its owner's.</summary>
    public override void Dispose()
    {
    }

    protected override void ReadCore(long offset, Span<byte> destination) => whole.Read(start + offset, destination);
}
