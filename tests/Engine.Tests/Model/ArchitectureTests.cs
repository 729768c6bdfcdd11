using VggCuda.Engine.Model;

namespace VggCuda.Engine.Tests.Model;

/// <summary>The known networks against their published figures, and how they are told by the names of their layers.</summary>
public class ArchitectureTests
{
    /// <summary>Name, layers as Keras counts them, weights and biases with and without the dense layers (Keras's and torchvision's figures).</summary>
    public static TheoryData<string, int, long, long> Figures => new()
    {
        { "VGG11", 18, 132_863_336, 9_220_480 },
        { "VGG13", 20, 133_047_848, 9_404_992 },
        { "VGG16", 23, 138_357_544, 14_714_688 },
        { "VGG19", 26, 143_667_240, 20_024_384 },
    };

    public static TheoryData<string> Names => [.. Architecture.Known.Select(a => a.Name)];

    [Theory]
    [MemberData(nameof(Figures))]
    public void A_network_has_its_published_layers_and_parameters(string name, int layers, long parameters, long withoutHead)
    {
        Topology topology = Architecture.Named(name)!.ImageNet;
        Assert.Equal((name, layers, parameters), (topology.Name, topology.Layers.Length, topology.ParameterCount));
        Assert.Equal((224, 32), (topology.FixedInputSize, topology.SmallestInput));
        Assert.Equal(withoutHead, new Topology(topology.Blocks, null).ParameterCount);
        Assert.Equal(topology.Widths.Length + 3, int.Parse(name[3..]));
        Assert.Equal(Enumerable.Range(0, layers), topology.Layers.Select(l => l.Index));
    }

    [Fact]
    public void Every_network_of_the_table_has_its_figures_here() =>
        Assert.Equal(Architecture.Known.Select(a => a.Name), Figures.Select(f => f.Data.Item1));

    [Fact]
    public void VGG19_has_the_layers_that_Keras_gives_it() => Assert.Equal(
        [
            "input_1", "block1_conv1", "block1_conv2", "block1_pool", "block2_conv1", "block2_conv2", "block2_pool",
            "block3_conv1", "block3_conv2", "block3_conv3", "block3_conv4", "block3_pool", "block4_conv1", "block4_conv2", "block4_conv3", "block4_conv4", "block4_pool",
            "block5_conv1", "block5_conv2", "block5_conv3", "block5_conv4", "block5_pool", "flatten", "fc1", "fc2", "predictions",
        ],
        Architecture.Named("vgg19")!.ImageNet.Layers.Select(l => l.Name));

    [Fact]
    public void What_follows_the_sums_of_a_layer_stands_on_it()
    {
        Topology topology = Architecture.Named("VGG11")!.ImageNet;
        Assert.All(topology.Layers, l => Assert.Equal(l.HasWeights && l != topology.Classifier, l.Activation == Activation.Relu));
        Assert.Equal(["predictions"], topology.Layers.Where(l => l.IsClassifier).Select(l => l.Name));
        Assert.Null(new Topology(topology.Blocks, null).Classifier);
    }

    [Fact]
    public void A_head_may_have_any_number_of_layers()
    {
        Topology topology = new(Topology.ImageNet.Blocks, new Head(3, [("hidden", 20), ("animals", 5)]));
        Assert.Equal(["flatten", "hidden", "animals"], topology.Layers[^3..].Select(l => l.Name));
        Assert.Equal((9 * 512, 20, 5), (topology.Layers[^2].Inputs, topology.Layers[^1].Inputs, topology.Head!.Classes));
        Assert.Equal((96, "animals", Activation.Relu), (topology.FixedInputSize, topology.Classifier!.Name, topology.Layers[^2].Activation));
        Assert.Equal(["predictions"], Head.Create(1, 4).Layers.Select(l => l.Name));
        Assert.Equal(["fc1", "fc2", "fc3", "predictions"], Head.Create(1, 4, 4, 4, 4).Layers.Select(l => l.Name));
        Assert.Throws<ArgumentException>(() => new Topology(Topology.ImageNet.Blocks, new Head(1, [])));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_network_is_told_by_the_names_of_its_layers_in_any_order(string name)
    {
        Topology topology = Architecture.Named(name)!.ImageNet;
        string[] layers = [.. topology.Layers.Where(l => l.HasWeights).Select(l => l.Name).Reverse()];
        Assert.Equal(name, Architecture.Recognise("w", layers).Name);
        Assert.Equal(name, Architecture.Recognise("w", layers[3..]).Name);
        Assert.Equal(name, Network.FromWeights(new HeWeights(topology, 1)).Topology.Name);
    }

    /// <summary>Convolutions per block, further layers, the layer that is named, what is said of it.</summary>
    public static TheoryData<int[], string[], string, string> Unknown => new()
    {
        { [2, 2, 4, 3, 3], [], "block3_conv4", "is no layer of VGG16" },
        { [2, 2, 4, 4, 3], [], "block5_conv4", "is missing; a VGG19 has it" },
        { [2, 2, 3, 3, 2], [], "block5_conv3", "is missing; a VGG16 has it" },
        { [1, 2, 2, 2, 2], [], "block1_conv2", "is missing; a VGG13 has it" },
        { [1, 1, 2, 2, 2], ["fc1", "predictions"], "fc2", "is missing; a VGG11 has it" },
        { [2, 2, 4, 4, 4], ["batch_normalization"], "batch_normalization", "is no layer of VGG19" },
        { [0, 0, 0, 0, 0], ["conv1", "res2a_branch2a"], "block1_conv1", "is missing; a VGG has it" },
        { [9, 9, 9, 9, 9], [], "block1_conv3", "is no layer of VGG19" },
    };

    [Theory]
    [MemberData(nameof(Unknown))]
    public void A_network_that_is_not_in_the_table_is_compared_with_the_nearest(int[] blocks, string[] further, string layer, string cause)
    {
        string[] layers = [.. blocks.SelectMany((count, block) => Enumerable.Range(1, count).Select(i => $"block{block + 1}_conv{i}")), .. further];
        WeightsException error = Assert.Throws<WeightsException>(() => Architecture.Recognise("w.h5", layers));
        Assert.StartsWith($"w.h5: layer '{layer}': {cause}", error.Message, StringComparison.Ordinal);
        Assert.Contains($"convolutions per block: {string.Join(", ", blocks)}. Known: VGG11 (1, 1, 2, 2, 2), VGG13 (2, 2, 2, 2, 2), VGG16 (2, 2, 3, 3, 3), VGG19 (2, 2, 4, 4, 4).", error.Message, StringComparison.Ordinal);
        Assert.Contains($"Found: {layers[0]}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Blocks_that_no_network_has_are_refused()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => new Topology([[1], [1, 1], [1, 1], [1, 1], [1, 1]], null));
        Assert.Contains("(1, 2, 2, 2, 2)", error.Message, StringComparison.Ordinal);
        Assert.Contains("VGG19 (2, 2, 4, 4, 4)", error.Message, StringComparison.Ordinal);
        Assert.Null(Architecture.Named("vgg12"));
    }
}
