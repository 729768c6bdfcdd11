using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using VggCuda.Engine.Hashing;

namespace VggCuda.Engine.Files;

/// <summary>Names of parts, <c>.NAME.PID-COUNT.part</c> beside their target, and what is done about those of runs that have died.</summary>
internal static class PartNames
{
    /// <summary>What a file is called until it is whole.</summary>
    public const string Part = ".part";

    /// <summary>What the file before it is called until all files of a command are in their places.</summary>
    public const string Old = ".old";

    // UTF-8 bytes of a target's name in its part's: the whole then fits even where names have 143 bytes at most (eCryptfs).
    private const int MostBytes = 100;
    private const int HashDigits = 16;

    private static readonly ConcurrentDictionary<string, bool> Live = new();
    private static int _count;

    /// <summary>A path that no other part of this process has; it counts as live until <see cref="Release"/>.</summary>
    /// <param name="target">The file that the part is to become.</param>
    /// <param name="ending"><see cref="Part"/> or <see cref="Old"/>.</param>
    public static string Next(string target, string ending)
    {
        string number = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{Interlocked.Increment(ref _count)}");
        string path = Path.Combine(Path.GetDirectoryName(target)!, Prefix(target) + number + ending);
        Live[path] = true;
        return path;
    }

    /// <summary>The part is gone, or has become its file.</summary>
    public static void Release(string path) => Live.TryRemove(path, out _);

    /// <summary>Deletes every live part of this process; what is old stays, for it may be needed to go back.</summary>
    public static void DeleteLive()
    {
        foreach (string path in Live.Keys.Where(k => k.EndsWith(Part, StringComparison.Ordinal)))
        {
            TryDelete(path);
        }
    }

    /// <summary>Removes the parts of a target that runs left behind which no longer live.</summary>
    public static void Sweep(string target)
    {
        string prefix = Prefix(target);
        Sweep(Path.GetDirectoryName(target)!, name => name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : null);
    }

    /// <summary>Removes from a folder the parts of all files that runs left behind which no longer live.</summary>
    public static void SweepAll(string folder) =>
        Sweep(folder, name => name.StartsWith('.') && RestOf(name) is { Length: > 0 } rest ? rest : null);

    // ".NAME.123-4.part": "123-4.part".
    private static string RestOf(string name) => name.LastIndexOf('.') is > 0 and int ending && name.LastIndexOf('.', ending - 1) is > 0 and int before ? name[(before + 1)..] : "";

    private static void Sweep(string folder, Func<string, string?> restOf)
    {
        try
        {
            foreach (string path in Directory.EnumerateFiles(folder))
            {
                if (restOf(Path.GetFileName(path)) is { } rest && ProcessOf(rest) is int process && !IsLive(path, process))
                {
                    DeleteUnlessLocked(path);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A folder that may be written to but not read.
        }
    }

    /// <summary>Deletes a file where that is possible: the failure that led here is the one worth telling.</summary>
    public static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next run on the same target sweeps it.
        }
    }

    /// <summary>A name of at most so many bytes of UTF-8: the name itself, or its beginning and a hash of all of it.</summary>
    public static string Shorten(string name, int mostBytes)
    {
        if (Encoding.UTF8.GetByteCount(name) <= mostBytes)
        {
            return name;
        }

        StringBuilder beginning = new();
        int bytes = HashDigits + 1;
        foreach (Rune rune in name.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > mostBytes)
            {
                break;
            }

            beginning.Append(rune);
        }

        return $"{beginning}-{ContentHash.Sha256Of(Encoding.UTF8.GetBytes(name))[..HashDigits]}";
    }

    private static string Prefix(string target) => $".{Shorten(Path.GetFileName(target), MostBytes)}.";

    // "123-4.part": 123.
    private static int? ProcessOf(string rest)
    {
        string number = rest.EndsWith(Part, StringComparison.Ordinal) ? rest[..^Part.Length] : rest.EndsWith(Old, StringComparison.Ordinal) ? rest[..^Old.Length] : "";
        string[] both = number.Split('-');
        return both.Length == 2 && uint.TryParse(both[1], NumberStyles.None, CultureInfo.InvariantCulture, out _)
            && int.TryParse(both[0], NumberStyles.None, CultureInfo.InvariantCulture, out int process) ? process : null;
    }

    private static bool IsLive(string path, int process)
    {
        if (process == Environment.ProcessId)
        {
            // In a container every run may have the number 1.
            return Live.ContainsKey(path);
        }

        try
        {
            using Process other = Process.GetProcessById(process);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    // A process of another machine or container has its number elsewhere, but holds its part locked.
    private static void DeleteUnlessLocked(string path)
    {
        try
        {
            using FileStream stream = PosixFile.OpenUnfollowed(path, FileAccess.ReadWrite);
            if (OperatingSystem.IsWindows())
            {
                stream.Dispose();
            }

            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Locked, a link, or another user's: not ours to remove.
        }
    }
}
