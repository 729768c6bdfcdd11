using System.Globalization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;
using VggCuda.Kernels;

namespace VggCuda.Bench.Cuda;

/// <summary>What a job took.</summary>
/// <param name="Job">The job in words.</param>
/// <param name="Precision">The network's arithmetic.</param>
/// <param name="Batch">Pictures at once.</param>
/// <param name="Steps">Steps that were measured, over all batches.</param>
/// <param name="MillisecondsPerStep">Of one batch; median over the repetitions, compiling and scoring left out.</param>
/// <param name="DeviceMilliseconds">The same by CUDA events, from the first step's begin to the last one's end.</param>
/// <param name="Spread">Slowest repetition over fastest.</param>
/// <param name="FloorMilliseconds">What the operations and the weights' bytes take at the ceilings given, whichever is more.</param>
/// <param name="CompileMilliseconds">Loading weights, choosing plans, capturing, the first time.</param>
/// <param name="WholeSeconds">All of the job's pictures and steps, with compiling and scoring once plans are known; steps that were not run are counted at the time of those that were.</param>
internal sealed record JobTime(string Job, Precision Precision, int Batch, long Steps, double MillisecondsPerStep, double DeviceMilliseconds, double Spread, double FloorMilliseconds, double CompileMilliseconds, double WholeSeconds)
{
    /// <summary>Headings of <see cref="Cells"/>.</summary>
    public static readonly string[] Columns = ["job", "precision", "batch", "steps run", "ms per step", "by CUDA events", "spread", "floor ms", "times the floor", "first compile ms", "whole job s"];

    /// <summary>A line of a table.</summary>
    public object[] Cells() => [Job, Precision, Batch, Steps, MillisecondsPerStep, DeviceMilliseconds, Spread, FloorMilliseconds, MillisecondsPerStep / FloorMilliseconds, CompileMilliseconds, WholeSeconds];

    /// <summary>The same as Markdown.</summary>
    public string Line() => "| " + string.Join(" | ", Cells().Select(c => c is double d ? d.ToString("F3", CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{c}"))) + " |";
}

/// <summary>Times jobs on a GPU.</summary>
internal static class JobMeasurement
{
    private const int WarmUpSteps = 20;

    /// <summary>Runs a job several times, in batches that fit.</summary>
    public static JobTime Measure(CudaBackend backend, Network network, Job job, Precision precision, int repetitions, CardCeilings ceilings)
    {
        job = job.Fitting(backend, network, precision, backend.Context.MemoryInfo().Free);
        RenderPlan plan = job.Plan with { Precision = precision };
        int batches = (plan.Count + job.Batch - 1) / job.Batch;
        Renderer renderer = new(backend);
        RenderOptions options = new() { MaxBatch = job.Batch };
        RenderPlan warmUp = plan.Slice(0, job.Batch) with { Iterations = Math.Min(plan.Iterations, WarmUpSteps) };
        RenderResult first = renderer.Render(network, warmUp, options);
        List<double> times = [];
        List<double> deviceTimes = [];
        using StepClock clock = new(backend);
        backend.StepClock = clock;
        RenderTimings last = first.Timings;
        try
        {
            for (int i = 0; i < repetitions; i++)
            {
                clock.Reset();
                last = renderer.Render(network, plan, options).Timings;
                times.Add(last.Run / last.Steps);
                deviceTimes.Add(clock.Milliseconds / clock.Steps);
            }
        }
        finally
        {
            backend.StepClock = null;
        }

        times.Sort();
        deviceTimes.Sort();
        double step = times[times.Count / 2];
        double whole = (last.Compile + last.Score + (step * batches * job.Iterations)) / 1e3;
        return new JobTime(job.Name, precision, job.Batch, last.Steps * repetitions, step, deviceTimes[deviceTimes.Count / 2], times[^1] / times[0], Floor(network.Topology, plan.Slice(0, job.Batch), precision, ceilings), first.Timings.Compile, whole);
    }

    /// <summary>Milliseconds that a step takes at least: convolutions by operations, dense layers by bytes, both ways.</summary>
    public static double Floor(Topology topology, RenderPlan plan, Precision precision, CardCeilings ceilings)
    {
        Layer tap = topology.Find(((ChannelObjective)plan.Objective).Layer)!;
        int size = precision is Precision.Fp16 or Precision.Bf16 ? 2 : 4;
        double seconds = 0;
        foreach (Layer layer in topology.Layers.Where(l => l.HasWeights && l.Index <= tap.Index))
        {
            // Of the layer looked at, only the wanted outputs.
            int outputs = layer == tap ? ((ChannelObjective)plan.Objective).Channels.SelectMany(c => c).Distinct().Count() : layer.Outputs;
            (int height, int width) = Topology.OutputSize(layer, plan.Height, plan.Width);
            double products = (layer.Kind == LayerKind.Convolution ? 9.0 : 1.0) * height * width * layer.Inputs * outputs;
            double weights = (layer.Kind == LayerKind.Convolution ? 9.0 : 1.0) * layer.Inputs * outputs * size;
            seconds += 2 * Math.Max(2 * products * plan.Count / ceilings.Products, weights / ceilings.Bytes);
        }

        return seconds * 1e3;
    }
}
