using System.Text.Json.Nodes;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Model;

namespace VggCuda.Bench.Cpu;

/// <summary>Each convolution by itself beside the peers', both ways; ours with bias, ReLU, bits and pooling, the peers' bare.</summary>
internal static class LayerBench
{
    public static void Run(BenchOptions options, Report report, Peers peers, double[] peaks)
    {
        report.Line("");
        report.Line("## Convolutions at full width, one by one");
        report.Line("");
        string headings = "| layer | direction | batch | threads | ours, ms |" + Race.Headings(peers) + " GFLOP/s | % of peak |";
        report.Line(headings);
        report.Line(Race.Rule(headings));
        foreach (int batch in options.Batches)
        {
            for (int i = 0; i < options.Threads.Length; i++)
            {
                int threads = options.Threads[i];
                using CpuBackend backend = new(threads);
                using Step step = new(backend, Networks.Full, "block5_conv3", batch);
                step.Run();
                Layer[] convolutions = [.. Networks.Full.Topology.Layers.Where(l => l.Kind == LayerKind.Convolution)];
                // The last one is cut down to the channels wanted, and those with a twin are left out.
                for (int k = 1; k < convolutions.Length - 1; k++)
                {
                    Layer layer = convolutions[k];
                    if (!options.Selects(layer.Name) || (k > 1 && convolutions[k - 1] is { } before && before.Inputs == layer.Inputs && before.Outputs == layer.Outputs && before.Halvings == layer.Halvings))
                    {
                        continue;
                    }

                    ConvolutionPass forward = step.Program.Plan.Forward[k - 1];
                    ConvolutionPass backward = step.Program.Plan.Backward[^k];
                    Case(options, report, peers, layer, batch, threads, false, () => forward.Run(backend.Pool), peaks[i]);
                    Case(options, report, peers, layer, batch, threads, true, () => backward.Run(backend.Pool), peaks[i]);
                }
            }
        }
    }

    private static void Case(BenchOptions options, Report report, Peers peers, Layer layer, int batch, int threads, bool backward, Action work, double peak)
    {
        Race race = new(peers, p => p.LayerWays);
        int side = 224 >> layer.Halvings;
        for (int round = 0; round < options.Rounds; round++)
        {
            work();
            race.Own.Add(work, 2);
            race.Round(Command);
        }

        double rate = 2.0 * 9 * layer.Inputs * layer.Outputs * side * side * batch / race.Own.Median / 1e6;
        report.Line(FormattableString.Invariant($"| {layer.Name} | {(backward ? "backward" : "forward")} | {batch} | {threads} | {race.Own.Median:F2} ({race.Own.Least:F2}) |{race.Cells()} {rate:F0} | {100 * rate / peak:F0} |"));

        JsonObject Command(string layout) => new()
        {
            ["op"] = "layer",
            ["inputs"] = layer.Inputs,
            ["outputs"] = layer.Outputs,
            ["side"] = side,
            ["batch"] = batch,
            ["threads"] = threads,
            ["layout"] = layout,
            ["backward"] = backward,
            ["count"] = 2,
            ["warm"] = 1,
        };
    }
}
