using System.Diagnostics;
using System.Text.Json.Nodes;
using VggCuda.Bench.Cpu;
using VggCuda.Engine.Attribution;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Model;

namespace VggCuda.Bench;

/// <summary>Maps on the CPU: beside the peers' autograd, in batches, and a thousand times over. Takes the arguments of <c>bench cpu</c>.</summary>
internal static class AttributionBench
{
    private const string Layer = "block5_conv3";
    private const int PeerRestMilliseconds = 60;

    public static Bench Line { get; } = new("attribution", "What do maps cost beside autograd, and does it stay so? [--quick] [--threads 1,2] [--batch 1,3] [--peer python|libtorch|both|none] [--report FILE.md]", Run);

    private static int Run(string[] args)
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
        report.Line("# Attribution on the CPU");
        report.Line("");
        using (CpuBackend backend = new(1))
        {
            report.Line($"{backend.Description.Device}, {backend.Description.Details["instructions"]}, {Environment.ProcessorCount} processors, {backend.Description.Details["runtime"]}.");
        }

        using Peers peers = Peers.Start(options, report);
        Beside(options, report, peers);
        Endurance(report);
        Steps(options, report);
        return 0;
    }

    private static void Beside(BenchOptions options, Report report, Peers peers)
    {
        report.Line("");
        report.Line("## The full network, from pictures to maps");
        report.Line("");
        report.Line($"Milliseconds, median (least) of {options.Rounds} alternated rounds. Ours is whole calls: pictures in, maps out. The peers': forwards and autograd, for grad-cam with the weighted sum, ReLU and bilinear enlargement.");
        report.Line("");
        string headings = "| method | batch | threads | ours |" + Race.Headings(peers);
        report.Line(headings);
        report.Line(Race.Rule(headings));
        foreach (int threads in options.Threads)
        {
            foreach (int batch in options.Batches)
            {
                foreach (AttributionMethod method in (AttributionMethod[])[new Saliency(), new GradCam()])
                {
                    Race race = Beside(options, peers, method, batch, threads);
                    report.Line(FormattableString.Invariant($"| {method.Name} | {batch} | {threads} | {race.Own.Median:F1} ({race.Own.Least:F1}) |{race.Cells()}"));
                }
            }
        }
    }

    private static Race Beside(BenchOptions options, Peers peers, AttributionMethod method, int batch, int threads)
    {
        bool isCam = method is GradCam;
        using CpuBackend backend = new(threads);
        using Attributor attributor = new(backend, Networks.Full, new AttributionPlan { Method = method, Batch = batch });
        float[] pictures = Pictures(attributor.Side, batch);
        float[] maps = new float[pictures.Length / 3];
        Race race = new(peers, _ => isCam ? ["channels_last", "nchw"] : PeerProgram.StepWays);
        void Own() => attributor.Attribute(pictures, [20], maps);
        Own();
        for (int round = 0; round < options.Rounds; round++)
        {
            // OpenMP's and BLAS's threads watch for work some time after a call, and would share our cores.
            Thread.Sleep(peers.Any ? PeerRestMilliseconds : 0);
            Own();
            race.Own.Add(Own);
            race.Round(Command);
        }

        return race;

        JsonObject Command(string layout)
        {
            JsonObject command = new()
            {
                ["op"] = isCam ? "cam" : "step",
                ["model"] = "full",
                ["batch"] = batch,
                ["threads"] = threads,
                ["layout"] = layout,
                ["side"] = attributor.Side,
                ["channel"] = 20,
                ["count"] = 1,
                ["warm"] = 1,
            };
            command[isCam ? "layer" : "tap"] = isCam ? Layer : "predictions";
            return command;
        }
    }

    private static void Steps(BenchOptions options, Report report)
    {
        const int steps = 50;
        report.Line("");
        report.Line($"## Integrated gradients, {steps} steps of one picture");
        report.Line("");
        report.Line("| network | batch | threads | ms | ms per step |");
        report.Line("|---|---|---|---|---|");

        // In haste the small network alone: the full one takes seconds a call.
        foreach (string name in options.Quick ? (string[])["bundled"] : ["bundled", "full"])
        {
            Network network = name == "full" ? Networks.Full : Networks.Bundled;
            int side = network.Topology.FixedInputSize!.Value;
            float[] picture = Pictures(side, 1);
            float[] map = new float[side * side];
            foreach (int threads in options.Threads)
            {
                foreach (int batch in (int[])[1, 2, 5, 10])
                {
                    using CpuBackend backend = new(threads);
                    using Attributor attributor = new(backend, network, new AttributionPlan { Method = new IntegratedGradients { Steps = steps, MaxSteps = steps }, Batch = batch });
                    attributor.Attribute(picture, [20], map);
                    Times times = new();
                    times.Add(() => attributor.Attribute(picture, [20], map), name == "full" ? 3 : 15);
                    report.Line(FormattableString.Invariant($"| {name} | {batch} | {threads} | {times.Median:F1} | {times.Median / steps:F2} |"));
                }
            }
        }
    }

    private static void Endurance(Report report)
    {
        const int calls = 1000;
        const int part = 100;
        report.Line("");
        report.Line($"## {calls} calls, bundled model");
        report.Line("");
        report.Line($"Median milliseconds of the first and the last {part} calls; managed bytes after the first and after the last hundred.");
        report.Line("");
        report.Line("| method | first | last | bytes first | bytes last | working set, MiB, first | last |");
        report.Line("|---|---|---|---|---|---|---|");
        using CpuBackend backend = new();
        foreach (AttributionMethod method in (AttributionMethod[])[new Saliency(), new GradCam(), new SmoothGrad { Samples = 4 }])
        {
            using Attributor attributor = new(backend, Networks.Bundled, new AttributionPlan { Method = method, Batch = 4 });
            float[] picture = Pictures(attributor.Side, 1);
            float[] map = new float[attributor.Side * attributor.Side];
            Times first = new();
            Times last = new();
            (long Managed, long Resident) atFirst = default;
            attributor.Attribute(picture, [20], map);
            for (int call = 0; call < calls; call++)
            {
                Times? kept = call < part ? first : call >= calls - part ? last : null;
                (kept ?? new Times()).Add(() => attributor.Attribute(picture, [20], map));
                if (call == part - 1)
                {
                    atFirst = Memory();
                }
            }

            (long managed, long resident) = Memory();
            report.Line(FormattableString.Invariant($"| {method.Name} | {first.Median:F2} | {last.Median:F2} | {atFirst.Managed} | {managed} | {atFirst.Resident >> 20} | {resident >> 20} |"));
        }

        static (long, long) Memory()
        {
            long managed = GC.GetTotalMemory(forceFullCollection: true);
            using Process self = Process.GetCurrentProcess();
            return (managed, self.WorkingSet64);
        }
    }

    private static float[] Pictures(int side, int count)
    {
        Random random = new(1);
        return [.. Enumerable.Range(0, count * side * side * 3).Select(_ => (float)(255 * random.NextDouble()))];
    }
}
