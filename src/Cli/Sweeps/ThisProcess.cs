using System.Diagnostics;
using System.Globalization;

namespace VggCuda.Cli.Sweeps;

/// <summary>What tells this process from every other, on this machine and elsewhere.</summary>
internal static class ThisProcess
{
    /// <summary>The machine's name.</summary>
    public static string Host => Environment.MachineName;

    /// <summary>Tells one start of the machine from another; empty where the system does not say.</summary>
    public static string Boot { get; } = ReadBoot();

    /// <summary>When a process started, as the system counts, or null where there is none of that number.</summary>
    public static long? StartOf(int process)
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                // Behind the name, which may hold anything: state is the first field, the start the twentieth.
                string text = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat"));
                string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
                return fields[0] is "Z" or "X" ? null : long.Parse(fields[19], CultureInfo.InvariantCulture);
            }

            using Process other = Process.GetProcessById(process);
            return other.StartTime.Ticks;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception or FormatException or IndexOutOfRangeException)
        {
            return null;
        }
    }

    private static string ReadBoot()
    {
        try
        {
            return OperatingSystem.IsLinux() ? File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim() : "";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
