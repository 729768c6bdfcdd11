using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace VggCuda.GpuCheck;

/// <summary>Runs checks one after the other, each in a process of its own with a time limit, within a time for all: a crash, a hang or an error that ends a CUDA context costs one check.</summary>
/// <remarks>Into the folder go results.jsonl as the checks speak, report.md anew after each, log.txt with whatever else they print. This process itself never touches CUDA.</remarks>
internal sealed class Runner(Settings settings)
{
    // A check that begins with less time than this is not worth beginning.
    private const int LeastSeconds = 10;
    private const long MostLogBytes = 8L << 20;
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(3);

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly string _folder = settings.Out!;
    private readonly string? _python = Find("python3");
    private readonly string? _sanitizer = Find("compute-sanitizer") ?? Directory.GetDirectories("/usr/local", "cuda*").Select(d => Path.Combine(d, "bin", "compute-sanitizer")).FirstOrDefault(File.Exists);
    private long _logged;

    private double Left => settings.Budget - _watch.Elapsed.TotalSeconds;

    /// <summary>Runs what is wanted and not done yet.</summary>
    /// <returns>0 where all that was run passed.</returns>
    public int Run()
    {
        if (settings.Only?.FirstOrDefault(n => Named(n) is null) is string unknown)
        {
            Console.Error.WriteLine($"gpucheck: there is no check '{unknown}'; these: {string.Join(", ", Check.All.Select(c => c.Name))}");
            return 2;
        }

        Directory.CreateDirectory(_folder);
        Directory.CreateDirectory(settings.Scratch);
        Check[] wanted = settings.Only is { } only ? [.. only.Select(n => Named(n)!)] : Check.All;
        List<(string Check, string Line)> finished = settings.Continue is { } earlier ? ResultFile.Finished(earlier) : [];
        HashSet<string> done = [.. finished.Select(f => f.Check)];
        using ResultFile results = new(_folder, finished.Where(f => settings.Only?.Contains(f.Check) != true).Select(f => f.Line));
        using StreamWriter log = new(Path.Combine(_folder, "log.txt"), append: settings.Continue == _folder) { AutoFlush = true };
        foreach (Check check in wanted.Where(c => settings.Only is not null || !done.Contains(c.Name)))
        {
            if (Left < LeastSeconds)
            {
                Console.WriteLine($"no time left for {check.Name} and what follows; go on with --continue");
                break;
            }

            Run(check, results, log);
            Report.Write(_folder);
        }

        return Report.Write(_folder) ? 0 : 1;
    }

    private static Check? Named(string name) => Check.All.Concat(Check.OfTheRunner).FirstOrDefault(c => c.Name == name);

    private static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(d => Path.Combine(d, program)).FirstOrDefault(File.Exists);

    private void Run(Check check, ResultFile results, TextWriter log)
    {
        double began = _watch.Elapsed.TotalSeconds;
        results.Write(check.Name, writer => writer.WriteString("begin", DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)));
        Log(log, $"=== {check.Name}");
        (string Outcome, bool Passed)? outcome;
        try
        {
            (ProcessStartInfo? start, string? missing) = Command(check);
            outcome = start is null ? ($"skipped: {missing}", true) : Watch(check, start, results, log);
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException or InvalidOperationException)
        {
            outcome = ($"did not start: {e.Message}", false);
        }

        double seconds = _watch.Elapsed.TotalSeconds - began;
        if (outcome is not (string text, bool passed))
        {
            // Not ended in the file either, so that a run that goes on begins it again.
            results.Write(check.Name, writer => writer.WriteString("note", "cut short: the run's time was over"));
            Console.WriteLine($"{check.Name}: cut short");
            return;
        }

        results.Write(check.Name, writer =>
        {
            writer.WriteString("end", text);
            writer.WriteBoolean("passed", passed);
            writer.WriteNumber("seconds", Math.Round(seconds, 1));
        });
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{check.Name}: {text} ({seconds:F1} s, {Math.Max(0, Left):F0} s left)"));
    }

    private (ProcessStartInfo? Start, string? Missing) Command(Check check)
    {
        List<string> command = [];
        string own = Environment.ProcessPath!;
        string[] shared = [.. settings.Small ? (string[])["--small"] : [], "--device", settings.Device.ToString(CultureInfo.InvariantCulture), "--scratch", settings.Scratch];
        switch (check.Kind)
        {
            case CheckKind.Python:
                string script = Path.Combine(AppContext.BaseDirectory, check.Arguments[0]);
                if (_python is null || !File.Exists(script))
                {
                    return (null, $"{(_python is null ? "python3" : script)} is missing");
                }

                command.AddRange([_python, script, .. check.Arguments[1..], .. settings.Small ? (string[])["--small"] : []]);
                break;
            case CheckKind.Sanitizer:
                if (_sanitizer is null || Environment.GetEnvironmentVariable("VGGCUDA_LIBCUDA") is not null)
                {
                    return (null, _sanitizer is null ? "compute-sanitizer is missing" : "there is no GPU under a stand-in");
                }

                // Small shapes: under the sanitizer a launch takes a hundred times as long.
                command.AddRange([_sanitizer, "--tool", check.Arguments[0], "--error-exitcode", "9", own, .. check.Arguments[1..], "--small", .. shared]);
                break;
            default:
                command.AddRange([own, .. check.Arguments, .. shared]);
                break;
        }

        ProcessStartInfo start = new(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment[ParentProcess.Variable] = "1";
        start.Environment["VGGCUDA_CACHE_DIR"] = Environment.GetEnvironmentVariable("VGGCUDA_CACHE_DIR") ?? Path.Combine(settings.Scratch, "cache");
        return (start, null);
    }

    // Null: the run's own time was over before the check's.
    private (string, bool)? Watch(Check check, ProcessStartInfo start, ResultFile results, TextWriter log)
    {
        double limit = Math.Min(check.LimitSeconds, Left);
        using Process process = Process.Start(start)!;
        Task output = Task.Run(() => Relay(process.StandardOutput, check, results, log));
        Task errors = Task.Run(() => Relay(process.StandardError, check, null, log));
        bool ended = process.WaitForExit(TimeSpan.FromSeconds(Math.Max(1, limit)));
        if (!ended)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit(DrainTime);
        }

        Task.WaitAll([output, errors], DrainTime);
        if (!ended)
        {
            return limit < check.LimitSeconds ? null : (string.Create(CultureInfo.InvariantCulture, $"ended after {check.LimitSeconds} s"), false);
        }

        return process.ExitCode switch
        {
            0 => ("passed", true),
            1 => ("failed", false),
            9 when check.Kind == CheckKind.Sanitizer => ("failed: the sanitizer found something", false),
            > 128 and int code => ($"died of signal {code - 128}", false),
            int code => ($"exit code {code}", false),
        };
    }

    private void Relay(StreamReader reader, Check check, ResultFile? results, TextWriter log)
    {
        while (reader.ReadLine() is string line)
        {
            if (results?.WriteSaid(check.Name, line) == true)
            {
                continue;
            }

            Log(log, line);
            if (check.Kind == CheckKind.Sanitizer && line.Contains("SUMMARY", StringComparison.Ordinal))
            {
                results?.Write(check.Name, writer => writer.WriteString("note", line.TrimStart('=', ' ')));
            }
        }
    }

    private void Log(TextWriter log, string line)
    {
        lock (log)
        {
            _logged += Encoding.UTF8.GetByteCount(line) + 1;
            if (_logged < MostLogBytes)
            {
                log.WriteLine(line);
            }
        }
    }
}
