using System.Collections.Immutable;
using VggCuda.Engine.Attribution;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Tests.Attribution;

/// <summary>What holds of the methods by their definitions, whatever the network.</summary>
public sealed class AttributionPropertyTests : IDisposable
{
    private const int Side = 32;
    private static readonly Topology Small = new([[3, 5], [4, 7], [5, 6, 3], [5, 7, 4], [6, 5, 7]], Head.Create(1, 9, 7, 6));
    private static readonly HeWeights Weights = new(Small, 20);
    private static readonly Network Network = Network.FromWeights(Weights);
    private readonly ReferenceBackend _backend = new();

    public void Dispose() => _backend.Dispose();

    public static TheoryData<string> Names => [.. AttributionMethods.Names];

    [Fact]
    public void Saliency_is_the_derivative_of_the_logit()
    {
        float[] picture = Picture(500);
        double[] map = Explain(Network, new Saliency(), picture, 3).Map;
        for (int pixel = 17; pixel < map.Length; pixel += 173)
        {
            double largest = Enumerable.Range(3 * pixel, 3).Max(i => Math.Abs(Derivative(picture, i, 3)));
            Assert.Equal(largest, map[pixel], 1e-4 * map.Max());
        }
    }

    [Fact]
    public void Gradient_times_input_is_the_derivative_along_the_path_from_the_mean_colour()
    {
        float[] picture = Picture(501);
        double sum = Explain(Network, new GradientInput(), picture, 3).Map.Sum();

        // d/dt z(b + t (p - b)) at t = 1: the picture, a little farther from the mean colour.
        const double step = 1e-3;
        double[] mean = [123.68, 116.779, 103.939];
        double further = LogitOf([.. picture.Select((v, i) => v + (step * (v - mean[i % 3])))], 3);
        double nearer = LogitOf([.. picture.Select((v, i) => v - (step * (v - mean[i % 3])))], 3);
        Assert.Equal((further - nearer) / (2 * step), sum, 1e-3 * Math.Abs(sum));
    }

    [Theory]
    [InlineData(Baseline.Zero)]
    [InlineData(Baseline.Black)]
    [InlineData(Baseline.White)]
    [InlineData(Baseline.Blur)]
    public void Integrated_gradients_add_up_to_the_logits_difference(Baseline baseline)
    {
        (double[] map, AttributionFacts facts) = Explain(Network, new IntegratedGradients { Baseline = baseline, Steps = 25, MaxSteps = 1600, Tolerance = 0.02 }, Picture(502), 0);
        IntegrationFacts found = facts.Integration!;
        Assert.True(found.Reached);
        Assert.InRange(found.RelativeGap, 0, 0.02);
        Assert.Equal(found.Gap, Math.Abs(map.Sum() - found.Difference), 1e-4 * Math.Abs(found.Difference));
    }

    [Fact]
    public void Steps_are_doubled_until_the_tolerance_or_the_limit_is_reached()
    {
        IntegratedGradients method = new() { Steps = 4, MaxSteps = 20, Tolerance = 0, Baseline = Baseline.Black };
        IntegrationFacts limit = Explain(Network, method, Picture(503), 0).Facts.Integration!;
        Assert.Equal((16, false), (limit.Steps, limit.Reached));
        IntegrationFacts easy = Explain(Network, method with { Tolerance = 1e6 }, Picture(503), 0).Facts.Integration!;
        Assert.Equal((4, true), (easy.Steps, easy.Reached));
        IntegrationFacts later = Explain(Network, method with { Tolerance = (limit.RelativeGap + 1e-9) }, Picture(503), 0).Facts.Integration!;
        Assert.True(later.Reached);
    }

    // Sundararajan et al., axiom 1: a picture and a baseline that differ in one feature, with different answers.
    [Fact]
    public void A_pixel_that_alone_makes_a_difference_gets_all_of_it()
    {
        float[] picture = new float[Side * Side * 3];
        int pixel = (11 * Side) + 20;
        picture[3 * pixel] = 255;
        (double[] map, AttributionFacts facts) = Explain(Network, new IntegratedGradients { Baseline = Baseline.Black, MaxSteps = 1600, Tolerance = 0.01 }, picture, 2);
        Assert.NotEqual(0, facts.Integration!.Difference);
        Assert.All(map.Where((_, i) => i != pixel), v => Assert.Equal(0, v));
        Assert.Equal(facts.Integration.Difference, map[pixel], 0.01 * Math.Abs(facts.Integration.Difference));
    }

    // The same axiom's other half: what the network does not look at gets nothing.
    [Theory]
    [InlineData("integrated-gradients")]
    [InlineData("occlusion")]
    public void A_colour_that_the_network_does_not_see_gets_nothing(string name)
    {
        // With no weight for red, a red spot on black changes nothing. Red is the network's third channel.
        Network blind = Changed(Weights, (layer, part, index, value) => layer == "block1_conv1" && part == WeightPart.Kernel && index / Small.Layers[1].Outputs % 3 == 2 ? 0 : value);
        float[] picture = new float[Side * Side * 3];
        for (int i = 300; i < 900; i++)
        {
            picture[3 * i] = 200;
        }

        AttributionMethod method = name == "occlusion" ? new Occlusion { Baseline = Baseline.Black, Window = 8 } : new IntegratedGradients { Baseline = Baseline.Black };
        Assert.All(Explain(blind, method, picture, 2).Map, v => Assert.Equal(0, v));
        Assert.Contains(Explain(Network, method, picture, 2).Map, v => v != 0);
    }

    // Sundararajan et al., section 2.2: networks that give the same answers get the same maps.
    [Theory]
    [MemberData(nameof(Names))]
    public void Networks_that_compute_the_same_are_explained_alike(string name)
    {
        // Channels of one layer in another order, and what comes after it accordingly.
        int[] order = [3, 0, 2, 1];
        int outputs = Small.Layers.Single(l => l.Name == "block4_conv3").Outputs;
        int next = Small.Layers.Single(l => l.Name == "block5_conv1").Outputs;
        Network shuffled = Changed(Weights, (layer, part, index, value) => (layer, part) switch
        {
            ("block4_conv3", WeightPart.Bias) => Read("block4_conv3", part, order[index]),
            ("block4_conv3", _) => Read("block4_conv3", part, (index / outputs * outputs) + order[index % outputs]),
            ("block5_conv1", WeightPart.Kernel) => Read("block5_conv1", part, (((index / (next * outputs) * outputs) + order[index / next % outputs]) * next) + (index % next)),
            _ => value,
        });
        AttributionMethod method = Quick(name);
        method = method is CamMethod cam ? cam with { Layer = "block4_conv3" } : method;
        float[] picture = Picture(504);
        (double[] map, AttributionFacts facts) = Explain(Network, method, picture, 0);
        (double[] same, AttributionFacts sameFacts) = Explain(shuffled, method, picture, 0);
        Assert.Equal(facts.Logit, sameFacts.Logit, 1e-9 * Math.Abs(facts.Logit));
        Fixtures.Fixture.Close(map, same, 1e-6);
        Assert.Contains(map, v => v != 0);

        static float Read(string layer, WeightPart part, int index)
        {
            float[] one = new float[1];
            Weights.Read(layer, part, index, one);
            return one[0];
        }
    }

    // All but RISE: the class's probability is the same behind every mask, and what is left is the masks' mean.
    public static TheoryData<string> NamesWithoutRise => [.. AttributionMethods.Names.Where(n => n != "rise")];

    [Theory]
    [MemberData(nameof(NamesWithoutRise))]
    public void Nothing_to_explain_is_a_map_of_zeros(string name)
    {
        // Logits that do not depend on the picture.
        Network constant = Changed(Weights, (layer, part, _, value) => layer == "predictions" && part == WeightPart.Kernel ? 0 : value);
        AttributionMethod method = Quick(name);
        if (method is ScoreCam)
        {
            // The weights are probabilities, never 0: here it is the layer that is dead.
            constant = Changed(Weights, (layer, _, _, value) => layer == "block5_conv3" ? 0 : value);
        }

        (double[] map, AttributionFacts facts) = Explain(constant, method, Picture(505), null);
        Assert.All(map, v => Assert.Equal(0, v));
        Assert.Equal((0, true), ((int)(facts.Integration?.RelativeGap ?? 0), facts.Integration?.Reached ?? true));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_flat_picture_is_no_trouble(string name)
    {
        float[] flat = new float[Side * Side * 3];
        for (int i = 0; i < flat.Length; i++)
        {
            flat[i] = i % 3 switch { 0 => 123.68f, 1 => 116.779f, _ => 103.939f };
        }

        Assert.All(Explain(Network, Quick(name), flat, null).Map, v => Assert.True(double.IsFinite(v)));
    }

    [Fact]
    public void The_likeliest_class_is_asked_about_where_none_is_named()
    {
        float[] pictures = [.. Picture(506), .. Picture(507)];
        using Attributor attributor = new(_backend, Network, new AttributionPlan { Method = new GradCam() });
        ImmutableArray<AttributionFacts> facts = attributor.Attribute(pictures, [], new float[2 * Side * Side]);
        foreach (AttributionFacts each in facts)
        {
            Assert.Equal(each.Top[0].Class, each.Class);
            Assert.Equal((each.Top[0].Logit, each.Top[0].Probability), (each.Logit, each.Probability));
            Assert.Equal(5, each.Top.Length);
            Assert.True(each.Top.Zip(each.Top.Skip(1)).All(pair => pair.First.Logit >= pair.Second.Logit));
        }
    }

    [Fact]
    public void Seeds_decide_the_noise()
    {
        float[] picture = Picture(508);
        double[] Map(uint seed) => Explain(Network, new SmoothGrad { Samples = 3, Seed = seed }, picture, 0).Map;
        Assert.Equal(Map(1), Map(1));
        Assert.NotEqual(Map(1), Map(2));
        double[] Rise(uint seed) => Explain(Network, new Rise { Masks = 6, Seed = seed }, picture, 0).Map;
        Assert.Equal(Rise(1), Rise(1));
        Assert.NotEqual(Rise(1), Rise(2));
    }

    // Grad-CAM of the last maps takes the dense layer's weights summed over positions; the definition, the gradient at every position.
    [Theory]
    [InlineData(null, ReluRule.Plain)]
    [InlineData(null, ReluRule.Guided)]
    [InlineData("block5_pool", ReluRule.Plain)]
    [InlineData("block5_pool", ReluRule.Deconvnet)]
    public void Grad_CAM_is_what_its_definition_says(string? layer, ReluRule rule)
    {
        Topology large = new([[3, 5], [4, 7], [5, 6, 3], [5, 7, 4], [6, 5, 37]], Head.Create(2, 9, 7, 6));
        Network network = Network.FromWeights(new HeWeights(large, 21));
        float[] picture = Array.ConvertAll(Fixtures.Fixture.Image(64, 64, 509), v => (float)v);
        int shown = 0;
        for (int index = 0; index < 6; index++)
        {
            double[] map = Explain(network, new GradCam { Layer = layer, Relu = rule }, picture, index).Map;
            double[] defined = Explain(network, new DefinedGradCam { Layer = layer, Relu = rule }, picture, index).Map;
            if (defined.Max() > 0)
            {
                Fixtures.Fixture.Close(defined, map, 1e-6);
                shown++;
            }
        }

        Assert.NotEqual(0, shown);
    }

    [Fact]
    public void Grad_CAM_of_a_network_with_one_dense_layer_has_a_map_too()
    {
        Network network = Network.FromWeights(new HeWeights(new Topology([[3, 5], [4, 7], [5, 6, 3], [5, 7, 4], [6, 5, 7]], new Head(1, [("classes", 6)])), 20));
        float[] picture = Picture(510);
        double[][] maps = [.. Enumerable.Range(0, 6).Select(index => Explain(network, new GradCam(), picture, index).Map)];
        Assert.Contains(maps, map => map.Max() > 0);
        Assert.All(maps, (map, index) => Assert.Equal(Explain(network, new DefinedGradCam(), picture, index).Map, map));
    }

    internal static AttributionMethod Quick(string name) => AttributionMethods.Named(name) switch
    {
        SmoothGrad m => m with { Samples = 3 },
        VarGrad m => m with { Samples = 3 },
        IntegratedGradients m => m with { Steps = 4, MaxSteps = 8 },
        Occlusion m => m with { Window = 16, Stride = 8 },
        Rise m => m with { Masks = 5 },
        AttributionMethod m => m,
    };

    private static float[] Picture(uint seed) => Array.ConvertAll(Fixtures.Fixture.Image(Side, Side, seed), v => (float)v);

    private sealed record DefinedGradCam : GradientCamMethod
    {
        public override string Name => "grad-cam by its definition";

        internal override void Combine(ReadOnlySpan<double> maps, ReadOnlySpan<double> gradient, int channels, Span<double> sum) =>
            new GradCam().Combine(maps, gradient, channels, sum);
    }

    private (double[] Map, AttributionFacts Facts) Explain(Network network, AttributionMethod method, float[] picture, int? index)
    {
        using Attributor attributor = new(_backend, network, new AttributionPlan { Method = method, Batch = 5 });
        float[] map = new float[attributor.Side * attributor.Side];
        ImmutableArray<AttributionFacts> facts = attributor.Attribute(picture, index is int c ? [c] : [], map);
        return (Array.ConvertAll(map, v => (double)v), facts[0]);
    }

    private double LogitOf(double[] picture, int index)
    {
        ProgramSpec spec = new() { Taps = [new TapSpec(Small.Classifier!)], Batch = 1, Height = Side, Width = Side, NeedsGradient = false };
        using INetworkProgram program = _backend.Compile(Network, spec);
        using ITensor input = _backend.Allocate(program.InputShape);
        _backend.Upload(input, picture);
        program.Forward(input);
        double[] logits = new double[program.Tap.Shape.Count];
        _backend.Download(program.Tap, logits);
        return logits[index];
    }

    private double Derivative(float[] picture, int at, int index)
    {
        const double step = 1e-4;
        double[] moved = Array.ConvertAll(picture, v => (double)v);
        moved[at] += step;
        double above = LogitOf(moved, index);
        moved[at] -= 2 * step;
        return (above - LogitOf(moved, index)) / (2 * step);
    }

    private static Network Changed(IWeightSource source, Func<string, WeightPart, int, float, float> change)
    {
        MemoryWeights changed = new("changed weights");
        foreach (LayerWeights layer in source.Layers)
        {
            float[] kernel = new float[layer.KernelShape.Aggregate(1, (a, b) => a * b)];
            float[] bias = new float[layer.BiasLength];
            source.Read(layer.Layer, WeightPart.Kernel, 0, kernel);
            source.Read(layer.Layer, WeightPart.Bias, 0, bias);
            changed.Add(
                layer.Layer,
                [.. layer.KernelShape],
                [.. kernel.Select((v, i) => change(layer.Layer, WeightPart.Kernel, i, v))],
                [.. bias.Select((v, i) => change(layer.Layer, WeightPart.Bias, i, v))]);
        }

        return Network.FromWeights(changed);
    }
}
