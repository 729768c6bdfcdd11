using System.Runtime.InteropServices;

namespace VggCuda.Kernels.Interop;

/// <summary>What the search for libraries looks at; tests bring their own.</summary>
/// <param name="Variable">An environment variable's value, or null.</param>
/// <param name="FileExists">Whether a file exists.</param>
/// <param name="Directories">Directories that match a path with * and ? in its components, in order.</param>
/// <param name="ApplicationDirectory">Where the program lies.</param>
/// <param name="IsWindows">Which names libraries have.</param>
internal sealed record LibraryEnvironment(
    Func<string, string?> Variable,
    Func<string, bool> FileExists,
    Func<string, IEnumerable<string>> Directories,
    string ApplicationDirectory,
    bool IsWindows)
{
    /// <summary>Where a program that runs from memory has its path, since the system knows none (eng/start/start.c).</summary>
    public const string ProgramVariable = "VGGCUDA_PROGRAM";

    /// <summary>The real one.</summary>
    public static LibraryEnvironment OfThisProcess() => new(
        Environment.GetEnvironmentVariable,
        File.Exists,
        Expand,
        Path.GetDirectoryName(Environment.GetEnvironmentVariable(ProgramVariable)) ?? AppContext.BaseDirectory,
        RuntimeInformation.IsOSPlatform(OSPlatform.Windows));

    /// <summary>Directories matching a pattern such as <c>/usr/local/cuda-13*/lib64</c>, newest name first within a component.</summary>
    public static IEnumerable<string> Expand(string pattern)
    {
        string[] parts = pattern.Split(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar);
        string root = Path.IsPathRooted(pattern) ? Path.GetPathRoot(pattern)! : ".";
        IEnumerable<string> found = [root];
        foreach (string part in parts.Where(p => p.Length > 0 && !root.StartsWith(p, StringComparison.Ordinal)))
        {
            found = part.AsSpan().ContainsAny('*', '?')
                ? found.SelectMany(d => Matching(d, part))
                : found.Select(d => Path.Combine(d, part)).Where(Directory.Exists);
        }

        return found;
    }

    private static IEnumerable<string> Matching(string directory, string pattern)
    {
        try
        {
            return Directory.EnumerateDirectories(directory, pattern).OrderByDescending(d => d, StringComparer.Ordinal).ToArray();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
