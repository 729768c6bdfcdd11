using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Regularizers;
using VggCuda.Engine.Rendering;
using VggCuda.Engine.Stages;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Engine.Tests.Fixtures;

/// <summary>The reference backend and the renderer against PyTorch and NumPy: tools/fixtures/make_fixtures.py.</summary>
public class FixtureTests
{
    private const double Tolerance = 1e-9;

    public static TheoryData<string> Networks => [.. Fixture.Manifest.Networks.Select(n => n.Name)];

    public static TheoryData<string> Activations => [.. Fixture.Manifest.Activations.Select(n => n.Name)];

    public static TheoryData<string> Gradients => [.. Fixture.Manifest.Gradients.Select(n => n.Name)];

    public static TheoryData<string> Runs => [.. Fixture.Manifest.Runs.Select(n => n.Name)];

    [Theory]
    [MemberData(nameof(Networks))]
    public void Seeded_weights_have_the_bits_that_their_description_gives(string name)
    {
        Network network = Fixture.NetworkOf(name);
        double[] expected = Fixture.Array($"weights-{name}-last");
        float[] values = new float[expected.Length];
        network.Weights.Read(network.Topology.Layers.Last(l => l.HasWeights).Name, WeightPart.Kernel, 0, values);
        Assert.Equal(expected, values.Select(v => (double)v));
    }

    [Theory]
    [MemberData(nameof(Activations))]
    public void Every_layer_is_PyTorchs(string name)
    {
        ActivationFixture fixture = Fixture.Manifest.Activations.Single(a => a.Name == name);
        Network network = Fixture.NetworkOf(fixture.Network);
        using ReferenceBackend backend = new();
        using Tensors t = new(backend);
        ProgramSpec spec = new() { Taps = [new TapSpec(network.Topology.Find(fixture.Tap)!)], Batch = 1, Height = fixture.Height, Width = fixture.Width, Preprocessing = fixture.Preprocessing };
        ReferenceProgram program = (ReferenceProgram)t.Own(backend.Compile(network, spec));
        program.Forward(t.Put(program.InputShape, Fixture.Image(fixture.Height, fixture.Width, fixture.ImageSeed)));
        int compared = 0;
        foreach (Layer layer in network.Topology.Layers.Where(l => l.CanBeTapped))
        {
            if (Fixture.Find($"{name}-{layer.Name}") is { } expected)
            {
                Fixture.Close(expected, program.OutputOf(layer.Name).ToArray(), Tolerance);
                compared++;
            }
        }

        Assert.InRange(compared, 15, network.Topology.Layers.Count(l => l.CanBeTapped));
    }

    [Theory]
    [MemberData(nameof(Gradients))]
    public void Gradients_to_the_image_are_PyTorchs(string name)
    {
        GradientFixture fixture = Fixture.Manifest.Gradients.Single(a => a.Name == name);
        Network network = Fixture.NetworkOf(fixture.Network);
        using ReferenceBackend backend = new();
        using Tensors t = new(backend);
        ProgramSpec spec = new()
        {
            Taps = [new TapSpec(network.Topology.Find(fixture.Tap)!) { Channels = [fixture.Channels], Point = fixture.Before ? TapPoint.BeforeActivation : TapPoint.AfterActivation }],
            Batch = 1,
            Height = fixture.Height,
            Width = fixture.Width,
            Preprocessing = fixture.Preprocessing,
            Top = fixture.Softmax ? TopActivation.Softmax : TopActivation.Linear,
        };
        INetworkProgram program = t.Own(backend.Compile(network, spec));
        double[] image = Fixture.Image(fixture.Height, fixture.Width, fixture.ImageSeed);
        ITensor value = t.Zeros(TensorShape.PerImage(1));
        ITensor gradient = t.Zeros(program.InputShape);
        ITensor tapGradient = t.Zeros(program.Tap.Shape);
        program.Forward(t.Put(program.InputShape, fixture.Softmax ? [.. image.Select(v => 110 + (v / 32))] : image));
        backend.ChannelMean(program.Tap, 1, value);
        backend.Fill(tapGradient, 1.0 / (program.Tap.Shape.H * program.Tap.Shape.W));
        program.Backward(tapGradient, gradient);
        Fixture.Close([fixture.Value], t.Get(value), Tolerance);
        Fixture.Close(Fixture.Array(name), t.Get(gradient), Tolerance);
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Twenty_iterations_are_keras_vis(string name)
    {
        RunFixture fixture = Fixture.Manifest.Runs.Single(a => a.Name == name);
        Network network = Fixture.NetworkOf(fixture.Network);
        RenderPlan plan = Presets.KerasVis(fixture.Tap, [fixture.Channels], [fixture.Seed], fixture.Height, fixture.Width, fixture.Iterations);
        Assert.Equal([16], plan.Transforms.OfType<Jitter>().Select(j => j.Pixels));
        plan = plan with
        {
            Objective = new ChannelObjective
            {
                Layer = fixture.Tap,
                Channels = [fixture.Channels],
                Weight = fixture.ActivationWeight,
                Point = fixture.Before ? TapPoint.BeforeActivation : TapPoint.AfterActivation,
                Top = fixture.Softmax ? TopActivation.Softmax : TopActivation.Linear,
            },
            Transforms = fixture.Jitter == 0 ? [] : [new Jitter(fixture.Jitter)],
            Regularizers = [new LpNorm(fixture.LpWeight), new TotalVariation(fixture.TvWeight)],
            Preprocessing = fixture.Preprocessing,
        };
        Schedule schedule = Schedule.Draw(plan);
        Fixture.Close([.. fixture.StartFirst, fixture.StartLast], [.. schedule.Start[..6], schedule.Start[^1]], 1e-14);
        Assert.Equal(fixture.Draws.SelectMany(d => d), schedule.Tables.SelectMany(table => table));

        using ReferenceBackend backend = new();
        using BatchRun run = new(backend, network, plan, 0, CancellationToken.None);
        Assert.True(run.Run(new RenderOptions(), new ProgressMeter(null, plan, 1), CancellationToken.None));
        RenderedImage image = Assert.Single(run.Finish());
        Assert.Equal(fixture.BestStep, image.BestStep);
        for (int step = 0; step < fixture.Iterations; step++)
        {
            for (int column = 0; column < 4; column++)
            {
                Fixture.Close([fixture.Losses[step][column]], [image.Losses[step][column]], Tolerance);
            }
        }

        double[] best = Fixture.Find($"{name}-best") ?? Fixture.Array($"{name}-final");
        Fixture.Close(Fixture.Array($"{name}-final"), run.ReadPicture(), Tolerance);
        Fixture.Close(best, run.ReadBest(), Tolerance);
        Fixture.Close(best, [.. image.Pixels.Select(p => (double)p)], 1e-7);
    }
}
