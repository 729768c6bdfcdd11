using VggCuda.Engine.Model;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Engine.Tests.Model;

public class NetworkTests
{
    [Fact]
    public void The_topology_is_read_off_the_weights()
    {
        Assert.Equal([5, 7, 5, 13, 7, 5, 13, 7, 5, 3, 5, 7, 13], Samples.WithTop.Topology.Widths.AsEnumerable());
        Assert.Equal(Head.Create(1, 11, 9, 6), Samples.WithTop.Topology.Head);
        Assert.Equal(Head.Create(2, 13, 7, 9), Samples.WithLargerTop.Topology.Head);
        Assert.Null(Samples.WithoutTop.Topology.Head);
    }

    [Fact]
    public void A_head_of_any_number_of_layers_and_any_names_is_read_off_the_weights()
    {
        Assert.Equal(new Head(2, [("animals", 6)]), Samples.OneDense.Topology.Head);
        Assert.Equal(new Head(1, [("dense", 11), ("dense_1", 9), ("dense_2", 7), ("dense_3", 6)]), Samples.FourDense.Topology.Head);
        Topology two = new(Samples.WithTop.Topology.Blocks, Head.Create(1, 4, 3));
        Assert.Equal(Head.Create(1, 4, 3), Network.FromWeights(new HeWeights(two, 1)).Topology.Head);
    }

    [Theory]
    [InlineData(1, "takes pictures of 1 channel,")]
    [InlineData(4, "takes pictures of 4 channels,")]
    [InlineData(5, "VGG16 needs (3, 3, 3, any)")]
    public void A_first_convolution_of_other_than_three_channels_is_refused(int channels, string message)
    {
        List<LayerWeights> layers = [.. Samples.WithTop.Weights.Layers];
        layers[0] = new LayerWeights("block1_conv1", [3, 3, channels, 5], 5);
        WeightsException error = Assert.Throws<WeightsException>(() => Network.FromWeights(new ShapesOnly(layers)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, string, string> Wrongs => new()
    {
        { "missing", "block3_conv2", "is missing" },
        { "no layers", "block1_conv1", "no layer with weights" },
        { "twice", "block1_conv2", "is there twice" },
        { "stranger", "dense_1", "is no layer of VGG16" },
        { "kernel", "block2_conv1", "VGG16 needs (3, 3, 7, any)" },
        { "theano", "block2_conv1", "Theano's order" },
        { "bias", "block4_conv1", "has 8 biases for 7 outputs" },
        { "rows", "fc1", "no square grid" },
        { "fc2", "fc2", "expected (11, any)" },
        { "half a top", "predictions", "is missing" },
    };

    [Theory]
    [MemberData(nameof(Wrongs))]
    public void Weights_of_another_network_are_refused(string what, string layer, string message)
    {
        WeightsException error = Assert.Throws<WeightsException>(() => Network.FromWeights(Changed(what)));
        Assert.Equal(("shapes", layer), (error.WeightsSource, error.Layer));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.StartsWith($"shapes: layer '{layer}': ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_that_are_not_finite_are_refused()
    {
        MemoryWeights weights = new("mine");
        Assert.Throws<WeightsException>(() => weights.Add("a", [1, 2], [1, float.NaN], [0, 0]));
        Assert.Throws<WeightsException>(() => weights.Add("a", [1, 2], [1, 2], [0, float.PositiveInfinity]));
        Assert.Throws<ArgumentException>(() => weights.Add("a", [1, 2], [1], [0, 0]));
        Assert.Empty(weights.Layers);
    }

    private static ShapesOnly Changed(string what)
    {
        List<LayerWeights> layers = [.. Samples.WithTop.Weights.Layers];
        int Place(string name) => layers.FindIndex(l => l.Layer == name);
        switch (what)
        {
            case "missing":
                layers.RemoveAt(Place("block3_conv2"));
                break;
            case "no layers":
                layers.Clear();
                break;
            case "twice":
                layers.Add(layers[Place("block1_conv2")]);
                break;
            case "stranger":
                layers.Add(new LayerWeights("dense_1", [4, 4], 4));
                break;
            case "kernel":
                layers[Place("block2_conv1")] = new LayerWeights("block2_conv1", [5, 5, 7, 5], 5);
                break;
            case "theano":
                layers[Place("block2_conv1")] = new LayerWeights("block2_conv1", [5, 7, 3, 3], 5);
                break;
            case "bias":
                layers[Place("block4_conv1")] = layers[Place("block4_conv1")] with { BiasLength = 8 };
                break;
            case "rows":
                layers[Place("fc1")] = new LayerWeights("fc1", [26, 11], 11);
                break;
            case "fc2":
                layers[Place("fc2")] = new LayerWeights("fc2", [12, 9], 9);
                break;
            case "half a top":
                layers.RemoveAt(Place("predictions"));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(what));
        }

        return new ShapesOnly(layers);
    }

    private sealed class ShapesOnly(List<LayerWeights> layers) : IWeightSource
    {
        public string Name => "shapes";

        public IReadOnlyList<LayerWeights> Layers => layers;

        public void Read(string layer, WeightPart part, long start, Span<float> destination, CancellationToken cancellation = default) => destination.Clear();

        public string? ComputeSha256(CancellationToken cancellation = default) => null;

        public void Dispose()
        {
        }
    }
}
