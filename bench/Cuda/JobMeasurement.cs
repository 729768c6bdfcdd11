using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Rendering;

namespace VggCuda.Bench.Cuda;

/// <summary>What a job took.</summary>
/// <param name="Job">The job in words.</param>
/// <param name="Precision">The network's arithmetic.</param>
/// <param name="MillisecondsPerStep">Median over the repetitions, compiling and scoring left out.</param>
/// <param name="Spread">Slowest repetition over fastest.</param>
/// <param name="CompileMilliseconds">Loading weights, choosing plans, capturing, the first time.</param>
/// <param name="FloorMilliseconds">What the operations and the weights' bytes take at the ceilings given, whichever is more.</param>
internal sealed record JobTime(string Job, Precision Precision, double MillisecondsPerStep, double Spread, double CompileMilliseconds, double FloorMilliseconds);

/// <summary>The published recipe as a job: what one step costs.</summary>
internal static class JobMeasurement
{
    /// <summary>Ceilings that the floor is counted with: dense products per second and bytes per second.</summary>
    public static (double Half, double Tf32, double Single, double Bytes) Ceilings { get; set; } = (790e12, 400e12, 60e12, 4.3e12);

    /// <summary>The jobs: class 20 in batches of 1, 3 and 16, a filter of block3_conv1, filters of block5_conv3 in a batch.</summary>
    public static IEnumerable<(string Name, RenderPlan Plan)> Jobs(Vgg16Topology topology, int side, int iterations, int filterBatch)
    {
        int classes = topology.Top!.Classes;
        foreach (int batch in (int[])[1, 3, 16])
        {
            yield return ($"class 20, batch {batch}", Plan("predictions", Enumerable.Repeat(20 % classes, batch), side, iterations));
        }

        yield return ("block3_conv1, one filter", Plan("block3_conv1", [1], side, iterations));
        yield return ($"block5_conv3, {filterBatch} filters at once", Plan("block5_conv3", Enumerable.Range(0, Math.Min(filterBatch, topology.Find("block5_conv3")!.Outputs)), side, iterations));
    }

    /// <summary>Runs a job several times.</summary>
    public static JobTime Measure(IBackend backend, Vgg16 network, string name, RenderPlan plan, Precision precision, int repetitions)
    {
        plan = plan with { Precision = precision };
        Renderer renderer = new(backend);
        RenderOptions options = new() { MaxBatch = plan.Count };
        RenderResult first = renderer.Render(network, plan with { Iterations = Math.Min(plan.Iterations, 20) }, options);
        List<double> times = [];
        for (int i = 0; i < repetitions; i++)
        {
            RenderResult result = renderer.Render(network, plan, options);
            times.Add(result.Timings.Run / result.Timings.Steps);
        }

        times.Sort();
        return new JobTime(name, precision, times[times.Count / 2], times[^1] / times[0], first.Timings.Compile, Floor(network.Topology, plan, precision));
    }

    /// <summary>Milliseconds that a step takes at least: convolutions by operations, dense layers by bytes, both ways.</summary>
    public static double Floor(Vgg16Topology topology, RenderPlan plan, Precision precision)
    {
        Layer tap = topology.Find(plan.Objective.Layer)!;
        double rate = precision switch
        {
            Precision.Fp16 or Precision.Bf16 => Ceilings.Half,
            Precision.Tf32 => Ceilings.Tf32,
            _ => Ceilings.Single,
        };
        int size = precision is Precision.Fp16 or Precision.Bf16 ? 2 : 4;
        double seconds = 0;
        foreach (Layer layer in topology.Layers.Where(l => l.HasWeights && l.Index <= tap.Index))
        {
            // Of the layer looked at, only the wanted outputs.
            int outputs = layer == tap ? plan.Objective.Channels.SelectMany(c => c).Distinct().Count() : layer.Outputs;
            (int height, int width) = Vgg16Topology.OutputSize(layer, plan.Height, plan.Width);
            double products = (layer.Kind == LayerKind.Convolution ? 9.0 : 1.0) * height * width * layer.Inputs * outputs;
            double weights = (layer.Kind == LayerKind.Convolution ? 9.0 : 1.0) * layer.Inputs * outputs * size;
            seconds += 2 * Math.Max(2 * products * plan.Count / rate, weights / Ceilings.Bytes);
        }

        return seconds * 1e3;
    }

    private static RenderPlan Plan(string layer, IEnumerable<int> channels, int side, int iterations)
    {
        ImmutableArray<ImmutableArray<int>> wanted = [.. channels.Select(c => (ImmutableArray<int>)[c])];
        return Presets.KerasVis(layer, wanted, [.. Enumerable.Range(1, wanted.Length).Select(i => (uint)i)], side, side, iterations);
    }
}
