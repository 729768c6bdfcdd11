using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Verdicts;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Engine.Tests.Verdicts;

/// <summary>What is said of units and the pictures that were drawn for them, on a network whose answers can be told by hand.</summary>
public sealed class VerdictTests
{
    // Red 0, 10, ..., 200: the median is 100, the upper quartile 150.
    private static IEnumerable<float[]> Reds => Enumerable.Range(0, 21).Select(i => RelayNetwork.Plain(i * 10, 0, 0));

    [Theory]
    [InlineData("block1_conv1:0", 105, 52.5)]
    [InlineData("block3_conv2:0", 105, 52.5)]
    [InlineData("block1_conv1:0@3,4", 105, 52.5)]
    [InlineData("fc1:0", 105, 52.5)]
    [InlineData("predictions:0", 105, 52.5)]
    [InlineData("block1_conv1:0", 5, 2.5)]
    [InlineData("block1_conv1:0", 100, 50)]
    [InlineData("block1_conv1:0", 200, 100)]
    [InlineData("block1_conv1:0", 250, 100)]
    public void A_percentile_says_how_many_pictures_excite_the_unit_less(string objective, float red, double percentile)
    {
        using CpuBackend backend = RelayNetwork.Backend();
        Verdict verdict = Judged(backend, objective, RelayNetwork.Plain(red, 0, 0), Reds);
        Assert.Equal(VerdictKind.Percentile, verdict.Kind);
        Assert.Equal(percentile, verdict.Percentile, 1e-3);
    }

    [Fact]
    public void Backends_judge_alike()
    {
        using CpuBackend cpu = RelayNetwork.Backend();
        using ReferenceBackend reference = new();
        Verdict one = Judged(cpu, "block2_conv1:0", RelayNetwork.Plain(66, 0, 0), Reds);
        Verdict other = Judged(reference, "block2_conv1:0", RelayNetwork.Plain(66, 0, 0), Reds);
        Assert.Equal(one.Kind, other.Kind);
        Assert.Equal(one.Percentile, other.Percentile, 1e-3);
    }

    [Theory]
    [InlineData(TapPoint.BeforeActivation)]
    [InlineData(TapPoint.AfterActivation)]
    public void A_unit_that_is_off_in_the_picture_and_in_all_others_was_never_active(TapPoint point)
    {
        using CpuBackend backend = RelayNetwork.Backend();
        Assert.Equal(VerdictKind.NeverActive, Judged(backend, $"block1_conv1:{RelayNetwork.Off}", RelayNetwork.Plain(90, 80, 70), Reds, point).Kind);
    }

    [Fact]
    public void A_unit_that_is_off_in_the_picture_alone_is_below_all_others()
    {
        using CpuBackend backend = RelayNetwork.Backend();
        Assert.Equal(new Verdict(VerdictKind.Percentile, 0), Judged(backend, $"block1_conv1:{RelayNetwork.Red}", RelayNetwork.Plain(0, 80, 70), Reds.Skip(1), TapPoint.BeforeActivation));
    }

    [Fact]
    public void A_unit_that_no_pixel_changes_has_no_gradient()
    {
        using CpuBackend backend = RelayNetwork.Backend();
        Assert.Equal(new Verdict(VerdictKind.NoGradient, 0), Judged(backend, $"block1_conv1:{RelayNetwork.Constant}", RelayNetwork.Plain(90, 80, 70), Reds));
    }

    [Fact]
    public void A_probability_of_one_is_saturated_and_a_logit_never()
    {
        using CpuBackend backend = RelayNetwork.Backend();
        Assert.Equal(VerdictKind.Saturated, Judged(backend, "probability(0)", RelayNetwork.Plain(180, 0, 0), Reds).Kind);
        Assert.Equal(VerdictKind.Percentile, Judged(backend, "predictions:0", RelayNetwork.Plain(180, 0, 0), Reds).Kind);
    }

    [Fact]
    public void Every_term_of_a_sum_has_its_verdict_and_a_whole_layer_none()
    {
        using CpuBackend backend = RelayNetwork.Backend();
        ImmutableArray<Verdict?> units = JudgedAll(backend, "block1_conv1:0 - 0.5*fc1:1 + block2_conv2", RelayNetwork.Plain(105, 0, 0), Reds);
        Assert.Equal(2, units.Length);
        Assert.Equal(52.5, units[0]!.Percentile, 1e-3);
        Assert.Equal(0, units[1]!.Percentile, 1e-3);
    }

    [Fact]
    public void A_file_says_what_was_measured_and_is_refused_for_another_network()
    {
        using CpuBackend backend = RelayNetwork.Backend();
        Network network = RelayNetwork.Create();
        UnitStatistics measured = RelayNetwork.Measure(backend, network, RelayNetwork.Samples(3));
        string json = measured.ToJson();
        UnitStatistics read = UnitStatistics.Parse(Encoding.UTF8.GetBytes(json));
        Assert.Equal(json, read.ToJson());
        read.CheckFits(network, measured.Weights);
        PlanException error = Assert.Throws<PlanException>(() => read.CheckFits(network, new string('0', 64)));
        Assert.Contains("other weights", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"format\":")]
    public void What_is_no_file_of_statistics_is_refused(string json) => Assert.Throws<PlanException>(() => UnitStatistics.Parse(Encoding.UTF8.GetBytes(json)));

    [Theory]
    [InlineData("format", "7", "format")]
    [InlineData("pictures", "0", "no pictures")]
    [InlineData("layers.0.active", "[2,0,0,0,0,0]", "block1_conv1")]
    [InlineData("layers.0.active", "[]", "block1_conv1")]
    [InlineData("layers.0.means.0", "[9,8,7,6,5,4,3,2,1]", "block1_conv1")]
    [InlineData("layers.0.means.0", "[1]", "block1_conv1")]
    [InlineData("layers.0", "null", "")]
    [InlineData("layers.0.means", "null", "")]
    [InlineData("likeness.0.deviations", "[1]", "block1_conv2")]
    [InlineData("likeness.0.classes.0.means", "[1]", "block1_conv2")]
    [InlineData("likeness", "null", "")]
    public void Numbers_that_do_not_fit_each_other_are_refused(string path, string value, string words)
    {
        using CpuBackend backend = RelayNetwork.Backend();
        JsonNode root = JsonNode.Parse(RelayNetwork.Measure(backend, RelayNetwork.Create(), RelayNetwork.Samples(3)).ToJson())!;
        JsonNode at = root;
        string[] steps = path.Split('.');
        foreach (string step in steps[..^1])
        {
            at = int.TryParse(step, out int i) ? at[i]! : at[step]!;
        }

        if (int.TryParse(steps[^1], out int last))
        {
            at[last] = JsonNode.Parse(value);
        }
        else
        {
            at[steps[^1]] = JsonNode.Parse(value);
        }

        Assert.Contains(words, Assert.Throws<PlanException>(() => UnitStatistics.Parse(Encoding.UTF8.GetBytes(root.ToJsonString()))).Message, StringComparison.Ordinal);
    }

    private static Verdict Judged(IBackend backend, string objective, float[] picture, IEnumerable<float[]> samples, TapPoint point = TapPoint.AfterActivation) =>
        Assert.Single(JudgedAll(backend, objective, picture, samples, point))!;

    private static ImmutableArray<Verdict?> JudgedAll(IBackend backend, string objective, float[] picture, IEnumerable<float[]> samples, TapPoint point = TapPoint.AfterActivation)
    {
        Network network = RelayNetwork.Create();
        UnitStatistics statistics = RelayNetwork.Measure(backend, network, samples);
        RenderPlan plan = Presets.Create("modern", ObjectiveText.Parse(objective, 1, network, _ => null).At(point), [1], RelayNetwork.Side, RelayNetwork.Side, RelayNetwork.Side);
        plan = plan with { Objective = plan.Objective.At(point) };
        return Assert.Single(new Jury(backend, network, statistics).Judge(plan, [BackendContract.Drawn(0, picture)])).Units;
    }
}
