using System.Text.RegularExpressions;

namespace VggCuda.Tests.Shared;

/// <summary>The repository that these tests were built in, as text.</summary>
internal static partial class SourceTree
{
    /// <summary>The folder of <c>VggCuda.sln</c>.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Paths of all C# files below a folder, relative to it, with <c>/</c>, in order.</summary>
    /// <param name="folder">Relative to <see cref="Root"/>.</param>
    public static string[] CodeFiles(string folder)
    {
        string top = PathOf(folder);
        return [.. Directory.EnumerateFiles(top, "*.cs", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(top, path).Replace('\\', '/'))
            .Where(path => !path.StartsWith("obj/", StringComparison.Ordinal) && !path.StartsWith("bin/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>A file's text.</summary>
    /// <param name="path">Relative to <see cref="Root"/>.</param>
    public static string Text(string path) => File.ReadAllText(PathOf(path)).ReplaceLineEndings("\n");

    /// <summary>C# without its comments, so without its documentation too; strings stay.</summary>
    public static string WithoutComments(string code) =>
        CommentOrString().Replace(code, match => match.Value[0] == '/' ? " " : match.Value);

    /// <summary>A path in this repository as the system writes it.</summary>
    public static string PathOf(string path) => Path.Combine(Root, path.Replace('/', Path.DirectorySeparatorChar));

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "VggCuda.sln")))
            {
                return at.FullName;
            }
        }

        throw new DirectoryNotFoundException($"VggCuda.sln is not above {AppContext.BaseDirectory}.");
    }

    // Strings are matched so that a "//" in one begins no comment.
    [GeneratedRegex("\"\"\"[\\s\\S]*?\"\"\"|@\"(?:[^\"]|\"\")*\"|\"(?:\\\\.|[^\"\\\\\n])*\"|//[^\n]*|/\\*[\\s\\S]*?\\*/")]
    private static partial Regex CommentOrString();
}
