namespace VggCuda.Cli.Hosting;

/// <summary>The picture files that an argument names: a file, a folder's pictures, or what fits a pattern.</summary>
internal static class PictureFiles
{
    private static readonly string[] Suffixes = [".png", ".jpg", ".jpeg", ".webp", ".gif"];

    /// <summary>The files in order of their names; a path that is neither folder nor pattern is given back as it is, whether it is there or not.</summary>
    /// <param name="argument">A path whose last part may have '*' and '?'; '**' before it stands for all folders below.</param>
    /// <exception cref="CommandException">There is no such picture.</exception>
    public static IReadOnlyList<string> Named(string argument)
    {
        if (Directory.Exists(argument))
        {
            string[] pictures = Files(argument, "*", deep: false, Suffixes);
            return pictures.Length > 0 ? pictures
                : throw CommandException.File($"{argument}: no pictures ({string.Join(", ", Suffixes)}) are in this folder. For those in its folders: '{Path.Join(argument, "**", "*")}'.");
        }

        string pattern = Path.GetFileName(argument);
        if (File.Exists(argument) || pattern.AsSpan().IndexOfAny('*', '?') < 0)
        {
            return [argument];
        }

        string folder = Path.GetDirectoryName(argument) ?? "";
        bool deep = Path.GetFileName(folder) == "**";
        folder = deep ? Path.GetDirectoryName(folder) ?? "" : folder;
        if (!Directory.Exists(folder.Length == 0 ? "." : folder))
        {
            throw CommandException.File($"{argument}: there is no folder {folder}; patterns stand for files alone, '**' for all folders below.");
        }

        // A bare star means pictures; whoever names a suffix means that.
        string[] files = Files(folder, pattern, deep, pattern == "*" ? Suffixes : null);
        return files.Length > 0 ? files : throw CommandException.File($"{argument}: no file is named so.");
    }

    private static string[] Files(string folder, string pattern, bool deep, string[]? suffixes)
    {
        EnumerationOptions options = new() { RecurseSubdirectories = deep, MatchType = MatchType.Simple, MatchCasing = MatchCasing.PlatformDefault, AttributesToSkip = FileAttributes.System };
        string from = folder.Length == 0 ? "." : folder;
        return [.. Directory.EnumerateFiles(from, pattern, options)
            .Where(path => suffixes is null || suffixes.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
            .Select(path => folder.Length == 0 ? Path.GetRelativePath(".", path) : path)
            .Order(StringComparer.Ordinal)];
    }
}
