using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using VggCuda.Bench.Cpu;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Sweeps.Format;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Model;
using VggCuda.Engine.Rendering;
using VggCuda.Hdf5Loader;

namespace VggCuda.Bench;

/// <summary>What a sweep costs beside the bare loop over its groups: the same plans, the same batches, in one process, nothing written. Both begin in a new process each time, since a program that runs compiles itself anew.</summary>
internal static partial class SweepBench
{
    private const int Parts = 10;
    private const string BareVerb = "bare";

    public static Bench Line { get; } = new("sweep", "What does a sweep cost beside the bare loop, and does it stay so? FILE.h5 LAYERS [FILTERS] [ITERATIONS] [ROUNDS]", Run);

    private static int Run(string[] args)
    {
        if (args is [BareVerb, string weights, string planned])
        {
            (double seconds, double processor) = BareLoop(weights, SweepFolder.Open(planned));
            Console.WriteLine(FormattableString.Invariant($"{seconds} {processor}"));
            return 0;
        }

        if (args.Length < 2)
        {
            Console.Error.WriteLine("The weights (a file, or demo) and the layers are needed.");
            return 2;
        }

        string filters = args.Length > 2 ? args[2] : "all";
        string iterations = args.Length > 3 ? args[3] : "256";
        int rounds = args.Length > 4 ? int.Parse(args[4], CultureInfo.InvariantCulture) : 3;
        string[] what = ["--weights", args[0], "--device", "cpu", "--layers", args[1], .. filters == "all" ? (string[])[] : ["--filter", filters], "--iterations", iterations];
        DirectoryInfo root = Directory.CreateTempSubdirectory("vggcuda-bench-sweep-");
        try
        {
            string prepared = Path.Combine(root.FullName, "prepared");
            Command(["sweep", .. what, "--out", prepared, "--prepare"], new StringWriter());
            SweepFolder folder = SweepFolder.Open(prepared);
            Console.WriteLine(FormattableString.Invariant($"{string.Join(' ', what)}: {folder.Count} pictures, {folder.Manifest.Batch} at once."));
            Console.WriteLine();
            Console.WriteLine("| round | bare loop, s | processor, s | sweep from its first order on, s | processor, s | whole command, s | pictures a minute | share of the time that the worker drew | first tenth, s a picture | last tenth | working set of the worker after a tenth, MiB | at the end |");
            Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
            Times bare = new();
            Times swept = new();
            Times barely = new();
            Times taken = new();
            for (int round = 1; round <= rounds; round++)
            {
                (double loop, double used) = NewLoop(args[0], prepared);
                bare.Wall.Add(loop * 1000);
                barely.Wall.Add(used * 1000);
                (double first, double processor, double whole, double share, SweepFolder done, double[] memory) = Sweep(what, Path.Combine(root.FullName, $"round-{round}"));
                swept.Wall.Add(first * 1000);
                taken.Wall.Add(processor * 1000);
                double[] gaps = Gaps(done);
                int part = Math.Max(1, gaps.Length / Parts);
                Console.WriteLine(FormattableString.Invariant($"| {round} | {loop:F2} | {used:F2} | {first:F2} | {processor:F2} | {whole:F2} | {folder.Count * 60 / whole:F1} | {share:F2} % | {gaps.Take(part).Average():F3} | {gaps.TakeLast(part).Average():F3} | {memory[memory.Length / Parts]:F0} | {memory[^1]:F0} |"));
            }

            Console.WriteLine();
            Console.WriteLine(FormattableString.Invariant($"Medians: bare loop {bare.Median / 1000:F2} s, sweep {swept.Median / 1000:F2} s: {(swept.Median / bare.Median * 100) - 100:F1} % more; of the processors {barely.Median / 1000:F2} s and {taken.Median / 1000:F2} s: {(taken.Median / barely.Median * 100) - 100:F1} % more."));
            return 0;
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    private static (double Seconds, double Processor) NewLoop(string file, string prepared)
    {
        using Process process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["sweep", BareVerb, file, prepared]) { RedirectStandardOutput = true })!;
        string[] said = process.StandardOutput.ReadToEnd().Split(' ', StringSplitOptions.TrimEntries);
        process.WaitForExit();
        return (double.Parse(said[0], CultureInfo.InvariantCulture), double.Parse(said[1], CultureInfo.InvariantCulture));
    }

    // Seconds of the loop, and what the process has taken of the processors since its start.
    private static (double Seconds, double Processor) BareLoop(string file, SweepFolder folder)
    {
        using KerasWeights? weights = file == "demo" ? null : KerasWeights.Open(file);
        Network network = weights is null ? Networks.Bundled : Network.FromWeights(weights);
        using CpuBackend backend = new();
        Renderer renderer = new(backend);
        Stopwatch watch = Stopwatch.StartNew();
        foreach (SweepGroup group in SweepGroup.Of(folder.Manifest))
        {
            renderer.Render(network, folder.PlanOf(folder.Manifest.Parts[group.Part]).Slice(group.First, group.Count));
        }

        return (watch.Elapsed.TotalSeconds, Environment.CpuUsage.TotalTime.TotalSeconds);
    }

    private static (double First, double Processor, double Whole, double Share, SweepFolder Folder, double[] Memory) Sweep(string[] what, string path)
    {
        using StringWriter text = new();
        using TextWriter error = TextWriter.Synchronized(text);
        List<double> memory = [];
        using CancellationTokenSource end = new();
        Thread watcher = new(() =>
        {
            while (!end.Token.WaitHandle.WaitOne(250))
            {
                string said;
                lock (error)
                {
                    said = text.ToString();
                }

                if (Started().Match(said) is { Success: true } match && WorkingSet(match.Groups[1].Value) is double now)
                {
                    memory.Add(now);
                }
            }
        });
        watcher.Start();
        Stopwatch watch = Stopwatch.StartNew();
        Command(["sweep", .. what, "--out", path, "--verbose"], error);
        double whole = watch.Elapsed.TotalSeconds;
        end.Cancel();
        watcher.Join();
        Match drew = Drew().Match(text.ToString());
        double milliseconds = double.Parse(drew.Groups[2].ValueSpan, CultureInfo.InvariantCulture);
        return (milliseconds / 1000, double.Parse(drew.Groups[3].ValueSpan, CultureInfo.InvariantCulture) / 1000, whole, double.Parse(drew.Groups[1].ValueSpan, CultureInfo.InvariantCulture), SweepFolder.Open(path), [.. memory.DefaultIfEmpty()]);
    }

    // Seconds between one picture and the next, in the order in which they were finished.
    private static double[] Gaps(SweepFolder folder)
    {
        DateTimeOffset[] finished = [.. folder.Units.Select(u => folder.RecordOf(u.Part, u.Unit)!.Finished).Order()];
        return finished.Length < 2 ? [0] : [.. finished.Zip(finished.Skip(1), (a, b) => (b - a).TotalSeconds)];
    }

    private static void Command(string[] arguments, TextWriter error)
    {
        int code = VggCuda.Cli.CommandLine.Run(arguments, new Terminal { Out = TextWriter.Null, Error = error }, CancellationToken.None);
        if (code != ExitCode.Done)
        {
            throw new InvalidOperationException($"{string.Join(' ', arguments)} ended with {code}: {error}");
        }
    }

    private static double? WorkingSet(string process)
    {
        try
        {
            // "VmRSS:     93872 kB"
            string? line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
            return line is null ? null : double.Parse(line[6..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) / 1024;
        }
        catch (IOException)
        {
            return null;
        }
    }

    [GeneratedRegex("Worker ([0-9]+) draws on")]
    private static partial Regex Started();

    [GeneratedRegex(@"drew for ([0-9.]+) ?% of ([0-9]+) ms since its first order; since its start it took ([0-9]+) ms")]
    private static partial Regex Drew();
}
