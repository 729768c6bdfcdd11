using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Rendering;

namespace VggCuda.Engine.Tests.Objectives;

/// <summary>The language of objectives.</summary>
public class ObjectiveTextTests
{
    private static readonly Network Network = Network.FromWeights(new HeWeights(new Topology([[4, 4], [4, 4], [4, 4, 4], [4, 4, 4], [4, 4, 4]], Head.Create(1, 6, 6, 9)), 1));

    [Fact]
    public void A_class_a_channel_a_neuron_a_layer()
    {
        foreach ((string text, string layer, int channel) in ((string, string, int)[])[("predictions:2", "predictions", 2), ("predictions:'sea lion'", "predictions", 8), (" 7 : 3 ", "block3_conv1", 3)])
        {
            ChannelObjective objective = Parse<ChannelObjective>(text);
            Assert.Equal((layer, 1.0), (objective.Layer, objective.Weight));
            Assert.Equal([channel, channel], objective.Channels.Select(c => Assert.Single(c)));
        }

        Assert.Equal([new Neuron(1, 7, 5), new Neuron(1, 7, 5)], Parse<NeuronObjective>("block4_conv2:1@7,5").Neurons);
        Assert.Equal(new Neuron(1), Parse<NeuronObjective>("block4_conv2:1@middle").Neurons[0]);
        Assert.Equal("block5_conv3", Parse<LayerObjective>("block5_conv3").Layer);
        Assert.Equal(TopActivation.Softmax, Parse<ChannelObjective>("probability(bird)").Top);
    }

    [Fact]
    public void Weighted_sums_across_layers()
    {
        SumObjective sum = Parse<SumObjective>("predictions:2 - 0.5*predictions:bird+1.5e-1 * block5_conv3 - block4_conv2:3@0,0");
        Assert.Equal([1, -0.5, 0.15, -1], sum.Terms.Select(t => t.Weight));
        Assert.Equal([typeof(ChannelObjective), typeof(ChannelObjective), typeof(LayerObjective), typeof(NeuronObjective)], sum.Terms.Select(t => t.GetType()));
        Assert.Equal((2, 1), (sum.Count, sum.GroupSize));
        Assert.Equal("predictions 2 - 0.5 x predictions 4 + 0.15 x block5_conv3 - block4_conv2 3@0,0", sum.Describe(0));
        Assert.Equal(-1, Assert.Single(Parse<SumObjective>("-block5_conv3").Terms).Weight);
        sum.Validate(Network);
    }

    [Fact]
    public void Directions_and_what_compares_pictures()
    {
        DirectionObjective direction = Parse<DirectionObjective>("direction(block4_conv2, 3=1, 0 = -0.5, 1, power=2)");
        Assert.Equal([3, 0, 1], direction.Channels.AsEnumerable());
        Assert.Equal([1, -0.5, 1], direction.Values.AsEnumerable());
        Assert.Equal(2, direction.Power);
        InterpolationObjective way = Parse<InterpolationObjective>("interpolation(predictions, bird, 3)");
        Assert.Equal((4, 3, 2), (way.From, way.To, way.Steps));
        SumObjective sum = Parse<SumObjective>("predictions:2 + 10*diversity(block5_conv3) + alignment(block3_conv1)");
        Assert.Equal(2, sum.GroupSize);
        Assert.Equal([2, 2], sum.Terms.OfType<CoupledObjective>().Select(t => t.Group));
    }

    [Theory]
    [InlineData("", "at its end: a layer")]
    [InlineData("predictions:2 +", "at its end: a layer")]
    [InlineData("predictions:2 predictions:3", "at character 15, 'predictions:3': '+', '-' or its end was expected")]
    [InlineData("predictions:2 + * 3", "at character 17, '* 3'")]
    [InlineData("block9_conv1:3", "at character 1, 'block9_conv1:3': there is no layer 'block9_conv1'; layers are block1_conv1")]
    [InlineData("predictions:2 - flatten", "at character 17, 'flatten': 'flatten' has no filters")]
    [InlineData("block1_conv1:4", "at character 14, '4': 'block1_conv1' has no channel 4; its channels are 0 to 3")]
    [InlineData("block1_conv1:bird", "at character 14, 'bird': 'bird' is no channel")]
    [InlineData("predictions:9", "has no class 9; they are 0 to 8")]
    [InlineData("predictions:heron", "there is no class 'heron'")]
    [InlineData("predictions:'heron", "no closing quote")]
    [InlineData("predictions:", "at its end: a class was expected")]
    [InlineData("block1_conv1:3@", "a row was expected")]
    [InlineData("block1_conv1:3@1", "at its end: ',' was expected")]
    [InlineData("block1_conv1:3@left", "at character 16, 'left'")]
    [InlineData("predictions:3@1,1", "units have no position")]
    [InlineData("diversity(block1_conv1", "at its end: ')' was expected")]
    [InlineData("sum(block1_conv1)", "'sum' is none of probability")]
    [InlineData("direction(block1_conv1)", "',' and a channel was expected")]
    [InlineData("direction(block1_conv1, 3, 3)", "stands there twice")]
    [InlineData("direction(block1_conv1, 3=x)", "a number was expected")]
    [InlineData("1e999*block1_conv1", "a number was expected")]
    [InlineData("\u001b[31m", "at character 1, '?[31m'")]
    public void An_error_points_at_its_place(string text, string words) =>
        Assert.Contains(words, Assert.Throws<PlanException>(() => ObjectiveText.Parse(text, 2, Network, ClassOf)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("diversity(block1_conv1)")]
    [InlineData("predictions:1 + alignment(block1_conv1)")]
    [InlineData("interpolation(block1_conv1, 0, 1)")]
    public void One_picture_cannot_be_compared(string text) =>
        Assert.Contains("--count 2 or more", Assert.Throws<PlanException>(() => ObjectiveText.Parse(text, 1, Network, ClassOf)).Message, StringComparison.Ordinal);

    [Fact]
    public void Nothing_endless_is_read()
    {
        Assert.Contains("at most 4096", Assert.Throws<PlanException>(() => ObjectiveText.Parse(new string('a', 5000), 1, Network, ClassOf)).Message, StringComparison.Ordinal);
        Assert.Contains("at most 64 terms", Assert.Throws<PlanException>(() => ObjectiveText.Parse(string.Join('+', Enumerable.Repeat("block1_conv1", 80)), 1, Network, ClassOf)).Message, StringComparison.Ordinal);
    }

    private static int? ClassOf(string name) => name switch { "bird" => 4, "sea lion" => 8, _ => null };

    private static T Parse<T>(string text) => Assert.IsType<T>(ObjectiveText.Parse(text, 2, Network, ClassOf));
}
