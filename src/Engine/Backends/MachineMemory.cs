using System.Globalization;

namespace VggCuda.Engine.Backends;

/// <summary>The memory that this process may take: the machine's, or less where a control group of Linux (a container, a batch job) or <c>ulimit -v</c> sets a limit.</summary>
/// <remarks>
/// The kernel ends a process that takes more than its control group allows, and says nothing: so the limits of version 2 (<c>memory.max</c>) and
/// version 1 (<c>memory.limit_in_bytes</c>) are read, those of the groups above too. Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst of Linux.
/// </remarks>
public static class MachineMemory
{
    /// <summary>Bytes that there are at all.</summary>
    public static long Limit => Read("/").Limit;

    /// <summary>Bytes that can be had now, without others being pushed out.</summary>
    public static long Available => Read("/").Available;

    /// <summary>Reads both.</summary>
    /// <param name="root">Where <c>proc</c> is found, and what the control groups' mount points are relative to; tests give their own.</param>
    internal static (long Limit, long Available) Read(string root)
    {
        long limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        long available = limit;
        if (!OperatingSystem.IsLinux())
        {
            return (limit, available);
        }

        foreach (string line in Lines(Path.Combine(root, "proc/meminfo")))
        {
            // "MemTotal:       24557908 kB"
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 1 && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out long kibi))
            {
                limit = words[0] == "MemTotal:" ? kibi << 10 : limit;
                available = words[0] == "MemAvailable:" ? kibi << 10 : available;
            }
        }

        foreach ((string folder, string most, string used, string inactive) in Groups(root))
        {
            if (Number(Path.Combine(folder, most)) is long own && own < limit)
            {
                limit = own;
            }

            // What the files that were read lie in is given back when it is wanted.
            if (Number(Path.Combine(folder, most)) is long bound && Number(Path.Combine(folder, used)) is long now)
            {
                long cached = Statistic(Path.Combine(folder, "memory.stat"), inactive);
                available = Math.Min(available, Math.Max(0, bound - Math.Max(0, now - cached)));
            }
        }

        if (AddressSpaceLeft(root) is var (left, resident))
        {
            limit = Math.Min(limit, left + resident);
            available = Math.Min(available, left);
        }

        return (limit, Math.Min(available, limit));
    }

    // A limit on the address space (RLIMIT_AS, "ulimit -v") counts what is reserved too: what is left of it, and what this process has in memory. Both proc(5).
    private static (long Left, long Resident)? AddressSpaceLeft(string root)
    {
        const string name = "Max address space";
        string? line = Lines(Path.Combine(root, "proc/self/limits")).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
        if (line is null || !long.TryParse(line[name.Length..].Trim().Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out long bound))
        {
            return null;
        }

        string status = Path.Combine(root, "proc/self/status");
        return (Math.Max(0, bound - Kibibytes(status, "VmSize:")), Kibibytes(status, "VmRSS:"));
    }

    // "VmSize:	   12345 kB" in bytes; 0 where there is no such line.
    private static long Kibibytes(string path, string name)
    {
        string? line = Lines(path).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
        return line is not null && long.TryParse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long kibi) ? kibi << 10 : 0;
    }

    // The folders of this process's memory group and of those above it, of whichever versions there are.
    private static IEnumerable<(string Folder, string Most, string Used, string Inactive)> Groups(string root)
    {
        string[] mounts = [.. Lines(Path.Combine(root, "proc/self/mountinfo"))];
        foreach (string line in Lines(Path.Combine(root, "proc/self/cgroup")))
        {
            // "0::/path" is version 2, "4:memory:/path" version 1.
            string[] parts = line.Split(':', 3);
            if (parts.Length < 3 || !(parts is ["0", "", _] || parts[1].Split(',').Contains("memory")))
            {
                continue;
            }

            bool isNew = parts[1].Length == 0;
            if (Mount(mounts, isNew) is not var (place, shown))
            {
                continue;
            }

            // A container sees a part of the tree only: what lies outside has no folder.
            string path = parts[2].StartsWith(shown.TrimEnd('/') + "/", StringComparison.Ordinal) ? parts[2][shown.TrimEnd('/').Length..] : "/";
            string top = Path.Combine(root, place.TrimStart('/'));
            for (string at = path.Trim('/'); ; at = Path.GetDirectoryName(at) ?? "")
            {
                yield return isNew
                    ? (Path.Combine(top, at), "memory.max", "memory.current", "inactive_file")
                    : (Path.Combine(top, at), "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file");
                if (at.Length == 0)
                {
                    break;
                }
            }
        }
    }

    // "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory": the fourth field is the part of the tree that is seen, the fifth where.
    private static (string Place, string Shown)? Mount(string[] mounts, bool isNew)
    {
        foreach (string line in mounts)
        {
            string[] halves = line.Split(" - ", 2);
            string[] before = halves[0].Split(' ');
            string[] after = halves.Length > 1 ? halves[1].Split(' ') : [];
            if (before.Length > 4 && after.Length > 2 && (isNew ? after[0] == "cgroup2" : after[0] == "cgroup" && after[2].Split(',').Contains("memory")))
            {
                return (before[4], before[3]);
            }
        }

        return null;
    }

    // Null for "max", for the number that means none in version 1, and where there is no such file.
    private static long? Number(string path) =>
        Lines(path).FirstOrDefault() is { } line && long.TryParse(line.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value < long.MaxValue >> 1 ? value : null;

    private static long Statistic(string path, string name)
    {
        string? line = Lines(path).FirstOrDefault(l => l.StartsWith(name + " ", StringComparison.Ordinal));
        return line is not null && long.TryParse(line[(name.Length + 1)..].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : 0;
    }

    private static string[] Lines(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllLines(path) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
