using System.Text.Json;
using VggCuda.Engine.Backends;
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
            _ => throw new ArgumentOutOfRangeException(nameof(what)),
        };
        PlanException error = Assert.Throws<PlanException>(() => bad.Validate(Network));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }
}
