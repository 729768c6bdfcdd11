using VggCuda.Engine.Model;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Engine.Tests.Model;

/// <summary>Their bits are held to an independent implementation in FixtureTests.</summary>
public class HeWeightsTests
{
    private static readonly HeWeights Weights = new(Samples.WithTop.Topology, 42);

    [Fact]
    public void Any_part_can_be_read_by_itself()
    {
        float[] all = Read(Weights, "fc1", WeightPart.Kernel, 0, 13 * 11);
        Assert.Equal(all[17..58], Read(Weights, "fc1", WeightPart.Kernel, 17, 41));
        Assert.Equal(all, Read(new HeWeights(Samples.WithTop.Topology, 42), "fc1", WeightPart.Kernel, 0, 13 * 11));
        Assert.NotEqual(all, Read(new HeWeights(Samples.WithTop.Topology, 43), "fc1", WeightPart.Kernel, 0, 13 * 11));
    }

    [Fact]
    public void Values_fill_their_range_evenly()
    {
        HeWeights large = new(Topology.ImageNet, 1);
        float[] values = Read(large, "block3_conv1", WeightPart.Kernel, 0, 100_000);
        double bound = Math.Sqrt(6.0 / (9 * 128));
        Assert.All(values, v => Assert.InRange(v, -bound, bound));
        Assert.Equal(0, values.Average(), bound * 0.01);
        Assert.Equal(2.0 / (9 * 128), values.Average(v => (double)v * v), 0.01 * 2 / (9 * 128));
        Assert.True(values.Max() > 0.999 * bound && values.Min() < -0.999 * bound);
        Assert.All(Read(large, "block3_conv1", WeightPart.Bias, 0, 256), b => Assert.InRange(b, -0.1f, 0.1f));
    }

    [Fact]
    public void The_hash_is_that_of_the_values_in_order()
    {
        Assert.Equal(MemoryWeights.CopyOf(Weights).ComputeSha256(), Weights.ComputeSha256());
        Assert.NotEqual(Weights.ComputeSha256(), new HeWeights(Samples.WithTop.Topology, 43).ComputeSha256());
    }

    [Fact]
    public void What_is_not_there_cannot_be_read()
    {
        Assert.Throws<ArgumentException>(() => Read(Weights, "block1_pool", WeightPart.Kernel, 0, 1));
        Assert.ThrowsAny<ArgumentException>(() => Read(Weights, "fc1", WeightPart.Bias, 5, 7));
        Assert.ThrowsAny<ArgumentException>(() => Read(Weights, "fc1", WeightPart.Bias, -1, 1));
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Weights.Read("fc1", WeightPart.Bias, 0, new float[11], source.Token));
    }

    private static float[] Read(HeWeights weights, string layer, WeightPart part, long start, int count)
    {
        float[] values = new float[count];
        weights.Read(layer, part, start, values);
        return values;
    }
}
