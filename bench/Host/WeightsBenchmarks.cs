using BenchmarkDotNet.Attributes;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader;

namespace VggCuda.Bench.Host;

/// <summary>Opening a Keras file and reading from it what network it holds: the bundled model's.</summary>
public class WeightsBenchmarks
{
    private readonly string _file = Path.Combine(Samples.Root, "models", "demo.h5");

    [Benchmark]
    public Topology OpenAndReadTheTopology()
    {
        using IWeightSource weights = KerasWeights.Open(_file);
        return Network.FromWeights(weights).Topology;
    }
}
