namespace VggCuda.Engine.Files;

/// <summary>A file being written beside its place, held open and locked until it is renamed.</summary>
internal sealed class StagedPart : IDisposable
{
    private const int BufferSize = 64 * 1024;
    private const int MostAttempts = 100;
    private readonly FileStream _file;
    private readonly bool _replace;
    private readonly string _part;
    private string? _old;
    private bool _isPlaced;

    private StagedPart(OutputTarget target, bool replace, string part, FileStream file)
    {
        Target = target;
        _replace = replace;
        _part = part;
        _file = file;
    }

    public OutputTarget Target { get; }

    /// <summary>Creates the part, empty; parts that dead runs left of the same target go, where that is wanted.</summary>
    /// <param name="target">Its place.</param>
    /// <param name="replace">Whether a file may be there.</param>
    /// <param name="length">Bytes to allocate, 0 for none.</param>
    /// <param name="sweeps">Whether parts of dead runs go.</param>
    /// <exception cref="IOException">It cannot be created, or a file is there that may not be replaced.</exception>
    public static StagedPart Create(OutputTarget target, bool replace, long length = 0, bool sweeps = true)
    {
        target.DemandFree(replace);
        if (sweeps)
        {
            PartNames.Sweep(target.Path);
        }

        FileStreamOptions options = new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            // No buffer of its own: it would try to write the rest once more while a failure unwinds.
            BufferSize = 0,
            PreallocationSize = length,
        };
        if (!OperatingSystem.IsWindows() && Placement.ModeOf(target.Path) is UnixFileMode mode)
        {
            // What only its owner may read is not for others while it is written either.
            options.UnixCreateMode = mode;
        }

        for (int attempt = 1; ; attempt++)
        {
            string part = PartNames.Next(target.Path, PartNames.Part);
            try
            {
                return new StagedPart(target, replace, part, new FileStream(part, options));
            }
            catch (IOException) when (attempt < MostAttempts && IsThere(part))
            {
                // Not ours, so it stays: another machine's on a shared disk, or a link that somebody has planted.
                PartNames.Release(part);
            }
            catch (Exception e) when (FileWriteException.From(target, e, part) is { } better)
            {
                PartNames.Release(part);
                throw better;
            }
        }
    }

    /// <summary>Writes the content from its beginning to its end.</summary>
    public void Write(Action<Stream> write)
    {
        BufferedStream buffered = new(new ReportingStream(_file, Target), BufferSize);
        write(buffered);
        buffered.Flush();
        Finish();
    }

    /// <summary>Writes the content in any order.</summary>
    public void Write(long length, Action<WriteAt> write)
    {
        Report(() => RandomAccess.SetLength(_file.SafeFileHandle, length));
        write(At);
        Finish();

        void At(ReadOnlySpan<byte> bytes, long offset)
        {
            try
            {
                RandomAccess.Write(_file.SafeFileHandle, bytes, offset);
            }
            catch (Exception e) when (FileWriteException.From(Target, e, _part) is { } better)
            {
                throw better;
            }
        }
    }

    /// <summary>Gives the part its real name.</summary>
    /// <param name="keepOld">Whether the file that it replaces is kept for <see cref="PutBack"/>.</param>
    /// <exception cref="IOException">It cannot be renamed, or a file has appeared that may not be replaced.</exception>
    public void Place(bool keepOld)
    {
        if (OperatingSystem.IsWindows())
        {
            // Windows renames closed files only.
            _file.Dispose();
        }

        string? old = keepOld ? PartNames.Next(Target.Path, PartNames.Old) : null;
        try
        {
            _old = Placement.Move(_part, Target.Path, _replace, old) ? old : null;
            _isPlaced = true;
        }
        catch (IOException) when (!_replace && File.Exists(Target.Path))
        {
            throw Target.Exists();
        }
        catch (Exception e) when (FileWriteException.From(Target, e, _part) is { } better)
        {
            throw better;
        }
        finally
        {
            if (old is not null && _old is null)
            {
                PartNames.TryDelete(old);
                PartNames.Release(old);
            }
        }
    }

    /// <summary>Takes the file out of its place again, and puts the one before it back.</summary>
    /// <returns>Null, or where the old file lies if it could not be put back.</returns>
    public string? PutBack()
    {
        if (!_isPlaced)
        {
            return null;
        }

        string? old = _old;
        try
        {
            if (old is null)
            {
                File.Delete(Target.Path);
            }
            else
            {
                File.Move(old, Target.Path, overwrite: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"'{Target.Given}' is the new one already{(old is null ? "" : $", the old one is '{old}'")}.";
        }
        finally
        {
            if (old is not null)
            {
                PartNames.Release(old);
                _old = null;
            }
        }

        return null;
    }

    /// <summary>Removes the part, or the file that it has replaced.</summary>
    public void Dispose()
    {
        if (!_isPlaced)
        {
            PartNames.TryDelete(_part);
        }

        _file.Dispose();
        if (!_isPlaced && OperatingSystem.IsWindows())
        {
            PartNames.TryDelete(_part);
        }

        PartNames.Release(_part);
        if (_old is not null)
        {
            PartNames.TryDelete(_old);
            PartNames.Release(_old);
            _old = null;
        }
    }

    private void Finish() => Report(() => Placement.Finish(_file, Target.Path));

    private void Report(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (FileWriteException.From(Target, e, _part) is { } better)
        {
            throw better;
        }
    }

    private static bool IsThere(string path) => File.Exists(path) || Directory.Exists(path) || new FileInfo(path).LinkTarget is not null;
}
