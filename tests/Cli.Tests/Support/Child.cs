using System.Diagnostics;
using System.Runtime.InteropServices;

namespace VggCuda.Cli.Tests.Support;

/// <summary>The program as a process of its own, for what only a process has: signals, limits, a terminal.</summary>
public sealed partial class Child : IDisposable
{
    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly System.Text.StringBuilder _error = new();
    private readonly System.Text.StringBuilder _output = new();

    private Child(Process process)
    {
        _process = process;
        process.ErrorDataReceived += (_, e) => Append(_error, e.Data);
        process.OutputDataReceived += (_, e) => Append(_output, e.Data);
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
    }

    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "vggcuda.exe" : "vggcuda");

    /// <summary>Its number.</summary>
    public int Id => _process.Id;

    public string Error
    {
        get
        {
            lock (_gate)
            {
                return _error.ToString();
            }
        }
    }

    public string Output
    {
        get
        {
            lock (_gate)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Starts the program in a shell's folder, its home there too.</summary>
    public static Child Start(Shell shell, params string[] arguments) => StartOther(shell, Program, arguments);

    /// <summary>Starts another program there.</summary>
    public static Child StartOther(Shell shell, string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            WorkingDirectory = shell.Folder,
        };
        start.Environment["HOME"] = shell.PathOf("home");
        foreach (string name in (string[])["KERAS_HOME", "VGGCUDA_CACHE", "XDG_CACHE_HOME", "NO_COLOR"])
        {
            start.Environment.Remove(name);
        }

        return new Child(Process.Start(start)!);
    }

    public bool HasExited => _process.HasExited;

    /// <summary>Waits until stderr contains a text.</summary>
    public void WaitForError(string text)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!Error.Contains(text, StringComparison.Ordinal))
        {
            Assert.False(_process.HasExited, $"ended before it said '{text}': {Error}{Output}");
            Assert.True(watch.Elapsed < TimeSpan.FromMinutes(3), $"did not say '{text}' in three minutes: {Error}");
            Thread.Sleep(20);
        }
    }

    public void Signal(int signal) => Assert.Equal(0, Kill(_process.Id, signal));

    /// <summary>Signals again and again: two that come close together are one to a process.</summary>
    public void SignalUntilEnd(int signal)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!_process.WaitForExit(500) && watch.Elapsed < TimeSpan.FromMinutes(3))
        {
            _ = Kill(_process.Id, signal);
        }
    }

    /// <summary>Waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public int Wait()
    {
        Assert.True(_process.WaitForExit(180_000), $"did not end in three minutes: {Error}");
        _process.WaitForExit();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private void Append(System.Text.StringBuilder to, string? line)
    {
        lock (_gate)
        {
            if (line is not null)
            {
                to.Append(line).Append('\n');
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
