using System.Diagnostics;
using System.Globalization;
using VggCuda.Bench.Weights;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader;

namespace VggCuda.Bench;

/// <summary>Reading a weight file into fresh memory, beside h5py: rounds of both by turns, medians, and the peak memory of a process that does nothing else.</summary>
internal static class WeightsBench
{
    private const string Python = "/usr/bin/python3";

    // Reads the file each time it gets a line, into fresh arrays, which are freed before the next.
    private const string Script = """
        import sys, time, h5py
        def read(group, into):
            for item in group.values():
                if isinstance(item, h5py.Dataset): into.append(item[...])
                else: read(item, into)
        for line in sys.stdin:
            start = time.perf_counter()
            arrays = []
            with h5py.File(sys.argv[1], 'r') as file: read(file, arrays)
            took = time.perf_counter() - start
            del arrays
            peak = next(l.split()[1] for l in open('/proc/self/status') if l.startswith('VmHWM'))
            print(took * 1000, peak, flush=True)
        """;

    public static Bench Line { get; } = new("weights", "how long reading a weight file takes, beside h5py: weights FILE [rounds]", Run);

    private static int Run(string[] arguments)
    {
        if (arguments is ["--once", string only])
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{ReadAll(only)} {PeakKiB()}"));
            return 0;
        }

        if (arguments.Length < 1 || !File.Exists(arguments[0]))
        {
            Console.Error.WriteLine("usage: weights FILE [rounds]   (make a full-size file with 'vggcuda weights synth FILE')");
            return 2;
        }

        string path = arguments[0];
        int rounds = arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : 15;
        using KerasWeights weights = KerasWeights.Open(path);
        long bytes = weights.Inspection.ParameterCount * sizeof(float);
        Console.WriteLine($"{path}: {weights.Inspection.FileSize:N0} bytes, {bytes:N0} of them weights, {weights.Inspection.Layout}, plain: {weights.Inspection.IsPlain}");

        using NativeBuffer buffer = new(weights.Inspection.ParameterCount);
        using Process peer = Start(Python, ["-c", Script, path]);
        List<double> ours = [];
        List<double> theirs = [];
        List<double> reused = [];
        List<double> tap = [];
        List<double> opening = [];
        for (int round = -2; round < rounds; round++)
        {
            double mine = ReadAll(path);
            (double peers, _) = Ask(peer);
            double touched = ReadAgain(path, buffer);
            double upToBlock3 = ReadUpTo(path, "block3_conv1");
            double open = Open(path);
            // The first two rounds warm the page cache and the compiler.
            if (round >= 0)
            {
                ours.Add(mine);
                theirs.Add(peers);
                reused.Add(touched);
                tap.Add(upToBlock3);
                opening.Add(open);
            }
        }

        peer.StandardInput.Close();
        peer.WaitForExit();
        using Process fresh = Start(Environment.ProcessPath!, Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal)
            ? [typeof(WeightsBench).Assembly.Location, "weights", "--once", path] : ["weights", "--once", path]);
        (double cold, long peak) = Parse(fresh.StandardOutput.ReadLine());
        using Process freshPeer = Start(Python, ["-c", Script, path]);
        (double peerCold, long peerPeak) = Ask(freshPeer);
        freshPeer.StandardInput.Close();

        Console.WriteLine($"{rounds} rounds by turns, page cache warm; medians (fastest to slowest), ms");
        Print("all weights into fresh memory", ours);
        Print("all weights into memory used before", reused);
        Print("h5py, into fresh arrays", theirs);
        Print("open only", opening);
        Print("open, and read up to block3_conv1", tap);
        foreach ((string way, List<double> times) in ((string, List<double>)[])[("fresh memory", ours), ("memory used before", reused)])
        {
            Console.WriteLine($"  {way} to h5py: ratio of the medians {Median(times) / Median(theirs):F2}, of the fastest {times.Min() / theirs.Min():F2}");
        }

        Console.WriteLine($"fresh process: {cold:F0} ms and peak {peak / 1024.0:F0} MiB, {peak * 1024.0 / bytes:F2} times the weights; h5py {peerCold:F0} ms and {peerPeak / 1024.0:F0} MiB, {peerPeak * 1024.0 / bytes:F2} times");
        return 0;
    }

    private static double ReadAll(string path)
    {
        long start = Stopwatch.GetTimestamp();
        using KerasWeights weights = KerasWeights.Open(path);
        using LoadedWeights loaded = LoadedWeights.From(weights);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double ReadAgain(string path, NativeBuffer buffer)
    {
        long start = Stopwatch.GetTimestamp();
        using KerasWeights weights = KerasWeights.Open(path);
        long at = 0;
        foreach (LayerWeights layer in weights.Layers)
        {
            int count = (int)layer.KernelShape.Aggregate(1L, (a, b) => a * b);
            weights.Read(layer.Layer, WeightPart.Kernel, 0, buffer.Slice(at, count));
            weights.Read(layer.Layer, WeightPart.Bias, 0, buffer.Slice(at + count, layer.BiasLength));
            at += count + layer.BiasLength;
        }

        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double ReadUpTo(string path, string last)
    {
        long start = Stopwatch.GetTimestamp();
        using KerasWeights weights = KerasWeights.Open(path);
        foreach (LayerWeights layer in weights.Layers)
        {
            using NativeBuffer kernel = new(layer.KernelShape.Aggregate(1L, (a, b) => a * b));
            weights.Read(layer.Layer, WeightPart.Kernel, 0, kernel.Slice(0, (int)kernel.Length));
            weights.Read(layer.Layer, WeightPart.Bias, 0, new float[layer.BiasLength]);
            if (layer.Layer == last)
            {
                break;
            }
        }

        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Open(string path)
    {
        long start = Stopwatch.GetTimestamp();
        using KerasWeights weights = KerasWeights.Open(path);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static Process Start(string program, string[] arguments) => Process.Start(new ProcessStartInfo(program, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    })!;

    private static (double Milliseconds, long PeakKiB) Ask(Process peer)
    {
        peer.StandardInput.WriteLine();
        peer.StandardInput.Flush();
        return Parse(peer.StandardOutput.ReadLine());
    }

    private static (double Milliseconds, long PeakKiB) Parse(string? line)
    {
        string[] fields = line?.Split(' ') ?? throw new InvalidOperationException("The measured process gave no answer; is python3-h5py installed?");
        return (double.Parse(fields[0], CultureInfo.InvariantCulture), long.Parse(fields[1], CultureInfo.InvariantCulture));
    }

    private static long PeakKiB()
    {
        string line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static void Print(string what, List<double> values) =>
        Console.WriteLine($"  {what,-36} {Median(values),8:F1}  ({values.Min():F1} to {values.Max():F1})");
}
