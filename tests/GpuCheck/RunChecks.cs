using System.Globalization;
using VggCuda.Bench.Cuda;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;
using VggCuda.Kernels;

namespace VggCuda.GpuCheck;

/// <summary>The recipe's run as one graph, once more, and call by call: the same bits, in every precision.</summary>
internal static class ReplayCheck
{
    public static void Run(Settings settings, CheckResult result)
    {
        Network network = settings.Network();
        RenderPlan plan = Job.All(settings.Topology, settings.Side, settings.Iterations, 1, 1).First().Plan;
        result.Columns("precision", "same bits twice", "same bits without a graph", "ms per step, graph", "ms per step, calls");
        foreach (Precision precision in (Precision[])[Precision.Fp16, Precision.Bf16, Precision.Fp32])
        {
            (float[] graph, double graphTime) = Draw(settings, network, plan with { Precision = precision }, graph: true);
            (float[] again, _) = Draw(settings, network, plan with { Precision = precision }, graph: true);
            (float[] calls, double callTime) = Draw(settings, network, plan with { Precision = precision }, graph: false);
            bool twice = graph.AsSpan().SequenceEqual(again);
            bool same = graph.AsSpan().SequenceEqual(calls);
            result.Row(precision, twice, same, graphTime, callTime);
            result.Require(twice, $"{precision}: two runs differ");
            result.Require(same, $"{precision}: with and without a graph differ");
        }
    }

    private static (float[] Pixels, double MillisecondsPerStep) Draw(Settings settings, Network network, RenderPlan plan, bool graph)
    {
        Environment.SetEnvironmentVariable("VGGCUDA_NO_GRAPH", graph ? null : "1");
        using CudaBackend backend = settings.Open();
        Environment.SetEnvironmentVariable("VGGCUDA_NO_GRAPH", null);
        RenderResult drawn = new Renderer(backend).Render(network, plan);
        return (drawn.Images[0].Pixels, drawn.Timings.Run / drawn.Timings.Steps);
    }
}

/// <summary>Ten runs of a thousand steps: device memory must not grow, the time per step must stay.</summary>
internal static class SoakCheck
{
    public static void Run(Settings settings, CheckResult result)
    {
        Network network = settings.Network();
        int steps = settings.Small ? 5 : 1000;
        RenderPlan plan = Job.All(settings.Topology, settings.Side, steps, 1, 1).First().Plan with { Precision = Precision.Fp32 };
        using CudaBackend backend = settings.Open();
        result.Columns("run", "steps", "ms per step", "free MiB after", "managed MiB");
        List<(double Time, long Free)> runs = [];
        for (int run = 0; run < 10; run++)
        {
            RenderResult drawn = new Renderer(backend).Render(network, plan);
            long free = backend.Context.MemoryInfo().Free;
            runs.Add((drawn.Timings.Run / drawn.Timings.Steps, free));
            result.Row(run + 1, steps, runs[^1].Time, free / 1048576.0, GC.GetTotalMemory(true) / 1048576.0);
        }

        result.Require(runs[^1].Free >= runs[1].Free, $"free memory fell from {runs[1].Free} to {runs[^1].Free} bytes");
        double drift = runs[^1].Time / runs[1].Time;
        result.Note(string.Create(CultureInfo.InvariantCulture, $"last run's step against the second's: {drift:F3}"));
        result.Require(settings.Small || drift < 1.1, "steps became slower");
    }
}

/// <summary>Every kernel's time and share of the memory's measured speed.</summary>
internal static class KernelsCheck
{
    public static void Run(Settings settings, CheckResult result)
    {
        using CudaBackend backend = settings.Open();
        List<KernelFigure> figures = [];
        double ceiling = KernelBench.Measure(backend, settings.Small, figures);
        result.Note(string.Create(CultureInfo.InvariantCulture, $"ceiling {ceiling:F0} GB/s, measured by the first rows; above it the caches serve"));
        result.Columns("kernel", "size", "us", "GB/s", "of ceiling");
        foreach (KernelFigure figure in figures)
        {
            result.Row(figure.Name, figure.Size, figure.Microseconds, figure.GigabytesPerSecond, figure.OfCeiling);
        }
    }
}

/// <summary>What a step of one job costs in one precision, beside this card's floor, and what stood before it: weights, plans, capturing.</summary>
internal static class JobCheck
{
    private static readonly string[] Names = ["class1", "class3", "class16", "filter", "filters"];

    public static void Run(Settings settings, CheckResult result)
    {
        Network network = settings.Network();
        using CudaBackend backend = settings.Open();
        CardCeilings ceilings = CardCeilings.Measure(backend, settings.Precision, settings.Small);
        result.Note(string.Create(CultureInfo.InvariantCulture, $"{backend.Description.Device}: {ceilings.Products / 1e12:F0} TFLOP/s, {ceilings.Bytes / 1e12:F2} TB/s measured; floor: convolutions by operations, dense layers by all their bytes (of which inputs that are 0 are not read), both ways"));
        int place = Array.IndexOf(Names, settings.Job);
        Job job = place < 0
            ? throw new ArgumentException($"There is no job '{settings.Job}'; these: {string.Join(", ", Names)}.")
            : Job.All(settings.Topology, settings.Side, settings.Iterations, settings.FilterBatch, settings.FilterIterations).ElementAt(place);
        result.Columns(JobTime.Columns);
        JobTime time = JobMeasurement.Measure(backend, network, job, settings.Precision, settings.Small || job.Plan.Count > job.Batch ? 1 : 3, ceilings);
        result.Row(time.Cells());
        result.Note(string.Create(CultureInfo.InvariantCulture, $"plans: {backend.PlanReport.Built} built, {backend.PlanReport.Loaded} loaded from disk, in {backend.PlanReport.PreparingSeconds:F2} s, timed in {backend.PlanReport.TimingSeconds:F2} s"));
        if (job.Plan.Count > job.Batch)
        {
            result.Note($"{settings.FilterIterations} steps were run per batch; the whole job's time is scaled up to {settings.Iterations}");
        }
    }
}
