using System.Text.Json.Nodes;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Model;

namespace VggCuda.Bench.Cpu;

/// <summary>Whole forward and backward passes beside the peers'.</summary>
internal static class StepBench
{
    private const int PeerRestMilliseconds = 60;

    public static void Run(BenchOptions options, Report report, Peers peers, double[] peaks)
    {
        report.Line("");
        report.Line("## Forward and backward to the image");
        report.Line("");
        report.Line($"Milliseconds, median (least) of {options.Rounds} alternated rounds. GFLOP/s and % of peak count the direct convolutions of the whole tap layer. The ratios: by wall time, and by processor time, which hardly feels other programs.");
        report.Line("");
        string headings = "| network | tap | batch | threads | ours |" + Race.Headings(peers) + " GFLOP/s | % of peak |";
        report.Line(headings);
        report.Line(Race.Rule(headings));
        List<string> ways = [];
        foreach ((string name, Network network, string tap) in Networks(options))
        {
            foreach ((int batch, int i) in Sizes(options, name, tap))
            {
                string first = $"| {name} | {tap} | {batch} | {options.Threads[i]} |";
                Race race = Run(options, peers, (name, network), tap, batch, options.Threads[i]);
                double rate = Cpu.Networks.Flops(network, tap) * batch / race.Own.Median / 1e6;
                report.Line(FormattableString.Invariant($"{first} {race.Own.Median:F2} ({race.Own.Least:F2}) |{race.Cells()} {rate:F0} | {100 * rate / peaks[i]:F0} |"));
                ways.Add(first + race.Ways());
            }
        }

        if (peers.Any)
        {
            report.Line("");
            report.Line("Every way of every peer, median (least). PyTorch's third calls oneDNN's convolution by name, since version 1.13 gives small inputs of batch 1 to a slow fallback; libtorch's third does so with filters packed once, ReLU in the same pass, and backwards by hand.");
            report.Line("");
            headings = "| network | tap | batch | threads |" + Race.WayHeadings(peers, _ => PeerProgram.StepWays);
            report.Line(headings);
            report.Line(Race.Rule(headings));
            ways.ForEach(report.Line);
        }
    }

    /// <summary>The networks and taps that the options select.</summary>
    public static IEnumerable<(string Name, Network Network, string Tap)> Networks(BenchOptions options) =>
        from name in (string[])["full", "bundled"]
        from tap in (string[])["predictions", "block3_conv1"]
        where Sizes(options, name, tap).Any()
        select (name, name == "full" ? Cpu.Networks.Full : Cpu.Networks.Bundled, tap);

    private static IEnumerable<(int Batch, int Threads)> Sizes(BenchOptions options, string name, string tap) =>
        from batch in options.Batches
        from i in Enumerable.Range(0, options.Threads.Length)
        where options.Selects($"{name} {tap} b{batch} t{options.Threads[i]}")
        select (batch, i);

    private static Race Run(BenchOptions options, Peers peers, (string Name, Network Network) model, string tap, int batch, int threads)
    {
        using CpuBackend backend = new(threads);
        using Step step = new(backend, model.Network, tap, batch);
        Race race = new(peers, _ => PeerProgram.StepWays);
        int inner = model.Name == "full" ? 1 : 10;
        for (int i = 0; i < 2 * inner; i++)
        {
            step.Run();
        }

        for (int round = 0; round < options.Rounds; round++)
        {
            // OpenMP's and BLAS's threads watch for work some time after a call, and would share our cores.
            Thread.Sleep(peers.Any ? PeerRestMilliseconds : 0);
            step.Run();
            race.Own.Add(step.Run, inner);
            race.Round(Command);
        }

        return race;

        JsonObject Command(string layout) => new()
        {
            ["op"] = "step",
            ["model"] = Cpu.Networks.PeersName(model.Name),
            ["tap"] = tap,
            ["batch"] = batch,
            ["threads"] = threads,
            ["layout"] = layout,
            ["side"] = model.Network.Topology.FixedInputSize,
            ["channel"] = 20,
            ["count"] = inner,
            // The first call after a change of layout or thread count is slower and not counted.
            ["warm"] = 1,
        };
    }
}
