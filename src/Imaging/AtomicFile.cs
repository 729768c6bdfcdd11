namespace VggCuda.Imaging;

/// <summary>Files that are either whole or not there: written beside their place under another name, flushed to the disk, then renamed.</summary>
public static class AtomicFile
{
    private const int BufferSize = 64 * 1024;

    /// <summary>Writes a file, replacing one of the same name only when all of the new one is on the disk.</summary>
    /// <param name="path">Where to. A link is followed. The folder must exist. A device such as <c>/dev/stdout</c> is written directly.</param>
    /// <param name="write">Writes the content. Whatever it throws leaves this method as it is.</param>
    /// <exception cref="IOException">The folder is missing or not writable, the disk is full, or the path is a folder.
    /// The message names the path and the cause and is fit to be shown to a user; nothing is left behind.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        if (IsDevice(path))
        {
            Fill(path, path, FileMode.Open, write, flushToDisk: false);
            return;
        }

        string target = Target(path);
        string beside = Path.Combine(Path.GetDirectoryName(target)!, $".vggcuda-{Guid.NewGuid():N}.part");
        try
        {
            Fill(path, beside, FileMode.CreateNew, write, flushToDisk: true);
            Move(path, beside, target);
        }
        catch
        {
            Discard(beside);
            throw;
        }
    }

    /// <summary>Writes a file of the given bytes.</summary>
    /// <inheritdoc cref="Write(string, Action{Stream})"/>
    public static void Write(string path, ReadOnlyMemory<byte> bytes) => Write(path, stream => stream.Write(bytes.Span));

    private static void Fill(string path, string place, FileMode mode, Action<Stream> write, bool flushToDisk)
    {
        FileStream file;
        try
        {
            // No buffer of its own: it would try to write the rest once more while a failure unwinds.
            file = new FileStream(place, mode, FileAccess.Write, FileShare.Read, bufferSize: 0);
        }
        catch (Exception e) when (Translate(path, e) is { } better)
        {
            throw better;
        }

        using (file)
        {
            BufferedStream buffered = new(new ReportingStream(file, path), BufferSize);
            write(buffered);
            buffered.Flush();
            try
            {
                file.Flush(flushToDisk);
            }
            catch (Exception e) when (Translate(path, e) is { } better)
            {
                throw better;
            }
        }
    }

    // Renaming over a device would replace it, and nothing can be written beside a pipe.
    private static bool IsDevice(string path)
    {
        string full = Path.GetFullPath(path);
        bool device = full.StartsWith("/dev/", StringComparison.Ordinal) && !full.StartsWith("/dev/shm/", StringComparison.Ordinal);
        return !OperatingSystem.IsWindows() && (device || full.StartsWith("/proc/", StringComparison.Ordinal)) && File.Exists(path);
    }

    private static string Target(string path)
    {
        string full = Path.GetFullPath(path);
        if (Directory.Exists(full))
        {
            throw new WriteFailure(path, "it is a folder.");
        }

        string folder = Path.GetDirectoryName(full) ?? throw new WriteFailure(path, "it is no file name.");
        if (!Directory.Exists(folder))
        {
            throw new WriteFailure(path, File.Exists(folder) ? $"'{folder}' is a file, not a folder." : $"the folder '{folder}' does not exist.");
        }

        try
        {
            return new FileInfo(full).LinkTarget is null ? full : File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
        }
        catch (Exception e) when (Translate(path, e) is { } better)
        {
            throw better;
        }
    }

    private static void Move(string path, string beside, string target)
    {
        try
        {
            File.Move(beside, target, overwrite: true);
        }
        catch (Exception e) when (Translate(path, e) is { } better)
        {
            throw better;
        }
    }

    private static void Discard(string beside)
    {
        try
        {
            File.Delete(beside);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The first failure is the one worth telling.
        }
    }

    private static WriteFailure? Translate(string path, Exception e) => e switch
    {
        UnauthorizedAccessException => new WriteFailure(path, "access denied; choose another folder or change its permissions.", e),
        PathTooLongException => new WriteFailure(path, "the name is too long.", e),
        IOException io => new WriteFailure(path, Cause(io), e),

        // What the runtime makes of EFBIG.
        ArgumentOutOfRangeException => new WriteFailure(path, "the file would be larger than the system allows.", e),
        _ => null,
    };

    // The system's numbers. Linux: ENOSPC 28, EROFS 30, EDQUOT 122; Windows: ERROR_HANDLE_DISK_FULL 39, ERROR_DISK_FULL 112.
    private static string Cause(IOException e) => (OperatingSystem.IsWindows() ? e.HResult & 0xFFFF : e.HResult) switch
    {
        28 when !OperatingSystem.IsWindows() => "the disk is full.",
        30 when !OperatingSystem.IsWindows() => "the file system is read-only.",
        122 when OperatingSystem.IsLinux() => "the disk quota is used up.",
        39 or 112 when OperatingSystem.IsWindows() => "the disk is full.",
        _ => e.Message,
    };

    /// <summary>An <see cref="IOException"/> whose message already names the path meant.</summary>
    private sealed class WriteFailure(string path, string cause, Exception? inner = null) : IOException($"Cannot write '{path}': {cause}", inner);

    /// <summary>Passes bytes on, and gives failures a message that names the file meant, not the one beside it.</summary>
    private sealed class ReportingStream(FileStream inner, string path) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            try
            {
                inner.Write(buffer);
            }
            catch (Exception e) when (Translate(path, e) is { } better)
            {
                throw better;
            }
        }
    }
}
