using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;

namespace VggCuda.Bench.Cuda;

/// <summary>The published recipe as a job.</summary>
/// <param name="Name">In words; bench/peers/pytorch_vgg16_cuda.py calls the same job by the same name.</param>
/// <param name="Plan">All its pictures, with as many steps as are measured.</param>
/// <param name="Batch">Pictures drawn at once, at most.</param>
/// <param name="Iterations">Steps of the whole job.</param>
internal sealed record Job(string Name, RenderPlan Plan, int Batch, int Iterations)
{
    /// <summary>The layer of which one job draws every filter.</summary>
    public const string FiltersLayer = "block5_conv3";

    /// <summary>The jobs: class 20 in batches of 1, 3 and 16, a filter of block3_conv1, and all filters of block5_conv3 in batches.</summary>
    /// <param name="topology">The network's.</param>
    /// <param name="side">Side of the images.</param>
    /// <param name="iterations">Steps of each job.</param>
    /// <param name="filterBatch">Filters at once.</param>
    /// <param name="filterIterations">Steps that are measured of the job of all filters; its whole time is scaled up.</param>
    public static IEnumerable<Job> All(Topology topology, int side, int iterations, int filterBatch, int filterIterations)
    {
        int classes = topology.Head!.Classes;
        foreach (int batch in (int[])[1, 3, 16])
        {
            yield return new Job($"class 20, batch {batch}", PlanOf("predictions", Enumerable.Repeat(20 % classes, batch), side, iterations), batch, iterations);
        }

        yield return new Job("block3_conv1, one filter", PlanOf("block3_conv1", [1], side, iterations), 1, iterations);
        int filters = topology.Find(FiltersLayer)!.Outputs;
        yield return new Job($"{FiltersLayer}, all {filters} filters", PlanOf(FiltersLayer, Enumerable.Range(0, filters), side, Math.Min(filterIterations, iterations)), Math.Min(filterBatch, filters), iterations);
    }

    /// <summary>The same in batches that the device has room for: halved until the forecast fits what is free.</summary>
    public Job Fitting(IBackend backend, Network network, Precision precision, long freeBytes)
    {
        int batch = Batch;
        while (batch > 1 && backend.Forecast(network, (Plan with { Precision = precision }).Slice(0, batch).Spec(network)).Total > freeBytes)
        {
            batch = (batch + 1) / 2;
        }

        return this with { Batch = batch };
    }

    private static RenderPlan PlanOf(string layer, IEnumerable<int> channels, int side, int iterations)
    {
        ImmutableArray<ImmutableArray<int>> wanted = [.. channels.Select(c => (ImmutableArray<int>)[c])];
        return Presets.KerasVis(layer, wanted, [.. Enumerable.Range(1, wanted.Length).Select(i => (uint)i)], side, side, iterations);
    }
}
