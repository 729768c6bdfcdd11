namespace VggCuda.Engine.Files;

/// <summary>A lock on a file that one process has at a time, and that the system takes back when the process ends, however it ends.</summary>
/// <remarks>
/// flock(2) on Linux and macOS. On NFS it is the server's lock and holds between machines, unless the file system was mounted with
/// <c>nolock</c> or <c>local_lock</c>; then, and on file systems that know no locks, it says nothing about other machines:
/// <see cref="IsKept"/> is false where the system refused to lock at all.
/// </remarks>
public sealed class FileLock : IDisposable
{
    private readonly FileStream _file;

    private FileLock(FileStream file, bool isKept)
    {
        _file = file;
        IsKept = isKept;
    }

    /// <summary>Whether the system keeps the lock; false where the file system knows none.</summary>
    public bool IsKept { get; }

    /// <summary>Takes the lock, creating the file where it is missing.</summary>
    /// <param name="path">A file that is nothing but the lock.</param>
    /// <returns>The lock, or null where another process has it.</returns>
    /// <exception cref="IOException">The file cannot be made or opened, or a link lies in its place.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be.</exception>
    public static FileLock? TryTake(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Make(path);
        try
        {
            return new FileLock(PosixFile.OpenUnfollowed(path, FileAccess.ReadWrite), isKept: true);
        }
        catch (IOException e) when (IsHeld(e))
        {
            return null;
        }
        catch (IOException e) when (IsUnknown(e))
        {
            return new FileLock(PosixFile.OpenUnfollowed(path, FileAccess.Read), isKept: false);
        }
    }

    /// <summary>Gives the lock back; the file stays, since another process may have opened it already.</summary>
    public void Dispose() => _file.Dispose();

    private static void Make(string path)
    {
        try
        {
            new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0).Dispose();
        }
        catch (IOException) when (File.Exists(path))
        {
            // It was there.
        }
    }

    // EAGAIN on Linux and macOS, ERROR_SHARING_VIOLATION on Windows.
    private static bool IsHeld(IOException e) => e.HResult is 11 or 35 or unchecked((int)0x80070020);

    // EINVAL, ENOLCK, ENOSYS, EOPNOTSUPP of Linux; ENOTSUP, ENOLCK of macOS.
    private static bool IsUnknown(IOException e) => e.HResult is 22 or 37 or 38 or 95 or 45 or 77;
}
