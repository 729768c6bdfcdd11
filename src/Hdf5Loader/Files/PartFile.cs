using System.Security.Cryptography;

namespace VggCuda.Hdf5Loader.Files;

/// <summary>The part of a file that has been downloaded so far: <c>NAME.part</c>, and beside it <c>NAME.part.etag</c>.</summary>
/// <remarks>
/// Held open exclusively while it is written, which is the lock against a second process: its open fails. The sidecar holds the server's
/// validator, one line: a strong entity tag or an HTTP date, sent back as If-Range, so that no two versions are glued together.
/// </remarks>
internal sealed class PartFile : IDisposable
{
        private readonly string _path;
    private readonly Stream _stream;
    private bool _closed;

    private PartFile(string target, string path, Stream stream)
    {
        Target = target;
        _path = path;
        _stream = stream;
        Length = stream.Length;
    }

    /// <summary>The file that the part is to become.</summary>
    public string Target { get; }

    /// <summary>Bytes so far; only what was written counts.</summary>
    public long Length { get; private set; }

    /// <summary>Whether the bytes may come from more than one version of the file: they came in several answers.</summary>
    public bool Pieced { get; set; }

    /// <summary>Where the part of a target is kept.</summary>
    public static string PathOf(string target) => target + ".part";

    /// <summary>Opens or creates the part of a target.</summary>
    /// <exception cref="DownloadException">Another process is at it, or it cannot be opened.</exception>
    public static PartFile Open(string target, Func<string, Stream> open)
    {
        string path = PathOf(target);
        try
        {
            for (int attempt = 0; attempt < 10; attempt++)
            {
                Stream stream = open(path);
                // Another process may have finished and renamed the file between our finding and our locking it.
                if (File.Exists(path))
                {
                    PartFile part = new(target, path, stream);
                    part.Pieced = part.Length > 0;
                    return part;
                }

                stream.Dispose();
            }

            throw new DownloadException($"{path}: disappears as soon as it is made.");
        }
        catch (IOException e) when (IsLocked(e))
        {
            throw new DownloadException($"{path}: another process is downloading this file. Wait for it, or end it and repeat the command.", e);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or (IOException and not DownloadException))
        {
            throw new DownloadException($"{path}: cannot be written: {e.Message}", e);
        }
    }

    /// <summary>The server's validator of the bytes so far, or null.</summary>
    public string? ReadValidator()
    {
        try
        {
            using StreamReader reader = new(SidecarPath);
            // No validator is longer; a longer line would be a damaged sidecar.
            char[] buffer = new char[300];
            string line = new string(buffer, 0, reader.ReadBlock(buffer)).Trim();
            return line.Length is > 0 and < 300 && line.All(c => c is >= ' ' and <= '~') ? line : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Empties the part for a new version of the file.</summary>
    public void Restart(string? validator)
    {
        _stream.SetLength(0);
        Length = 0;
        Pieced = false;
        if (validator is null)
        {
            File.Delete(SidecarPath);
        }
        else
        {
            File.WriteAllText(SidecarPath, validator + "\n");
        }
    }

    /// <summary>Adds bytes at the end.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _stream.Position = Length;
            _stream.Write(bytes);
        }
        catch (IOException)
        {
            // A full disk takes some of the bytes: cut back to what is known.
            _stream.SetLength(Length);
            throw;
        }

        Length += bytes.Length;
    }

    /// <summary>The MD5 of all bytes.</summary>
    public string Md5(IProgress<FileProgress> progress, CancellationToken cancellation)
    {
        _stream.Flush();
        return FileDigest.Of(_stream, HashAlgorithmName.MD5, progress, cancellation);
    }

    /// <summary>Gives the part the target's name and removes the sidecar.</summary>
    public void Publish(bool replace)
    {
        if (_stream is FileStream file)
        {
            file.Flush(flushToDisk: true);
        }

        // Renamed under the lock where the system can; Windows renames closed files only.
        if (OperatingSystem.IsWindows())
        {
            _stream.Dispose();
        }

        File.Move(_path, Target, replace);
        _closed = true;
        File.Delete(SidecarPath);
    }

    /// <summary>Removes the part.</summary>
    public void Discard()
    {
        Restart(null);
        Dispose();
    }

    /// <summary>Closes the part, which stays unless it is empty.</summary>
    public void Dispose()
    {
        if (!_closed && Length == 0)
        {
            // Under the lock too, so that nobody else's fresh part is removed.
            TryDelete();
        }

        _stream.Dispose();
        if (!_closed && Length == 0 && OperatingSystem.IsWindows())
        {
            TryDelete();
        }

        _closed = true;
    }

    private string SidecarPath => _path + ".etag";

    private void TryDelete()
    {
        try
        {
            File.Delete(_path);
            File.Delete(SidecarPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // An empty part left behind harms nobody; the failure that led here is what the user should read.
        }
    }

    // EAGAIN of flock on Linux and macOS, ERROR_SHARING_VIOLATION on Windows.
    private static bool IsLocked(IOException e) => e.HResult is 11 or 35 or unchecked((int)0x80070020);
}
