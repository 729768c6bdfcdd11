using System.Collections.Immutable;
using VggCuda.Engine.Attribution;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Tests.Fixtures;

/// <summary>Maps of every method against PyTorch: tools/fixtures/make_attribution_fixtures.py.</summary>
public sealed class AttributionFixtureTests
{
    private const double Tolerance = 1e-6;

    private static readonly Network Wide = Network.FromWeights(new HeWeights(new Topology([[4, 6], [5, 7], [6, 8, 5], [6, 8, 7], [6, 8, 9]], Head.Create(2, 9, 7, 5)), 45));

    private static readonly Dictionary<string, (string Case, AttributionMethod Method)> Cases = new()
    {
        ["saliency"] = ("top", new Saliency()),
        ["saliency-raw"] = ("raw", new Saliency()),
        ["saliency-wide"] = ("wide", new Saliency()),
        ["saliency-none"] = ("top", new Saliency { Modifier = GradientModifier.None }),
        ["saliency-absolute"] = ("top", new Saliency { Modifier = GradientModifier.Absolute }),
        ["saliency-relu"] = ("top", new Saliency { Modifier = GradientModifier.Relu }),
        ["saliency-negate"] = ("top", new Saliency { Modifier = GradientModifier.Negate }),
        ["saliency-invert"] = ("top", new Saliency { Modifier = GradientModifier.Invert }),
        ["saliency-small-values"] = ("top", new Saliency { Modifier = GradientModifier.SmallValues }),
        ["guided"] = ("top", new Saliency { Relu = ReluRule.Guided }),
        ["deconvnet"] = ("top", new Saliency { Relu = ReluRule.Deconvnet }),
        ["gradient-input"] = ("top", new GradientInput()),
        ["gradient-input-raw"] = ("raw", new GradientInput()),
        ["smoothgrad"] = ("top", new SmoothGrad { Samples = 7, Seed = 5 }),
        ["vargrad"] = ("top", new VarGrad { Samples = 7, Seed = 5 }),
        ["integrated-gauss"] = ("top", new IntegratedGradients { Steps = 16, MaxSteps = 16 }),
        ["integrated-gauss-odd"] = ("top", new IntegratedGradients { Steps = 7, MaxSteps = 7, Baseline = Baseline.Black }),
        ["integrated-midpoint"] = ("top", new IntegratedGradients { Steps = 9, MaxSteps = 9, Rule = Quadrature.Midpoint, Baseline = Baseline.Blur }),
        ["integrated-trapezoid"] = ("top", new IntegratedGradients { Steps = 8, MaxSteps = 8, Rule = Quadrature.Trapezoid, Baseline = Baseline.White }),
        ["integrated-raw"] = ("raw", new IntegratedGradients { Steps = 16, MaxSteps = 16 }),
        ["grad-cam-block5_conv3"] = ("wide", new GradCam()),
        ["grad-cam-block4_pool"] = ("wide", new GradCam { Layer = "block4_pool" }),
        ["grad-cam-block3_conv2"] = ("wide", new GradCam { Layer = "block3_conv2" }),
        ["grad-cam++-block5_conv3"] = ("wide", new GradCamPlusPlus()),
        ["grad-cam++-block4_pool"] = ("wide", new GradCamPlusPlus { Layer = "block4_pool" }),
        ["grad-cam++-block3_conv2"] = ("wide", new GradCamPlusPlus { Layer = "block3_conv2" }),
        ["layer-cam-block5_conv3"] = ("wide", new LayerCam()),
        ["layer-cam-block4_pool"] = ("wide", new LayerCam { Layer = "block4_pool" }),
        ["layer-cam-block3_conv2"] = ("wide", new LayerCam { Layer = "block3_conv2" }),
        ["grad-cam-absolute-guided"] = ("wide", new GradCam { Layer = "block4_conv3", Modifier = GradientModifier.Absolute, Relu = ReluRule.Guided }),
        ["score-cam"] = ("wide", new ScoreCam()),
        ["score-cam-few"] = ("wide", new ScoreCam { Layer = "block4_conv2", Channels = 2 }),
        ["guided-grad-cam"] = ("wide", new GuidedGradCam()),
        ["occlusion"] = ("top", new Occlusion { Window = 9, Stride = 4 }),
        ["occlusion-blur"] = ("top", new Occlusion { Window = 12, Stride = 12, Baseline = Baseline.Blur }),
        ["rise"] = ("wide", new Rise { Masks = 40, Grid = 5, Keep = 0.4, Seed = 6 }),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_map_is_PyTorchs(string name)
    {
        (double[] map, _) = Explain(name);
        Fixture.Close(Fixture.Array($"attribution-{name}"), map, Tolerance);
    }

    [Theory]
    [InlineData("integrated-gauss")]
    [InlineData("integrated-gauss-odd")]
    [InlineData("integrated-midpoint")]
    [InlineData("integrated-trapezoid")]
    [InlineData("integrated-raw")]
    public void The_completeness_gap_is_PyTorchs(string name)
    {
        (_, AttributionFacts facts) = Explain(name);
        double[] expected = Fixture.Array($"attribution-{name}-gap");
        Assert.Equal(expected[0], facts.Integration!.Difference, Tolerance * Math.Abs(expected[0]));
        Assert.Equal(expected[1], facts.Integration.Gap, Tolerance * Math.Abs(expected[0]));
    }

    [Fact]
    public void Every_method_is_among_the_fixtures()
    {
        HashSet<string> seen = [.. Cases.Values.Select(c => c.Method.Name)];
        Assert.All(AttributionMethods.Names, name => Assert.Contains(name, seen));
    }

    private static (double[] Map, AttributionFacts Facts) Explain(string name)
    {
        (string which, AttributionMethod method) = Cases[name];
        (Network network, Preprocessing preprocessing, uint seed) = which switch
        {
            "top" => (Fixture.NetworkOf("top"), Preprocessing.Vgg16, 400u),
            "raw" => (Fixture.NetworkOf("top"), Preprocessing.Raw, 401u),
            _ => (Wide, Preprocessing.Vgg16, 402u),
        };
        using ReferenceBackend backend = new();
        using Attributor attributor = new(backend, network, new AttributionPlan { Method = method, Preprocessing = preprocessing, Batch = 4 });
        int side = attributor.Side;
        float[] maps = new float[side * side];
        ImmutableArray<AttributionFacts> facts = attributor.Attribute(Array.ConvertAll(Fixture.Image(side, side, seed), v => (float)v), [0], maps, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(0, facts[0].Class);
        return (Array.ConvertAll(maps, v => (double)v), facts[0]);
    }
}
