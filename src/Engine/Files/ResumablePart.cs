namespace VggCuda.Engine.Files;

/// <summary>The beginning of a file that comes piece by piece and is kept between runs: <c>NAME.part</c>, and beside it <c>NAME.part.etag</c>.</summary>
/// <remarks>
/// Held open exclusively while it is written, which is the lock against a second process. Beside it a note of one line may say which
/// version of the file the bytes belong to. Both are opened without following links that may have been put in their place.
/// </remarks>
public sealed class ResumablePart : IDisposable
{
    private const string Ending = ".part";
    private const string NoteEnding = ".etag";
    private const int MostNameBytes = 255;

    // No note is longer; a longer line would be a damaged one.
    private const int MostNoteLength = 300;
    private readonly string _target;
    private readonly string _path;
    private readonly Stream _stream;
    private bool _closed;

    private ResumablePart(string target, string path, Stream stream)
    {
        Target = target;
        _target = RealPath.Of(target);
        _path = path;
        _stream = stream;
        Length = stream.Length;
    }

    /// <summary>The file that the part is to become, as it was named.</summary>
    public string Target { get; }

    /// <summary>Bytes so far; only what was written counts.</summary>
    public long Length { get; private set; }

    /// <summary>The bytes so far, to be read.</summary>
    public Stream Content => _stream;

    /// <summary>Where the part of a target is kept: beside the file itself, if the target is a link to it.</summary>
    public static string PathOf(string target)
    {
        string real = RealPath.Of(target);
        string name = PartNames.Shorten(Path.GetFileName(real), MostNameBytes - Ending.Length - NoteEnding.Length);
        return Path.Combine(Path.GetDirectoryName(real)!, name + Ending);
    }

    /// <summary>Bytes of a target that an earlier run has left; 0 where there is none.</summary>
    public static long BytesKept(string target)
    {
        FileInfo part = new(PathOf(target));
        return part.Exists && part.LinkTarget is null ? part.Length : 0;
    }

    /// <summary>Opens a part for reading and writing, exclusively, creating it where it is missing.</summary>
    /// <exception cref="IOException">It cannot be created, or there is a link in its place, or another process has it.</exception>
    public static FileStream OpenStream(string path)
    {
        try
        {
            return new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException) when (File.Exists(path) || new FileInfo(path).LinkTarget is not null)
        {
            return PosixFile.OpenUnfollowed(path, FileAccess.ReadWrite);
        }
    }

    /// <summary>Opens or creates the part of a target.</summary>
    /// <param name="target">The file that it is to become.</param>
    /// <param name="open">How its stream is opened; null for <see cref="OpenStream"/>.</param>
    /// <returns>The part, or null where another process is writing it.</returns>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public static ResumablePart? TryOpen(string target, Func<string, Stream>? open = null)
    {
        string path = PathOf(target);
        open ??= OpenStream;
        try
        {
            for (int attempt = 0; attempt < 10; attempt++)
            {
                Stream stream = open(path);
                // Another process may have finished and renamed the file between our finding and our locking it.
                if (File.Exists(path))
                {
                    return new ResumablePart(target, path, stream);
                }

                stream.Dispose();
            }

            throw new IOException("it disappears as soon as it is made.");
        }
        catch (IOException e) when (IsLocked(e))
        {
            return null;
        }
    }

    /// <summary>The note on the bytes so far, or null.</summary>
    public string? ReadNote()
    {
        try
        {
            using StreamReader reader = new(PosixFile.OpenUnfollowed(NotePath, FileAccess.Read));
            char[] buffer = new char[MostNoteLength];
            string line = new string(buffer, 0, reader.ReadBlock(buffer)).Trim();
            return line.Length is > 0 and < MostNoteLength && line.All(c => c is >= ' ' and <= '~') ? line : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Empties the part for a new version of the file.</summary>
    /// <param name="note">What tells the version, one line; null for nothing.</param>
    public void Restart(string? note)
    {
        _stream.SetLength(0);
        Length = 0;
        // Anew, so that a link in its place goes.
        File.Delete(NotePath);
        if (note is not null)
        {
            using StreamWriter writer = new(new FileStream(NotePath, FileMode.CreateNew, FileAccess.Write));
            writer.Write(note + "\n");
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

    /// <summary>Gives the part the target's name and removes the note.</summary>
    /// <param name="replace">Whether a file of that name may be replaced.</param>
    /// <exception cref="IOException">It cannot be renamed, or a file is there that may not be replaced.</exception>
    public void Publish(bool replace)
    {
        if (_stream is FileStream file)
        {
            Placement.Finish(file, _target);
        }

        // Renamed under the lock where the system can; Windows renames closed files only.
        if (OperatingSystem.IsWindows())
        {
            _stream.Dispose();
        }

        Placement.Move(_path, _target, replace);
        _closed = true;
        PosixFile.FlushFolder(Path.GetDirectoryName(_target)!);
        File.Delete(NotePath);
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
            Delete();
        }

        _stream.Dispose();
        if (!_closed && Length == 0 && OperatingSystem.IsWindows())
        {
            Delete();
        }

        _closed = true;
    }

    private string NotePath => _path + NoteEnding;

    private void Delete()
    {
        PartNames.TryDelete(_path);
        PartNames.TryDelete(NotePath);
    }

    // EAGAIN of flock on Linux and macOS, ERROR_SHARING_VIOLATION on Windows.
    private static bool IsLocked(IOException e) => e.HResult is 11 or 35 or unchecked((int)0x80070020);
}
