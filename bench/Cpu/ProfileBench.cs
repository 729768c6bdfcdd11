using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Model;

namespace VggCuda.Bench.Cpu;

/// <summary>Where a step's time goes, measured within whole steps.</summary>
internal static class ProfileBench
{
    public static void Run(BenchOptions options, Report report, double[] peaks)
    {
        foreach ((string name, Network network) in new[] { ("full", Networks.Full), ("bundled", Networks.Bundled) })
        {
            foreach (int batch in options.Batches)
            {
                for (int i = 0; i < options.Threads.Length; i++)
                {
                    if (options.Selects($"{name} profile b{batch} t{options.Threads[i]}"))
                    {
                        Case(options, report, name, network, batch, options.Threads[i], peaks[i]);
                    }
                }
            }
        }
    }

    private static void Case(BenchOptions options, Report report, string name, Network network, int batch, int threads, double peak)
    {
        using CpuBackend backend = new(threads);
        using Step step = new(backend, network, "predictions", batch);
        for (int i = 0; i < 3; i++)
        {
            step.Run();
        }

        (string Name, Action Work, double Flops)[] stages = [.. Stages(backend, step, network, batch)];
        Times[] times = [.. stages.Select(_ => new Times())];
        Times all = new();
        for (int round = 0; round < options.Rounds * (name == "full" ? 1 : 20); round++)
        {
            all.Add(() =>
            {
                for (int i = 0; i < stages.Length; i++)
                {
                    times[i].Add(stages[i].Work);
                }
            });
        }

        report.Line("");
        report.Line($"## Where the time goes: {name}, batch {batch}, {threads} thread(s), {all.Median:F2} ms (least {all.Least:F2})");
        report.Line("");
        report.Line("| stage | ms | least | least processor time | share, % | GFLOP/s | % of peak |");
        report.Line("|---|---|---|---|---|---|---|");
        double sum = times.Sum(t => t.Median);
        for (int i = 0; i < stages.Length; i++)
        {
            double rate = stages[i].Flops / times[i].Median / 1e6;
            string rates = stages[i].Flops > 0 ? FormattableString.Invariant($"{rate:F0} | {100 * rate / peak:F0}") : " | ";
            report.Line($"| {stages[i].Name} | {times[i].Median:F3} | {times[i].Least:F3} | {times[i].LeastCpu:F3} | {100 * times[i].Median / sum:F1} | {rates} |");
        }

        DenseRates(report, step.Program.Plan.Dense!, stages, times);
    }

    private static IEnumerable<(string Name, Action Work, double Flops)> Stages(CpuBackend backend, Step step, Network network, int batch)
    {
        ProgramPlan plan = step.Program.Plan;
        WorkerPool pool = backend.Pool;
        Layer[] convolutions = [.. network.Topology.Layers.Where(l => l.Kind == LayerKind.Convolution)];
        int side = network.Topology.FixedInputSize!.Value;
        double Flops(Layer layer) => 2.0 * 9 * layer.Inputs * layer.Outputs * (side >> layer.Halvings) * (side >> layer.Halvings) * batch;
        yield return ("block1_conv1 forward", () => step.Program.RunFirstForward(step.Image), Flops(convolutions[0]));
        for (int i = 1; i < convolutions.Length; i++)
        {
            ConvolutionPass pass = plan.Forward[i - 1];
            yield return ($"{convolutions[i].Name} forward{(pass.IsSplit ? ", split" : "")}", () => pass.Run(pool), Flops(convolutions[i]));
        }

        yield return ("dense forward", () => step.Program.RunDenseForward(), 0);
        yield return ("dense backward", () => step.Program.RunDenseBackward(step.TapGradient), 0);
        for (int i = convolutions.Length - 1; i > 0; i--)
        {
            ConvolutionPass pass = plan.Backward[^i];
            yield return ($"{convolutions[i].Name} backward{(pass.IsSplit ? ", split" : "")}", () => pass.Run(pool), Flops(convolutions[i]));
        }

        yield return ("block1_conv1 backward", () => step.Program.RunFirstBackward(step.Gradient), Flops(convolutions[0]));
    }

    private static void DenseRates(Report report, DenseLayers dense, (string Name, Action Work, double Flops)[] stages, Times[] times)
    {
        double bytes = dense.LiveWeightBytes;
        for (int i = 0; i < stages.Length; i++)
        {
            if (stages[i].Name.StartsWith("dense", StringComparison.Ordinal))
            {
                report.Line($"{stages[i].Name}: {bytes / 1e6:F0} MB of live weights, {bytes / times[i].Median / 1e6:F1} GB/s.");
            }
        }
    }
}
