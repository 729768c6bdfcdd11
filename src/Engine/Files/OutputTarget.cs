namespace VggCuda.Engine.Files;

/// <summary>Where an output goes.</summary>
/// <param name="Given">As the user named it, for messages.</param>
/// <param name="Path">With links resolved.</param>
/// <param name="IsDirect">A pipe, a device or an open descriptor: written as it is, because a file renamed over it would replace it.</param>
internal readonly record struct OutputTarget(string Given, string Path, bool IsDirect)
{
    /// <summary>The folder of the file itself.</summary>
    public string Folder => System.IO.Path.GetDirectoryName(Path)!;

    /// <summary>Follows the links and looks at what is there.</summary>
    /// <exception cref="DirectoryNotFoundException">The folder is missing.</exception>
    /// <exception cref="IOException">The path is a folder, a disk or a socket, or no file can be called that.</exception>
    public static OutputTarget Of(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string real = RealPath.Of(path);
        if (RealPath.IsDescriptor(real))
        {
            return new OutputTarget(path, real, IsDirect: true);
        }

        FileKind kind;
        try
        {
            kind = PosixFile.KindOf(real);
        }
        catch (PathTooLongException e)
        {
            throw new FileWriteException(path, "the name is too long.", e);
        }

        switch (kind)
        {
            case FileKind.CharacterDevice or FileKind.Pipe:
                return new OutputTarget(path, real, IsDirect: true);
            case FileKind.BlockDevice:
                throw Refused(path, "it is a disk; give a file name.");
            case FileKind.Socket:
                throw Refused(path, "it is a socket; give a file name.");
            case FileKind.Folder:
                throw Refused(path, "it is a folder; give a file name.");
        }

        if (System.IO.Path.GetDirectoryName(real) is not string folder || System.IO.Path.EndsInDirectorySeparator(path))
        {
            throw Refused(path, "it is no file name.");
        }

        if (!Directory.Exists(folder))
        {
            throw File.Exists(folder)
                ? Refused(path, $"'{folder}' is a file, not a folder.")
                : new DirectoryNotFoundException($"Cannot write '{path}': the folder '{folder}' does not exist; make it first.");
        }

        return new OutputTarget(path, real, IsDirect: false);
    }

    /// <summary>Throws where a file is there that may not be replaced.</summary>
    /// <exception cref="IOException">It is write-protected, or there and not to be replaced.</exception>
    public void DemandFree(bool replace)
    {
        if (!File.Exists(Path))
        {
            return;
        }

        if (!replace)
        {
            throw Exists();
        }

        if (File.GetAttributes(Path).HasFlag(FileAttributes.ReadOnly))
        {
            throw Refused(Given, "it is write-protected.");
        }
    }

    /// <summary>A file is there and may not be replaced.</summary>
    public IOException Exists() => Refused(Given, "it is there already; choose another name, or say that it may be replaced.");

    private static IOException Refused(string path, string why) => new($"Cannot write '{path}': {why}");
}
