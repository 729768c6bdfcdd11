using VggCuda.Engine.Attribution;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Model;
using VggCuda.Engine.Tests.Rendering;

namespace VggCuda.Engine.Tests.Attribution;

/// <summary>What a plan refuses, and how it is written.</summary>
public sealed class AttributionPlanTests
{
    private const int Side = 32;

    private static readonly Dictionary<string, (AttributionMethod Method, string[] Words)> Wrong = new()
    {
        ["no such layer"] = (new GradCam { Layer = "block9_conv1" }, ["block9_conv1", "block5_conv3"]),
        ["a layer without maps"] = (new LayerCam { Layer = "fc1" }, ["fc1", "no maps", "block5_conv3"]),
        ["the flattened layer"] = (new ScoreCam { Layer = "flatten" }, ["flatten", "no maps"]),
        ["the input"] = (new GuidedGradCam { Layer = "0" }, ["input_1", "no maps"]),
        ["a window larger than the picture"] = (new Occlusion { Window = 33 }, ["33", "32"]),
        ["an empty window"] = (new Occlusion { Window = 0, Stride = 1 }, ["0"]),
        ["a stride that leaves pixels out"] = (new Occlusion { Window = 8, Stride = 9 }, ["9", "8"]),
        ["one sample"] = (new SmoothGrad { Samples = 1 }, ["1"]),
        ["no noise"] = (new VarGrad { Noise = 0 }, ["0"]),
        ["noise that is no number"] = (new SmoothGrad { Noise = double.NaN }, ["NaN"]),
        ["one step"] = (new IntegratedGradients { Steps = 1 }, ["1"]),
        ["a limit below the steps"] = (new IntegratedGradients { Steps = 50, MaxSteps = 40 }, ["40", "50"]),
        ["a negative tolerance"] = (new IntegratedGradients { Tolerance = -1 }, ["-1"]),
        ["no masks"] = (new Rise { Masks = 0 }, ["0"]),
        ["masks finer than the picture"] = (new Rise { Grid = 33 }, ["33", "32"]),
        ["masks that keep nothing"] = (new Rise { Keep = 0 }, ["0"]),
        ["more channels than there are"] = (new ScoreCam { Channels = 6 }, ["6", "5"]),
    };

    public static TheoryData<string> Names => [.. Wrong.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_setting_that_does_not_fit_is_refused_with_what_would(string name)
    {
        (AttributionMethod method, string[] words) = Wrong[name];
        using ReferenceBackend backend = new();
        PlanException refused = Assert.Throws<PlanException>(() => new Attributor(backend, TinyNetworks.WithTop, new AttributionPlan { Method = method }));
        Assert.All(words, word => Assert.Contains(word, refused.Message, StringComparison.Ordinal));
        Assert.Equal(0, backend.LiveResources);
    }

    [Fact]
    public void A_network_without_classes_and_a_class_that_is_not_there_are_refused()
    {
        using ReferenceBackend backend = new();
        AttributionPlan plan = new() { Method = new Saliency() };
        Assert.Contains("no dense layers", Assert.Throws<PlanException>(() => new Attributor(backend, TinyNetworks.WithoutTop, plan)).Message, StringComparison.Ordinal);
        Assert.Throws<PlanException>(() => new Attributor(backend, TinyNetworks.WithTop, plan with { Batch = 0 }));
        using Attributor attributor = new(backend, TinyNetworks.WithTop, plan);
        float[] picture = new float[Side * Side * 3];
        float[] map = new float[Side * Side];
        Assert.Contains("0 to 8", Assert.Throws<PlanException>(() => attributor.Attribute(picture, [9], map)).Message, StringComparison.Ordinal);
        Assert.Throws<PlanException>(() => attributor.Attribute(picture, [-1], map));
        picture[5] = float.NaN;
        Assert.Contains("not finite", Assert.Throws<PlanException>(() => attributor.Attribute(picture, [0], map)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => attributor.Attribute(picture, [0, 1], map));
        Assert.Throws<ArgumentException>(() => attributor.Attribute(picture.AsSpan(1), [0], map));
        Assert.Throws<ArgumentException>(() => attributor.Attribute([], [], []));
        attributor.Dispose();
        Assert.Throws<ObjectDisposedException>(() => attributor.Attribute(picture, [0], map));
    }

    [Fact]
    public void Every_method_has_a_name_of_its_own_and_finds_it()
    {
        Assert.Equal(AttributionMethods.Names.Length, AttributionMethods.Names.Distinct().Count());
        Assert.All(AttributionMethods.All, method => Assert.Equal(method, AttributionMethods.Named(method.Name.ToUpperInvariant())));
        PlanException unknown = Assert.Throws<PlanException>(() => AttributionMethods.Named("lime"));
        Assert.Contains("integrated-gradients", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_written_plan_is_read_as_it_was()
    {
        foreach (AttributionMethod method in AttributionMethods.All)
        {
            AttributionPlan plan = new() { Method = method, Preprocessing = Preprocessing.Raw };
            Assert.Equal(plan, AttributionPlan.FromJson(plan.ToJson()));
        }

        AttributionPlan set = new() { Method = new LayerCam { Layer = "block4_conv3", Modifier = GradientModifier.None, Relu = ReluRule.Deconvnet } };
        Assert.Equal(set, AttributionPlan.FromJson(set.ToJson()));
        Assert.All(["", "null", "{}", "[1]", """{"method":{"kind":"lime"}}"""], text => Assert.Throws<PlanException>(() => AttributionPlan.FromJson(text)));
    }

    [Fact]
    public void What_a_user_asks_for_reaches_the_methods_that_have_it()
    {
        AttributionOverrides asked = new() { Layer = "block4_pool", Relu = ReluRule.Deconvnet, Seed = 4, Steps = 900, Baseline = Baseline.White };
        Assert.Equal(
            [
                new Saliency { Relu = ReluRule.Deconvnet },
                new Saliency { Relu = ReluRule.Guided },
                new GradCam { Layer = "block4_pool", Relu = ReluRule.Deconvnet },
                new IntegratedGradients { Steps = 900, MaxSteps = 900, Baseline = Baseline.White },
                new Occlusion { Baseline = Baseline.White },
                new Rise { Seed = 4 },
            ],
            asked.ApplyTo([new Saliency(), new Saliency { Relu = ReluRule.Guided }, new GradCam(), new IntegratedGradients(), new Occlusion(), new Rise()]));
        Assert.Equal(AttributionMethods.All, new AttributionOverrides().ApplyTo(AttributionMethods.All));
        PlanException refused = Assert.Throws<PlanException>(() => asked.ApplyTo([new Saliency { Relu = ReluRule.Guided }, new GradCam()]));
        Assert.Contains("seed is a setting of smoothgrad, vargrad and rise; it was asked for with guided, grad-cam alone", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(50)]
    [InlineData(401)]
    public void Nodes_integrate_what_they_must(int count)
    {
        QuadratureNodes gauss = QuadratureNodes.Of(Quadrature.GaussLegendre, count);
        int degree = Math.Min((2 * count) - 1, 60);
        Assert.Equal(1.0 / (degree + 1), gauss.Places.Zip(gauss.Weights, (t, w) => w * Math.Pow(t, degree)).Sum(), 1e-13);
        Assert.True(gauss.Places.Zip(gauss.Places.Skip(1)).All(pair => pair.First < pair.Second));
        foreach (Quadrature rule in Enum.GetValues<Quadrature>())
        {
            QuadratureNodes nodes = QuadratureNodes.Of(rule, count);
            Assert.Equal(1, nodes.Weights.Sum(), 1e-13);
            Assert.Equal(0.5, nodes.Places.Zip(nodes.Weights, (t, w) => w * t).Sum(), 1e-13);
        }
    }
}
