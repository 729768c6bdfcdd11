using System.Globalization;
using System.Text;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Files;

namespace VggCuda.Bench.Cpu;

/// <summary>The CPU engine beside PyTorch and libtorch, in alternation, and by itself.</summary>
/// <remarks>
/// <c>bench cpu [--quick] [--steps] [--layers] [--profile] [--load] [--special] [--accuracy] [--threads 1,2] [--batch 1,3] [--only TEXT] [--peer python|libtorch|both|none] [--no-peer] [--peer-blas FOLDER] [--report FILE.md]</c>.
/// Without a choice of parts all but the accuracy are run. Without a choice of peers Python's is asked, and libtorch where it has been built. Debian's PyTorch uses the reference BLAS unless another is installed (package
/// libopenblas0-pthread) or named by --peer-blas; its dense layers are up to three times slower with the former.
/// </remarks>
internal static class CpuBench
{
    public static int Run(string[] args)
    {
        BenchOptions options;
        try
        {
            options = BenchOptions.Parse(args);
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            Console.Error.WriteLine(e.Message);
            return 2;
        }

        using Report report = new(options.ReportFile);
        using CpuBackend backend = new(1);
        report.Line("# CPU engine");
        report.Line("");
        report.Line($"{backend.Description.Device}, {backend.Description.Details["instructions"]}, {Environment.ProcessorCount} processors, {backend.Description.Details["runtime"]}.");
        report.Line($"Load when started: {Load()}.");
        double[] peaks = [.. options.Threads.Select(t => FmaPeak.Measure(backend.Level, t))];
        report.Line($"Multiply-add peak, measured by the matrix kernel on operands in the first cache: {string.Join(", ", options.Threads.Zip(peaks, (t, p) => $"{p:F0} GFLOP/s on {t}"))}.");
        using Peers peers = Peers.Start(options, report);
        if (peers.Any && (options.Wants("steps") || options.Wants("layers")) && !PeerCheck.Run(options, report, peers))
        {
            report.Line("");
            report.Line("Nothing is timed: a peer computes another network, or none.");
            return 1;
        }

        if (options.Wants("steps"))
        {
            StepBench.Run(options, report, peers, peaks);
        }

        if (options.Wants("layers"))
        {
            LayerBench.Run(options, report, peers, peaks);
        }

        if (options.Wants("profile"))
        {
            ProfileBench.Run(options, report, peaks);
        }

        if (options.Wants("load"))
        {
            LoadBench.Run(options, report);
        }

        if (options.Wants("special"))
        {
            SpecialBench.Run(options, report);
        }

        if (options.Parts.Contains("accuracy"))
        {
            AccuracyBench.Run(report);
        }

        report.Line("");
        report.Line($"Load at the end: {Load()}.");
        return 0;
    }

    private static string Load() => OperatingSystem.IsLinux() ? string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ')[..3]) : "unknown";
}

/// <summary>Markdown to the console, and to a file where one is named.</summary>
internal sealed class Report(string? file) : IDisposable
{
    private readonly StringWriter _text = new(CultureInfo.InvariantCulture);

    public void Line(FormattableString text) => Line(text.ToString(CultureInfo.InvariantCulture));

    public void Line(string text)
    {
        Console.WriteLine(text);
        _text.WriteLine(text);
    }

    public void Dispose()
    {
        if (file is not null)
        {
            string? folder = Path.GetDirectoryName(Path.GetFullPath(file));
            Directory.CreateDirectory(folder!);
            StagedFiles.Write(file, Encoding.UTF8.GetBytes(_text.ToString()));
        }
    }
}

/// <summary>Wall and processor times of repeated work, milliseconds.</summary>
internal sealed class Times
{
    public List<double> Wall { get; } = [];

    public List<double> Cpu { get; } = [];

    public double Median => Middle(Wall);

    public double Least => Wall.Count == 0 ? double.NaN : Wall.Min();

    public double MedianCpu => Middle(Cpu);

    public double LeastCpu => Cpu.Count == 0 ? double.NaN : Cpu.Min();

    /// <summary>Times work.</summary>
    public void Add(Action work, int count = 1)
    {
        for (int i = 0; i < count; i++)
        {
            TimeSpan cpu = Environment.CpuUsage.TotalTime;
            long start = System.Diagnostics.Stopwatch.GetTimestamp();
            work();
            Wall.Add(System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            Cpu.Add((Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds);
        }
    }

    private static double Middle(List<double> values)
    {
        if (values.Count == 0)
        {
            return double.NaN;
        }

        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
