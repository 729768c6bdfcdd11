namespace VggCuda.Engine.Files;

/// <summary>Questions about paths that are asked before anything is written.</summary>
public static class FilePaths
{
    /// <summary>The path that the links on the way lead to; what does not exist keeps its name.</summary>
    /// <exception cref="IOException">Links lead in a circle.</exception>
    public static string Resolve(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return RealPath.Of(path);
    }

    /// <summary>Whether two paths lead to the same file: by links, by another spelling, or (on Linux) as two names of one file. Neither need exist.</summary>
    public static bool AreSame(string first, string second)
    {
        ArgumentException.ThrowIfNullOrEmpty(first);
        ArgumentException.ThrowIfNullOrEmpty(second);
        StringComparison comparison = OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        return string.Equals(RealPath.Of(first), RealPath.Of(second), comparison)
            || (PosixFile.IdentityOf(first) is { } identity && identity == PosixFile.IdentityOf(second));
    }

    /// <summary>Whether a path is a pipe, a device or an open descriptor (<c>/dev/stdout</c>), so that there is no file to replace: it is written as it is.</summary>
    public static bool IsDevice(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string real = RealPath.Of(path);
        return RealPath.IsDescriptor(real) || KindOf(real) is FileKind.CharacterDevice or FileKind.Pipe;
    }

    /// <summary>Whether a path is this process's standard output, by any of its names (<c>/dev/stdout</c>, <c>/dev/fd/1</c>).</summary>
    public static bool IsStandardOutput(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string real = RealPath.Of(path);
        return RealPath.IsDescriptor(real) && Path.GetFileName(real) == "1"
            && (real.StartsWith("/dev/", StringComparison.Ordinal) || real.StartsWith($"/proc/{Environment.ProcessId}/", StringComparison.Ordinal));
    }

    private static FileKind KindOf(string path)
    {
        try
        {
            return PosixFile.KindOf(path);
        }
        catch (PathTooLongException)
        {
            return FileKind.Missing;
        }
    }
}
