using System.Text.Json.Nodes;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Model;

namespace VggCuda.Bench.Cpu;

/// <summary>Whole forward and backward passes beside the peer's.</summary>
internal static class StepBench
{
    public static void Run(BenchOptions options, Report report, Peer? peer, double[] peaks)
    {
        report.Line("");
        report.Line("## Forward and backward to the image");
        report.Line("");
        report.Line($"Milliseconds, median (least) of {options.Rounds} alternated rounds. GFLOP/s and % of peak count the direct convolutions of the whole tap layer. The third way calls oneDNN's convolution by name, since PyTorch gives small inputs of batch 1 to a slow fallback. The ratios: the peer's best way by ours, by wall time and by processor time; the second hardly feels other programs.");
        report.Line("");
        report.Line("| network | tap | batch | threads | ours | channels last | NCHW | oneDNN forced | ratio | ratio of processor time | GFLOP/s | % of peak |");
        report.Line("|---|---|---|---|---|---|---|---|---|---|---|---|");
        foreach ((string name, Vgg16 network, int inner) in new[] { ("full", Networks.Full, 1), ("bundled", Networks.Bundled, 10) })
        {
            foreach (string tap in (string[])["predictions", "block3_conv1"])
            {
                foreach (int batch in options.Batches)
                {
                    for (int i = 0; i < options.Threads.Length; i++)
                    {
                        string title = $"{name} {tap} b{batch} t{options.Threads[i]}";
                        if (options.Selects(title))
                        {
                            Case(options, report, peer, (name, network), tap, batch, options.Threads[i], inner, peaks[i]);
                        }
                    }
                }
            }
        }
    }

    private const int PeerRestMilliseconds = 60;

    private static void Case(BenchOptions options, Report report, Peer? peer, (string Name, Vgg16 Network) model, string tap, int batch, int threads, int inner, double peak)
    {
        using CpuBackend backend = new(threads);
        using Step step = new(backend, model.Network, tap, batch);
        Times own = new();
        Times last = new();
        Times first = new();
        Times forced = new();
        JsonObject Command(string layout, int warm) => new()
        {
            ["op"] = "step",
            ["model"] = model.Name == "full" ? "full" : Networks.BundledFile,
            ["tap"] = tap,
            ["batch"] = batch,
            ["threads"] = threads,
            ["layout"] = layout,
            ["side"] = model.Network.Topology.FixedInputSize,
            ["channel"] = 20,
            ["count"] = inner,
            ["warm"] = warm,
        };
        step.Run();
        step.Run();
        for (int round = 0; round < options.Rounds; round++)
        {
            // OpenMP's and BLAS's threads watch for work some time after a call, and would share our cores.
            Thread.Sleep(peer is null ? 0 : PeerRestMilliseconds);
            step.Run();
            own.Add(step.Run, inner);
            // The first call after a change of layout or thread count is slower and not counted.
            peer?.Measure(Command("channels_last", 1), last);
            peer?.Measure(Command("nchw", 1), first);
            peer?.Measure(Command("onednn", 1), forced);
        }

        double ratio = Math.Min(Math.Min(last.Median, first.Median), forced.Median) / own.Median;
        double cpuRatio = Math.Min(Math.Min(last.MedianCpu, first.MedianCpu), forced.MedianCpu) / own.MedianCpu;
        double rate = Networks.Flops(model.Network, tap) * batch / own.Median / 1e6;
        report.Line($"| {model.Name} | {tap} | {batch} | {threads} | {own.Median:F2} ({own.Least:F2}) | {last.Median:F2} ({last.Least:F2}) | {first.Median:F2} ({first.Least:F2}) | {forced.Median:F2} ({forced.Least:F2}) | {ratio:F2} | {cpuRatio:F2} | {rate:F0} | {100 * rate / peak:F0} |");
    }
}
