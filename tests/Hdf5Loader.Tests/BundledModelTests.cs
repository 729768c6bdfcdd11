using System.Security.Cryptography;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader.Keras;

namespace VggCuda.Hdf5Loader.Tests;

public class BundledModelTests
{
    private static readonly string Demo = Path.Combine(AppContext.BaseDirectory, "demo.h5");

    [Fact]
    public void The_bundled_model_opens_as_the_network_that_it_is()
    {
        using KerasWeights weights = KerasWeights.Open(Demo);
        Topology topology = Network.FromWeights(weights).Topology;
        Assert.Equal([16, 16, 32, 32, 64, 64, 64, 128, 128, 128, 128, 128, 128], topology.Widths);
        Assert.Equal(Head.Create(3, 256, 256, 32), topology.Head);
        Assert.Equal(KerasLayout.Weights, weights.Inspection.Layout);
        Assert.Equal("2.2.4", weights.Inspection.KerasVersion);
        Assert.Equal("tensorflow", weights.Inspection.Backend);
        Assert.True(weights.Inspection.IsPlain);
        Assert.Equal(4872, weights.Inspection.Tensors[0].Offset);
        Assert.Equal("block1_conv1/block1_conv1/kernel:0", weights.Inspection.Tensors[0].Path);
    }

    [Fact]
    public void File_and_memory_give_the_same_values_whole_and_in_parts()
    {
        byte[] bytes = File.ReadAllBytes(Demo);
        using KerasWeights file = KerasWeights.Open(Demo);
        using KerasWeights memory = KerasWeights.Open(bytes, "bundled model");
        float[] whole = new float[1152 * 256];
        float[] parts = new float[whole.Length];
        file.Read("fc1", WeightPart.Kernel, 0, whole);
        for (int at = 0; at < parts.Length; at += 1000)
        {
            memory.Read("fc1", WeightPart.Kernel, at, parts.AsSpan(at, Math.Min(1000, parts.Length - at)));
        }

        Assert.Equal(whole, parts);
        Assert.Equal(BitConverter.ToSingle(bytes, 3730280), whole[0]);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), file.ComputeSha256());
        Assert.Equal(file.ComputeSha256(), memory.ComputeSha256());
    }
}
