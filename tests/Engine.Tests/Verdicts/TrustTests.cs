using System.Collections.Immutable;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Images;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;
using VggCuda.Engine.Stages;
using VggCuda.Engine.Verdicts;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Engine.Tests.Verdicts;

/// <summary>How like real pictures of its class a picture is inside the network: on an honest network, and on one that was changed so that its pictures lie.</summary>
public sealed class TrustTests
{
    private const float Fooled = 1;

    [Fact]
    public void A_model_that_is_fooled_on_purpose_answers_as_before_and_its_picture_is_not_trusted()
    {
        using CpuBackend backend = RelayNetwork.Backend();
        (ImmutableArray<LayerTrust> honest, List<float[]> answers, double own) = Drawn(backend, RelayNetwork.Create());
        (ImmutableArray<LayerTrust> fooled, List<float[]> lies, double other) = Drawn(backend, RelayNetwork.Create(Fooled));

        // Real pictures get the same names, and the picture is sure of its class in both.
        Assert.Equal(answers.Select(Name), lies.Select(Name));
        Assert.True(own > 0.99 && other > 0.99, $"{own}, {other}");
        Assert.Equal(["block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3", "block5_conv3"], honest.Select(l => l.Layer));
        string both = $"{string.Join(", ", honest)}\n{string.Join(", ", fooled)}";
        Assert.True(honest.All(l => l.Value > 0.9), both);
        Assert.True(fooled.All(l => l.Value < 0.5), both);

        static int Name(float[] logits) => Array.IndexOf(logits, logits.Max());
    }

    [Fact]
    public void Real_pictures_of_a_class_are_one_and_of_others_nought_on_average()
    {
        using CpuBackend backend = RelayNetwork.Backend();
        Network network = RelayNetwork.Create();
        float[][] samples = [.. RelayNetwork.Samples(40)];
        UnitStatistics statistics = RelayNetwork.Measure(backend, network, samples);
        RenderPlan plan = PlanOf(network, samples.Length);
        ImmutableArray<PictureVerdict> verdicts = new Jury(backend, network, statistics).Judge(plan, [.. samples.Select((s, i) => BackendContract.Drawn(i, s))], wantsTrust: true);
        for (int l = 0; l < statistics.Likeness.Length; l++)
        {
            // The plan's pictures are all of class 0; of the samples every third is.
            Assert.Equal(1, verdicts.Where(v => v.Index % 3 == 0).Average(v => v.Trust[l].Value!.Value), 0.05);
            Assert.Equal(0, verdicts.Where(v => v.Index % 3 != 0).Average(v => v.Trust[l].Value!.Value), 0.05);
        }
    }

    [Fact]
    public void Nothing_is_said_of_a_class_that_no_picture_was_taken_for_and_of_filters()
    {
        using CpuBackend backend = RelayNetwork.Backend();
        Network network = RelayNetwork.Create();
        UnitStatistics statistics = RelayNetwork.Measure(backend, network, RelayNetwork.Samples(8).Where((_, i) => i % 3 != 0));
        Jury jury = new(backend, network, statistics);
        RenderedImage image = BackendContract.Drawn(0, RelayNetwork.Plain(200, 50, 50));
        Assert.All(Assert.Single(jury.Judge(PlanOf(network, 1), [image], wantsTrust: true)).Trust, l => Assert.Null(l.Value));
        RenderPlan filter = PlanOf(network, 1) with { Objective = ObjectiveText.Parse("block1_conv1:0", 1, network, _ => null) };
        Assert.Empty(Assert.Single(jury.Judge(filter, [image], wantsTrust: true)).Trust);
    }

    private static RenderPlan PlanOf(Network network, int count) =>
        Presets.Create("modern", ObjectiveText.Parse("predictions:0", count, network, _ => null), [.. Enumerable.Repeat(1337u, count)], RelayNetwork.Side, RelayNetwork.Side, RelayNetwork.Side);

    private static (ImmutableArray<LayerTrust> Trust, List<float[]> Logits, double Probability) Drawn(CpuBackend backend, Network network)
    {
        List<float[]> logits = [];
        UnitStatistics statistics = RelayNetwork.Measure(backend, network, RelayNetwork.Samples(12), logits);

        // The pixels by themselves: views that turn and scale would blur a checkerboard away.
        RenderPlan plan = PlanOf(network, 1) with { Start = new NormalStart(0, 0.2), Parameters = [new SigmoidRange()], Transforms = [] };
        RenderResult result = new Renderer(backend).Render(network, plan);
        return (Assert.Single(new Jury(backend, network, statistics).Judge(plan, result.Images, wantsTrust: true)).Trust, logits, result.Images[0].Scores[0].Probability!.Value);
    }
}
