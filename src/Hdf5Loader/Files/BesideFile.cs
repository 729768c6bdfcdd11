namespace VggCuda.Hdf5Loader.Files;

/// <summary>A file under a temporary name beside its real one, so that no half-written file ever bears the real name.</summary>
/// <remarks>Disposing without <see cref="Publish"/> deletes the temporary file.</remarks>
internal sealed class BesideFile : IDisposable
{
    private readonly string _target;
    private readonly bool _overwrite;
    private bool _published;

    /// <summary>Checks the target and chooses the temporary name; creates nothing.</summary>
    /// <exception cref="IOException">The target is there already and may not be replaced, or its folder is missing.</exception>
    public BesideFile(string target, bool overwrite)
    {
        _target = System.IO.Path.GetFullPath(target);
        _overwrite = overwrite;
        string folder = System.IO.Path.GetDirectoryName(_target) ?? throw new IOException($"{target}: is a folder, not a file name.");
        if (Directory.Exists(_target))
        {
            throw new IOException($"{target}: is a folder; give a file name.");
        }

        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"{target}: there is no folder {folder}; make it first.");
        }

        if (!overwrite && File.Exists(_target))
        {
            throw Exists(target);
        }

        Path = System.IO.Path.Combine(folder, $".{System.IO.Path.GetFileName(_target)}.{System.IO.Path.GetRandomFileName()}.tmp");
    }

    /// <summary>The temporary path, in the target's folder.</summary>
    public string Path { get; }

    /// <summary>Gives the finished, closed file its real name.</summary>
    /// <exception cref="IOException">The target has appeared meanwhile and may not be replaced.</exception>
    public void Publish()
    {
        try
        {
            File.Move(Path, _target, _overwrite);
        }
        catch (IOException) when (!_overwrite && File.Exists(_target))
        {
            throw Exists(_target);
        }

        _published = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_published)
        {
            File.Delete(Path);
        }
    }

    private static IOException Exists(string target) =>
        new($"{target}: is there already; choose another name, or give --overwrite.");
}
