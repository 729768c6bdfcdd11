using BenchmarkDotNet.Attributes;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;

namespace VggCuda.Bench.Host;

/// <summary>All of a run's random numbers: start images of 224 x 224 and 500 steps of jitter, by NumPy's generator.</summary>
public class ScheduleBenchmarks
{
    private RenderPlan _plan = null!;

    [Params(1, 16)]
    public int Batch { get; set; }

    [GlobalSetup]
    public void Setup() => _plan = Presets.KerasVis(
        "predictions", [.. Enumerable.Range(0, Batch).Select(_ => (System.Collections.Immutable.ImmutableArray<int>)[20])], [.. Enumerable.Range(1, Batch).Select(i => (uint)i)], 224, 224, 500);

    [Benchmark]
    public Schedule Draw500Steps() => Schedule.Draw(_plan);
}
