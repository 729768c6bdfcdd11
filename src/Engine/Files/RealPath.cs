namespace VggCuda.Engine.Files;

/// <summary>Paths with every link on the way resolved, the last one too; what does not exist keeps its name.</summary>
internal static class RealPath
{
    // As Linux counts (path_resolution(7)).
    private const int MostLinks = 40;

    /// <summary>The real path of a file or folder, existing or not.</summary>
    /// <remarks>An open descriptor (<c>/dev/fd/3</c>) keeps its name: what it leads to may have none, or be written at another place than its beginning.</remarks>
    /// <exception cref="IOException">Links lead in a circle.</exception>
    public static string Of(string path)
    {
        // A ".." behind a link means the folder above the one that it points to, so nothing is shortened before links are known.
        string full = OperatingSystem.IsWindows() ? Path.GetFullPath(path) : Path.Combine(Environment.CurrentDirectory, path);
        string at = Path.GetPathRoot(full)!;
        Stack<string> ahead = new();
        Push(ahead, full[at.Length..]);
        int links = 0;
        while (ahead.TryPop(out string? name))
        {
            if (name == "..")
            {
                at = Path.GetDirectoryName(at) ?? at;
                continue;
            }

            string next = Path.Combine(at, name);
            string? link = IsDescriptor(next) ? null : new FileInfo(next).LinkTarget;
            if (link is null)
            {
                at = next;
                continue;
            }

            if (++links > MostLinks)
            {
                throw new IOException($"'{path}' cannot be followed: its links lead in a circle.");
            }

            string root = Path.GetPathRoot(link) ?? "";
            at = root.Length > 0 ? root : at;
            Push(ahead, link[root.Length..]);
        }

        return at;
    }

    /// <summary>Whether a path is <c>/dev/fd/N</c> or <c>/proc/PID/fd/N</c>, to which <c>/dev/stdout</c> leads.</summary>
    public static bool IsDescriptor(string path)
    {
        if (OperatingSystem.IsWindows() || path is not ['/', ..])
        {
            return false;
        }

        return path.Split('/') switch
        {
            ["", "dev", "fd", { Length: > 0 }] => true,
            ["", "proc", _, "fd", { Length: > 0 }] => true,
            ["", "proc", _, "task", _, "fd", { Length: > 0 }] => true,
            _ => false,
        };
    }

    private static void Push(Stack<string> ahead, string path)
    {
        char[] separators = [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar];
        foreach (string name in path.Split(separators, StringSplitOptions.RemoveEmptyEntries).Where(n => n != ".").Reverse())
        {
            ahead.Push(name);
        }
    }
}
