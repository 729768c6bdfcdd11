using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;
using VggCuda.Engine.Verdicts;

namespace VggCuda.Tests.Shared.Contract;

public abstract partial class BackendContract
{
    [Fact]
    public void Pictures_are_judged_as_by_the_reference()
    {
        Network network = Samples.WithTop;
        UnitStatistics statistics = StatisticsOf(Reference, network, Precision.Fp32);
        RenderPlan plan = Presets.Create("modern", ObjectiveText.Parse("block2_conv1:3 + fc1:2 + predictions:1", 5, network, _ => null), [.. Enumerable.Repeat(1u, 5)], 32, 32, 32) with { Precision = Precision };
        RenderedImage[] images = [.. Enumerable.Range(0, 5).Select(i => Drawn(i, [.. Samples.Uniform(new TensorShape(1, 32, 32, 3), 0, 255, 77, i).Select(v => (float)v)]))];
        ImmutableArray<PictureVerdict> expected = new Jury(Reference, network, statistics).Judge(plan with { Precision = Precision.Auto }, images, wantsTrust: true);
        ImmutableArray<PictureVerdict> found = new Jury(Backend, network, statistics).Judge(plan, images, wantsTrust: true);
        Assert.Equal(5, found.Length);
        for (int i = 0; i < found.Length; i++)
        {
            Assert.Equal((i, 3), (found[i].Index, found[i].Units.Length));
            Assert.Equal(expected[i].Units.Select(u => u!.Kind), found[i].Units.Select(u => u!.Kind));
            Assert.All(expected[i].Units.Zip(found[i].Units), p => Assert.Equal(p.First!.Percentile, p.Second!.Percentile, 5.0));
            Assert.Equal(expected[i].Trust.Select(t => (t.Layer, t.Value is null)), found[i].Trust.Select(t => (t.Layer, t.Value is null)));
        }
    }

    [Fact]
    public void How_much_pixels_matter_is_as_by_the_reference()
    {
        Network network = Samples.WithTop;
        RenderPlan plan = Presets.Create("modern", ObjectiveText.Parse("predictions:1", 2, network, _ => null), [1, 2], 32, 32, 32) with { Iterations = 1, Precision = Precision };
        RenderOptions options = new() { WantsImportance = true };
        double[] expected = [.. new Renderer(Reference).Render(network, plan with { Precision = Precision.Auto }, options).Images.SelectMany(i => i.Importance).Select(v => (double)v)];
        double[] found = [.. new Renderer(Backend).Render(network, plan, options).Images.SelectMany(i => i.Importance).Select(v => (double)v)];
        Assert.Equal(2 * 32 * 32, found.Length);
        CloseInNorm(expected, found, GradientTolerance, "importance");
    }

    private static UnitStatistics StatisticsOf(IBackend backend, Network network, Precision precision)
    {
        StatisticsMeter meter = new(network);
        using INetworkProgram program = backend.Compile(network, new ProgramSpec { Taps = meter.Taps, Batch = 1, Height = 32, Width = 32, NeedsGradient = false, Precision = precision });
        using ITensor input = backend.Allocate(program.InputShape);
        for (int i = 0; i < 30; i++)
        {
            backend.Upload(input, Samples.Uniform(program.InputShape, 0, 25 + (7 * i), 5, i));
            program.Forward(input);
            meter.Add([.. program.Taps.Select(t =>
            {
                float[] values = new float[t.Shape.Count];
                backend.Download(t, values.AsSpan());
                return (ReadOnlyMemory<float>)values;
            })]);
        }

        return meter.Result("samples", "", 32);
    }

    /// <summary>A finished picture of which nothing but its pixels matters.</summary>
    internal static RenderedImage Drawn(int index, float[] pixels) => new()
    {
        Index = index,
        Seed = 1,
        Pixels = pixels,
        Display = [],
        Steps = 1,
        BestStep = 0,
        BestTotal = 0,
        Losses = [],
        Score = new PictureScore(0, []),
    };
}
