using VggCuda.Engine.Model;

namespace VggCuda.Engine.Tests.Model;

public class TopologyTests
{
    /// <summary>Keras's model.summary() of VGG16: index, layer, output side, channels, parameters.</summary>
    public static TheoryData<int, string, int, int, long> Rows => new()
    {
        { 1, "block1_conv1", 224, 64, 1792 },
        { 2, "block1_conv2", 224, 64, 36928 },
        { 3, "block1_pool", 112, 64, 0 },
        { 4, "block2_conv1", 112, 128, 73856 },
        { 5, "block2_conv2", 112, 128, 147584 },
        { 6, "block2_pool", 56, 128, 0 },
        { 7, "block3_conv1", 56, 256, 295168 },
        { 8, "block3_conv2", 56, 256, 590080 },
        { 9, "block3_conv3", 56, 256, 590080 },
        { 10, "block3_pool", 28, 256, 0 },
        { 11, "block4_conv1", 28, 512, 1180160 },
        { 12, "block4_conv2", 28, 512, 2359808 },
        { 13, "block4_conv3", 28, 512, 2359808 },
        { 14, "block4_pool", 14, 512, 0 },
        { 15, "block5_conv1", 14, 512, 2359808 },
        { 16, "block5_conv2", 14, 512, 2359808 },
        { 17, "block5_conv3", 14, 512, 2359808 },
        { 18, "block5_pool", 7, 512, 0 },
        { 19, "flatten", 1, 25088, 0 },
        { 20, "fc1", 1, 4096, 102764544 },
        { 21, "fc2", 1, 4096, 16781312 },
        { 22, "predictions", 1, 1000, 4097000 },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_layer_is_as_in_Keras(int index, string name, int side, int channels, long parameters)
    {
        Layer layer = Topology.ImageNet.Layers[index];
        Assert.Equal((index, name, channels, parameters), (layer.Index, layer.Name, layer.Outputs, layer.ParameterCount));
        Assert.Equal((side, side), Topology.OutputSize(layer, 224, 224));
        Assert.Same(layer, Topology.ImageNet.Find(name));
        Assert.Same(layer, Topology.ImageNet.Find(name.ToUpperInvariant()));
        Assert.Same(layer, Topology.ImageNet.Find($"{index}"));
    }

    [Fact]
    public void The_published_network_has_its_138_million_parameters()
    {
        Assert.Equal(138_357_544, Topology.ImageNet.ParameterCount);
        Assert.Equal(553_430_176, Topology.ImageNet.ParameterCount * sizeof(float));
        Assert.Equal(23, Topology.ImageNet.Layers.Length);
        Assert.Equal(224, Topology.ImageNet.FixedInputSize);
        Topology noTop = new(Topology.ImageNet.Blocks, null);
        Assert.Equal(14_714_688, noTop.ParameterCount);
        Assert.Equal(19, noTop.Layers.Length);
        Assert.Null(noTop.FixedInputSize);
        Assert.Null(noTop.Find("predictions"));
    }

    [Fact]
    public void What_can_be_tapped_are_convolutions_poolings_and_dense_layers() =>
        Assert.Equal(["input_1", "flatten"], Topology.ImageNet.Layers.Where(l => !l.CanBeTapped).Select(l => l.Name));

    [Theory]
    [InlineData("")]
    [InlineData("23")]
    [InlineData("-1")]
    [InlineData("block6_conv1")]
    [InlineData("7.0")]
    public void An_unknown_layer_is_not_found(string name) => Assert.Null(Topology.ImageNet.Find(name));

    [Fact]
    public void Odd_sizes_lose_their_last_row_at_each_pooling()
    {
        Layer pool = Topology.ImageNet.Find("block5_pool")!;
        Assert.Equal((2, 1), Topology.OutputSize(pool, 95, 63));
        Assert.Equal((3, 2), Topology.OutputSize(pool, 96, 64));
    }

    [Fact]
    public void Impossible_widths_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new Topology([[1, 2, 3]], null));
        Assert.Throws<ArgumentException>(() => new Topology([[1, 1], [1, 1], [1, 1, 0], [1, 1, 1], [1, 1, 1]], null));
        Assert.Throws<ArgumentException>(() => new Topology(Topology.ImageNet.Blocks, Head.Create(0, 1, 1, 1)));
        Assert.Throws<ArgumentException>(() => new Topology(Topology.ImageNet.Blocks, Head.Create(1, 1, 1, 0)));
    }
}
