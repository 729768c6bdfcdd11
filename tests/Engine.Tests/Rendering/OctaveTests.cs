using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Images;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;
using VggCuda.Engine.Stages;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Engine.Tests.Rendering;

/// <summary>Pictures drawn small first.</summary>
public sealed class OctaveTests : IDisposable
{
    private readonly ReferenceBackend _backend = new();

    public void Dispose() => _backend.Dispose();

    [Fact]
    public void Sizes_grow_to_the_pictures_own() => Assert.Equal([33, 46, 64], Enumerable.Range(0, 3).Select(k => new Octaves(3).SideAt(64, k)));

    [Fact]
    public void Every_picture_is_what_it_is_alone_and_its_losses_are_those_of_all_sizes()
    {
        RenderPlan plan = Plan(new NormalStart(0, 0.2));
        RenderResult two = new Renderer(_backend).Render(Samples.WithTop, plan);
        RenderResult one = new Renderer(_backend).Render(Samples.WithTop, plan.Slice(1, 1));
        Assert.Equal(one.Images[0].Pixels, two.Images[1].Pixels);
        Assert.Equal((6, 6, 5), (two.Images[1].Losses.Length, two.Images[1].Steps, two.Images[1].BestStep));
        Assert.Equal([0, 1], two.Images.Select(i => i.Index));
        Assert.Equal(12, two.Timings.Steps);
        Assert.Same(plan, two.Plan);
    }

    [Fact]
    public void A_start_picture_keeps_its_details_where_hardly_anything_is_added()
    {
        float[] values = [.. Samples.Uniform(new TensorShape(1, 66, 70, 3), 10, 245, 5).Select(v => (float)v)];
        RenderPlan plan = Plan(PictureStart.FromValues("x", values)) with { Optimizer = new VggCuda.Engine.Optimizers.Momentum(1e-6, 0) };
        float[] drawn = new Renderer(_backend).Render(Samples.WithTop, plan).Images[0].Pixels;
        Assert.All(drawn.Zip(values), pair => Assert.Equal(pair.Second, pair.First, 0.05f));
    }

    [Theory]
    [InlineData(1, 1.4, "2 to 16")]
    [InlineData(3, 1.0, "above 1")]
    [InlineData(4, 1.4, "fewer octaves")]
    public void Octaves_that_cannot_be_are_refused(int count, double ratio, string words) =>
        Assert.Contains(words, Assert.Throws<PlanException>(() => (Plan(new NormalStart()) with { Octaves = new Octaves(count, ratio) }).Validate(Samples.WithTop)).Message, StringComparison.Ordinal);

    private static RenderPlan Plan(ImageStart start) => Presets.Create("deepdream", new LayerObjective { Layer = "block2_conv1" }, [3, 4], 66, 70) with { Octaves = new Octaves(2), Iterations = 3, Start = start };
}
