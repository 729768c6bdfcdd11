using System.Diagnostics;
using System.Globalization;
using VggCuda.Bench.Cpu;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;

namespace VggCuda.Bench;

/// <summary>Steps of the preset modern beside those of keras-vis on the CPU, taken in turn in one process; and lucid's public mark, 32 pictures of 128 steps.</summary>
internal static class ModernBench
{
    private const string Question = "What does a step of the preset modern cost beside one of keras-vis? [rounds] [threads] [--marks: 32 pictures x 128 steps instead]";
    private const int Many = 32;
    private const int MarkSteps = 128;
    private static readonly string[] Compared = ["keras-vis", "modern", "maco"];

    public static Bench Line { get; } = new("modern", Question, Run);

    private static int Run(string[] args)
    {
        string[] numbers = [.. args.Where(a => a != "--marks")];
        int rounds = numbers.Length > 0 ? int.Parse(numbers[0], CultureInfo.InvariantCulture) : 15;
        int threads = numbers.Length > 1 ? int.Parse(numbers[1], CultureInfo.InvariantCulture) : Environment.ProcessorCount;
        using CpuBackend backend = new(threads);
        Say($"{backend.Description.Device}, {backend.Description.Details["instructions"]}, {threads} threads.");
        Say($"");
        if (args.Contains("--marks"))
        {
            Say($"| network | layer | what | seconds |");
            Say($"|---|---|---|---:|");
            Mark(backend, "bundled", Networks.Bundled, "predictions", MarkSteps);
            Mark(backend, "full", Networks.Full, "block3_conv1", MarkSteps);
            Mark(backend, "full", Networks.Full, "predictions", 8);
            return 0;
        }

        Say($"{rounds} rounds, a step of each in turn. Milliseconds a step, median (least); bytes allocated a step.");
        Say($"");
        Say($"| network | layer | pictures | keras-vis | modern | modern / keras-vis | by processor time | maco / keras-vis | allocated, modern |");
        Say($"|---|---|---:|---:|---:|---:|---:|---:|---:|");
        foreach ((string name, Network network, string layer, int pictures) in ((string, Network, string, int)[])
            [("full", Networks.Full, "predictions", 1), ("full", Networks.Full, "predictions", 3), ("full", Networks.Full, "block3_conv1", 1), ("bundled", Networks.Bundled, "predictions", 1)])
        {
            Beside(backend, name, network, layer, pictures, name == "full" ? rounds : rounds * 20);
        }

        Say($"");
        Say($"The picture's side alone, without network and view: parameters to picture and back, regularisers, optimiser.");
        Say($"");
        Say($"| network | pictures | keras-vis | modern | maco |");
        Say($"|---|---:|---:|---:|---:|");
        foreach ((string name, Network network, int pictures) in ((string, Network, int)[])[("full", Networks.Full, 1), ("full", Networks.Full, 3), ("bundled", Networks.Bundled, 1)])
        {
            Times[] times = Timed(backend, network, "predictions", pictures, 10 * rounds, weight: 0, out _);
            Say($"| {name} | {pictures} | {string.Join(" | ", times.Select(t => string.Create(CultureInfo.InvariantCulture, $"{t.Median:F2} ({t.Least:F2})")))} |");
        }

        return 0;
    }

    private static RenderPlan PlanOf(string preset, Network network, string layer, int pictures, int steps)
    {
        int side = network.Topology.FixedInputSize!.Value;
        ChannelObjective objective = new() { Layer = layer, Channels = [.. Enumerable.Range(0, pictures).Select(i => (System.Collections.Immutable.ImmutableArray<int>)[i])] };
        return Presets.Create(preset, objective, [.. Enumerable.Range(0, pictures).Select(i => (uint)(1337 + i))], side, side, objective.InputSize(network)) with { Iterations = steps };
    }

    private static Times[] Timed(CpuBackend backend, Network network, string layer, int pictures, int rounds, double weight, out long allocated)
    {
        StepRecorder[] steps = [.. Compared.Select(p => new StepRecorder(backend, network, Weighted(PlanOf(p, network, layer, pictures, rounds + 3), weight), CancellationToken.None))];
        Times[] times = [.. Compared.Select(_ => new Times())];
        allocated = 0;
        for (int round = 0; round < rounds + 3; round++)
        {
            for (int i = 0; i < steps.Length; i++)
            {
                if (round < 3)
                {
                    steps[i].Replay.Run(1);
                    continue;
                }

                long before = GC.GetTotalAllocatedBytes(precise: false);
                times[i].Add(() => steps[i].Replay.Run(1));
                allocated += i == 1 ? GC.GetTotalAllocatedBytes(precise: false) - before : 0;
            }
        }

        foreach (StepRecorder step in steps.Reverse())
        {
            step.Dispose();
        }

        return times;

        static RenderPlan Weighted(RenderPlan plan, double weight) => plan with { Objective = plan.Objective with { Weight = weight } };
    }

    private static void Beside(CpuBackend backend, string name, Network network, string layer, int pictures, int rounds)
    {
        Times[] times = Timed(backend, network, layer, pictures, rounds, weight: 1, out long allocated);
        (Times keras, Times modern, Times maco) = (times[0], times[1], times[2]);
        Say($"| {name} | {layer} | {pictures} | {keras.Median:F2} ({keras.Least:F2}) | {modern.Median:F2} ({modern.Least:F2}) | {modern.Median / keras.Median:F3} ({modern.Least / keras.Least:F3}) | {modern.MedianCpu / keras.MedianCpu:F3} | {maco.Median / keras.Median:F3} | {allocated / rounds} |");
    }

    private static void Mark(CpuBackend backend, string name, Network network, string layer, int steps)
    {
        Stopwatch watch = Stopwatch.StartNew();
        RenderResult result = new Renderer(backend).Render(network, PlanOf("modern", network, layer, Many, steps), new RenderOptions { MaxBatch = 8 });
        Say($"| {name} | {layer} | {Many} pictures x {steps} steps of modern, {network.Topology.FixedInputSize} pixels | {watch.Elapsed.TotalSeconds:F1} (the steps alone {result.Timings.Run / 1000:F1}) |");
    }

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
