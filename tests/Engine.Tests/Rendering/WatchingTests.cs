using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Display;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;
using VggCuda.Engine.Stages;

namespace VggCuda.Engine.Tests.Rendering;

/// <summary>What may be looked at and gathered while a picture is drawn, without changing it.</summary>
public sealed class WatchingTests
{
    [Fact]
    public void Glances_show_the_pictures_as_they_are_and_change_nothing()
    {
        using CpuBackend backend = new(1);
        RenderPlan plan = TinyNetworks.Plan(40, 3);
        RenderResult alone = new Renderer(backend).Render(TinyNetworks.WithTop, plan);
        List<RenderFrame> glances = [];
        List<RenderFrame> frames = [];
        RenderResult watched = new Renderer(backend).Render(TinyNetworks.WithTop, plan, new RenderOptions { Glance = glances.Add, GlanceEvery = TimeSpan.Zero, Frame = frames.Add, FrameEvery = 1 });
        TinyNetworks.Same(alone.Images, watched.Images);
        Assert.NotEmpty(glances);
        Assert.All(glances, g => Assert.Equal(frames.Single(f => f.Step == g.Step).Displays.AsEnumerable(), g.Displays));
    }

    [Theory]
    [InlineData("keras-vis")]
    [InlineData("modern")]
    public void Importance_is_the_sum_of_the_absolute_gradients_and_changes_nothing(string preset)
    {
        using ReferenceBackend backend = new();
        Network network = TinyNetworks.WithTop;

        // One step: the gradient of the objective at the start picture, without views; the regularisers do not count. Of modern's parameters the sigmoid alone.
        RenderPlan plan = Presets.Create(preset, ObjectiveText.Parse("predictions:2", 2, network, _ => null), [1, 2], 32, 32, 32) with { Transforms = [], Iterations = 1 };
        plan = plan with { Parameters = [.. plan.Parameters.OfType<SigmoidRange>()] };
        RenderResult result = new Renderer(backend).Render(network, plan, new RenderOptions { WantsImportance = true });
        TinyNetworks.Same(new Renderer(backend).Render(network, plan).Images, result.Images);
        Assert.All(result.Images, i => Assert.Equal(32 * 32, i.Importance.Length));
        Assert.All(result.Images, i => Assert.All(i.Importance, v => Assert.True(v >= 0)));
        Assert.Contains(result.Images[0].Importance, v => v > 0);
        using ObjectiveGradient gradient = new(backend, network, plan.Objective.Slice(0, 1), 1, 32, 32, plan.Preprocessing);
        using ITensor picture = backend.Allocate(gradient.Shape);
        using ITensor slopes = backend.Allocate(gradient.Shape);
        backend.Upload(picture, Schedule.Draw(plan.Slice(0, 1), TestContext.Current.CancellationToken).Start);
        Chain chain = new(backend, plan.Parameters, plan.Parameters.IsEmpty ? [] : [plan.PictureShape with { N = 1 }], picture, slopes, new ITensor?[plan.Parameters.Length], picture, _ => { });
        chain.Forward(backend);
        using ITensor own = backend.Allocate(gradient.Shape);
        gradient.Evaluate(chain.Output, own);
        double[] values = new double[own.Shape.Count];
        backend.Download(own, values);
        Assert.Equal(values.Chunk(3).Select(p => (float)p.Average(Math.Abs)), result.Images[0].Importance, (a, b) => Math.Abs(a - b) <= 1e-5f * (Math.Abs(a) + Math.Abs(b)));
        Assert.Empty(new Renderer(backend).Render(network, plan).Images[0].Importance);
    }

    [Fact]
    public void Two_steps_weigh_more_than_one()
    {
        using ReferenceBackend backend = new();
        RenderPlan plan = TinyNetworks.Plan(1, 1);
        float[] one = new Renderer(backend).Render(TinyNetworks.WithTop, plan, new RenderOptions { WantsImportance = true }).Images[0].Importance;
        float[] two = new Renderer(backend).Render(TinyNetworks.WithTop, plan with { Iterations = 2 }, new RenderOptions { WantsImportance = true }).Images[0].Importance;
        Assert.All(one.Zip(two), p => Assert.True(p.Second >= p.First));
        Assert.True(two.Sum() > one.Sum());
    }

    [Fact]
    public void Opacity_is_cut_at_the_eightieth_percentile()
    {
        float[] map = [.. Enumerable.Range(0, 11).Select(i => (float)i)];
        byte[] opacity = Transparency.Of(map);
        Assert.Equal(0, opacity[0]);
        Assert.Equal(127, opacity[4], 1.0);
        Assert.Equal([255, 255, 255], opacity[8..]);
        Assert.Equal([255, 255], Transparency.Of([0, 0]));
        Assert.Equal([0, 0, 0, 0, 0, 255], Transparency.Of([0, 0, 0, 0, 0, 3]));
        Assert.Empty(Transparency.Of([]));
    }
}
