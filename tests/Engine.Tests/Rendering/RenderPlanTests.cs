using System.Text.Json;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Display;
using VggCuda.Engine.Images;
using VggCuda.Engine.Model;
using VggCuda.Engine.Optimizers;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Regularizers;
using VggCuda.Engine.Rendering;
using VggCuda.Engine.Stages;

namespace VggCuda.Engine.Tests.Rendering;

public class RenderPlanTests
{
    private static readonly Network Network = Network.FromWeights(new HeWeights(new Topology([[4, 4], [4, 4], [4, 4, 4], [4, 4, 4], [4, 4, 4]], Head.Create(1, 6, 6, 9)), 1));

    private static RenderPlan Plan() => Presets.KerasVis("predictions", [[3], [4, 5]], [1u, 2u], 32, 32, 10);

    [Fact]
    public void Every_preset_is_a_plan_that_fits_and_comes_back_from_JSON()
    {
        foreach (string name in Presets.Names)
        {
            RenderPlan plan = Presets.Create(name, Plan().Objective, Plan().Seeds, 32, 32, 32);
            plan.Validate(Network);
            Assert.Equal(name, plan.Preset);
            Assert.Equal(plan.ToJson(), RenderPlan.FromJson(plan.ToJson()).ToJson());
        }

        Assert.Contains(Presets.Default, Presets.Names);
    }

    [Fact]
    public void A_jitter_beside_modern_is_the_shift_of_its_views()
    {
        RenderPlan plan = Presets.Create("modern", Plan().Objective, Plan().Seeds, 64, 64);
        RandomAffine view = Assert.IsType<RandomAffine>(Assert.Single(plan.Transforms));
        Assert.Equal(view with { Shift = 3 }, Assert.Single(new PlanOverrides { Jitter = 3 }.ApplyTo(plan).Transforms));
        Assert.Equal(view with { Shift = 0 }, Assert.Single(new PlanOverrides { Jitter = 0 }.ApplyTo(plan).Transforms));
    }

    [Fact]
    public void The_preset_is_keras_vis_with_its_defaults()
    {
        RenderPlan plan = Plan();
        Assert.Equal(Preprocessing.Raw, plan.Preprocessing);
        Assert.Equal(new Jitter(16, ShiftMode.ScipyWrap), Assert.Single(plan.Transforms));
        Assert.Equal([new LpNorm(10, 6), new TotalVariation(10, 2)], plan.Regularizers);
        Assert.Equal(new RmsProp(1, 0.95, 1e-7, true), plan.Optimizer);
        Assert.Equal(new NoiseStart(127.5, 12.75), plan.Start);
        Assert.Equal(1, plan.Objective.Weight);
        Assert.Equal(["activation", "lp", "tv", "total"], plan.LossNames);
    }

    [Fact]
    public void Survives_its_own_JSON()
    {
        RenderPlan plan = Plan() with
        {
            Start = new PictureStart("bird.png", new string('a', 64)),
            Regularizers = [new LpNorm(1, double.PositiveInfinity), new TotalVariation(2.5, 1.5)],
            Transforms = [new Jitter(3, ShiftMode.Roll)],
            Precision = Precision.Bf16,
        };
        RenderPlan back = RenderPlan.FromJson(plan.ToJson());
        Assert.Equal(plan.ToJson(), back.ToJson());
        Assert.Equal(plan.Start, back.Start);
        Assert.Equal(plan.Regularizers, back.Regularizers);
        Assert.Equal(plan.Transforms, back.Transforms);
        Assert.Equal(Precision.Bf16, back.Precision);
        Assert.Equal([4, 5], ((ChannelObjective)back.Objective).Channels[1]);
        Assert.Throws<JsonException>(() => RenderPlan.FromJson("null"));
    }

    [Fact]
    public void A_plan_of_the_first_format_is_the_same_plan()
    {
        // As version 0.1 wrote it into the README's picture of three birds.
        const string first = """
            {"preset": "keras-vis", "objective": {"layer": "predictions", "channels": [[20], [20], [20]], "weight": 1, "point": "AfterActivation", "top": "Linear"}, "seeds": [1337, 1338, 1339], "height": 64, "width": 64, "iterations": 500, "start": {"kind": "noise", "mean": 127.5, "deviation": 12.75}, "transforms": [{"kind": "jitter", "pixels": 16, "mode": "ScipyWrap", "numbersPerStep": 2}], "regularizers": [{"kind": "lp", "p": 6, "name": "lp", "weight": 10}, {"kind": "tv", "beta": 2, "name": "tv", "weight": 10}], "optimizer": {"kind": "rmsprop", "rate": 1, "decay": 0.95, "epsilon": 1e-07, "normalizeGradient": true, "stateCount": 1}, "preprocessing": "Raw", "precision": "Auto"}
            """;
        RenderPlan plan = RenderPlan.FromJson(first);
        Assert.Equal(Presets.KerasVis("predictions", [[20], [20], [20]], [1337u, 1338u, 1339u], 64, 64, 500).ToJson(), plan.ToJson());
        Assert.IsType<KerasVisDisplay>(plan.Display);
        Assert.Equal(RenderPlan.CurrentFormat, plan.Format);
        Assert.Contains("this program reads 1 to 2", Assert.Throws<PlanException>(() => RenderPlan.FromJson("{\"format\": 3}")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_plan_leaves_out_is_what_a_new_plan_has()
    {
        RenderPlan plan = RenderPlan.FromJson("""
            { "format": 2, "objective": { "kind": "channel", "layer": "predictions", "channels": [[3]] }, "seeds": [1], "height": 32, "width": 32, "iterations": 2,
              "start": { "kind": "noise" }, "optimizer": { "kind": "rmsprop" } }
            """);
        RenderPlan same = Presets.KerasVis("predictions", [[3]], [1u], 32, 32, 2) with { Transforms = [], Regularizers = [] };
        Assert.Equal(same.ToJson(), plan.ToJson());
        plan.Validate(Network);
    }

    [Fact]
    public void Every_polymorphic_part_has_its_kind()
    {
        RenderPlan plan = Plan() with
        {
            Objective = new NeuronObjective { Layer = "block3_conv1", Neurons = [new Neuron(1), new Neuron(2, 3, 4)], Weight = 2 },
            Start = new NormalStart(0, 0.5),
            Parameters = [new Spectrum(1.5), new Decorrelation(), new SigmoidRange(1, 254)],
            Transforms = [new RandomShift(3), new RandomAffine(7, 0.9, 1.1)],
            Optimizer = new Adam(0.1),
            Display = new RgbDisplay(),
        };
        RenderPlan back = RenderPlan.FromJson(plan.ToJson());
        Assert.Equal(plan.ToJson(), back.ToJson());
        Assert.Equal(plan.Parameters.AsEnumerable(), back.Parameters);
        Assert.Equal(plan.Transforms.AsEnumerable(), back.Transforms);
        Assert.Equal((plan.Optimizer, plan.Display, plan.Start), (back.Optimizer, back.Display, back.Start));
        Assert.Equal(((NeuronObjective)plan.Objective).Neurons.AsEnumerable(), ((NeuronObjective)back.Objective).Neurons);
        foreach (string kind in (string[])["neuron", "normal", "spectrum", "decorrelation", "sigmoid", "shift", "affine", "lp", "tv", "adam", "rgb"])
        {
            Assert.Contains($"\"kind\": \"{kind}\"", plan.ToJson(), StringComparison.Ordinal);
        }

        Assert.Equal("layer", (string?)System.Text.Json.Nodes.JsonNode.Parse((plan with { Objective = new LayerObjective { Layer = "block1_conv1" } }).ToJson())!["objective"]!["kind"]);
        Assert.Equal("momentum", (string?)System.Text.Json.Nodes.JsonNode.Parse((plan with { Optimizer = new Momentum() }).ToJson())!["optimizer"]!["kind"]);
    }

    [Fact]
    public void Overrides_change_what_they_say_and_leave_the_rest_of_a_preset()
    {
        RenderPlan preset = Plan() with { Regularizers = [new TotalVariation(3, 1.5)], Transforms = [new RandomShift(5), new RandomAffine(9)], Optimizer = new Adam(0.3), Display = new RgbDisplay() };
        Assert.Equal(preset.ToJson(), new PlanOverrides().ApplyTo(preset).ToJson());
        RenderPlan changed = new PlanOverrides { TotalVariationWeight = 7, LpWeight = 2, Jitter = 4, Iterations = 12, ActivationWeight = 0.5 }.ApplyTo(preset);
        Assert.Equal([new LpNorm(2), new TotalVariation(7, 1.5)], changed.Regularizers);
        Assert.Equal([new RandomShift(4), new RandomAffine(9)], changed.Transforms);
        Assert.Equal((12, 0.5, preset.Optimizer, preset.Display), (changed.Iterations, changed.Objective.Weight, changed.Optimizer, changed.Display));
        Assert.Equal([new RandomAffine(9)], new PlanOverrides { Jitter = 0 }.ApplyTo(preset).Transforms);
        Assert.Equal([new Jitter(2), new RandomAffine(9)], new PlanOverrides { Jitter = 2 }.ApplyTo(preset with { Transforms = [new RandomAffine(9)] }).Transforms);
    }

    [Theory]
    [InlineData("objective")]
    [InlineData("seeds")]
    [InlineData("start")]
    [InlineData("transforms")]
    [InlineData("regularizers")]
    [InlineData("optimizer")]
    [InlineData("channels")]
    public void A_plan_with_a_hole_is_no_plan(string property)
    {
        System.Text.Json.Nodes.JsonNode plan = System.Text.Json.Nodes.JsonNode.Parse(Plan().ToJson())!;
        System.Text.Json.Nodes.JsonNode owner = property == "channels" ? plan["objective"]! : plan;
        Assert.NotNull(owner[property]);
        owner[property] = null;
        Assert.Throws<JsonException>(() => RenderPlan.FromJson(plan.ToJsonString()));
    }

    public static TheoryData<string, string> BadPlans => new()
    {
        { "iterations", "iterations is 0" },
        { "seeds", "one of each per picture" },
        { "class", "channels are 0 to 8" },
        { "negative", "numbered from 0" },
        { "layer", "no layer 'block9'" },
        { "input", "no filters to look at" },
        { "size", "need 32 x 32" },
        { "tv", "weight of 'tv' is -1" },
        { "lp", "weight of 'lp' is NaN" },
        { "act", "weight of the activation is NaN" },
        { "jitter", "between 0 and 30" },
        { "jitter by roll", "between 0 and 31" },
        { "start", "needed" },
        { "rate", "rate" },
        { "nothing", "nothing to optimise" },
        { "jitter of a spectrum", "whose parameters are the pixels" },
        { "jitter behind", "must come before" },
        { "random parameters", "not its parameters" },
        { "spectrum behind", "a parameterisation" },
        { "start of a spectrum", "start picture" },
        { "angle", "between 0 and 180" },
        { "scale", "within 0.1 to 10" },
        { "range", "the lower first" },
        { "neuron", "no channel 9" },
        { "later layer", "no layer 'block9'" },
        { "betas", "betas" },
    };

    [Theory]
    [MemberData(nameof(BadPlans))]
    public void Refuses_what_makes_no_sense(string what, string message)
    {
        RenderPlan good = Plan();
        good.Validate(Network);
        RenderPlan bad = what switch
        {
            "iterations" => good with { Iterations = 0 },
            "seeds" => good with { Seeds = [1u] },
            "class" => good with { Objective = (ChannelObjective)good.Objective with { Channels = [[3], [9]] } },
            "negative" => good with { Objective = (ChannelObjective)good.Objective with { Channels = [[3], [-1]] } },
            "layer" => good with { Objective = (ChannelObjective)good.Objective with { Layer = "block9" } },
            "input" => good with { Objective = (ChannelObjective)good.Objective with { Layer = "input_1" } },
            "size" => good with { Height = 64 },
            "tv" => good with { Regularizers = [new TotalVariation(-1)] },
            "lp" => good with { Regularizers = [new LpNorm(double.NaN)] },
            "act" => good with { Objective = good.Objective with { Weight = double.NaN } },
            "jitter" => good with { Transforms = [new Jitter(31)] },
            "jitter by roll" => good with { Transforms = [new Jitter(32, ShiftMode.Roll)] },
            "start" => good with { Start = PictureStart.FromValues("x.png", new float[5]) },
            "rate" => good with { Optimizer = new RmsProp(0) },
            "nothing" => good with { Objective = good.Objective with { Weight = 0 }, Regularizers = [new TotalVariation(0)] },
            "jitter of a spectrum" => good with { Parameters = [new Spectrum()], Start = new NormalStart() },
            "jitter behind" => good with { Transforms = [new RandomShift(2), new Jitter(2)] },
            "random parameters" => good with { Parameters = [new RandomShift(2)], Transforms = [] },
            "spectrum behind" => good with { Transforms = [new Spectrum()] },
            "start of a spectrum" => good with { Parameters = [new Spectrum()], Transforms = [], Start = PictureStart.FromValues("x.png", new float[3 * 64 * 17]) },
            "angle" => good with { Transforms = [new RandomAffine(181)] },
            "scale" => good with { Transforms = [new RandomAffine(3, 2, 1)] },
            "range" => good with { Parameters = [new SigmoidRange(3, 3)], Transforms = [] },
            "neuron" => good with { Objective = new NeuronObjective { Layer = "predictions", Neurons = [new Neuron(1), new Neuron(9)] } },
            "later layer" => good with { Objective = new LayerObjective { Layer = "block9" } },
            "betas" => good with { Optimizer = new Adam(1, 1) },
            _ => throw new ArgumentOutOfRangeException(nameof(what)),
        };
        PlanException error = Assert.Throws<PlanException>(() => bad.Validate(Network));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }
}
