using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;
using VggCuda.Engine.Tests.Fixtures;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Engine.Tests.Rendering;

/// <summary>Predictions and scores against the fixtures' logits and against a program's own tap.</summary>
public sealed class PredictorTests : IDisposable
{
    private readonly ReferenceBackend _backend = new();

    public void Dispose()
    {
        Assert.Equal(0, _backend.LiveResources);
        _backend.Dispose();
    }

    [Fact]
    public void Classes_come_by_falling_probability()
    {
        Network network = Samples.WithTop;
        float[][] images = [Image(1), Image(2)];
        ImmutableArray<ImmutableArray<Prediction>> results = Predictor.Predict(_backend, network, images);
        Assert.Equal(2, results.Length);
        for (int i = 0; i < 2; i++)
        {
            double[] logits = Logits(network, images[i], Preprocessing.Vgg16);
            Assert.Equal([.. Enumerable.Range(0, 6).OrderByDescending(c => logits[c])], results[i].Select(p => p.Class));
            Assert.All(results[i], p => Assert.Equal(logits[p.Class], p.Logit));
            Assert.Equal(1, results[i].Sum(p => p.Probability), 1e-12);
            Assert.True(results[i].Zip(results[i].Skip(1)).All(pair => pair.First.Probability >= pair.Second.Probability));
        }

        Assert.Equal(Logits(network, images[0], Preprocessing.Raw).Max(), Predictor.Predict(_backend, network, images, Preprocessing.Raw)[0][0].Logit);
        Assert.Empty(Predictor.Predict(_backend, network, []));
        Assert.Equal(results[1].Take(2), Predictor.Predict(_backend, network, images, top: 2)[1].AsEnumerable());
        Assert.Equal(results[0].AsEnumerable(), Predictor.Predict(_backend, network, images, top: 7)[0].AsEnumerable());
    }

    [Fact]
    public void A_batch_gives_each_picture_what_it_gets_alone_and_may_be_filled_in_part()
    {
        float[][] images = [Image(1), Image(2), Image(3), Image(4), Image(5)];
        ImmutableArray<ImmutableArray<Prediction>> alone = Predictor.Predict(_backend, Samples.WithTop, images);
        using Predictor predictor = new(_backend, Samples.WithTop, batch: 3);
        Assert.Equal(alone[..3].SelectMany(p => p), predictor.Predict(images[..3]).SelectMany(p => p));
        ImmutableArray<ImmutableArray<Prediction>> rest = predictor.Predict(images[3..]);
        Assert.Equal(2, rest.Length);
        Assert.Equal(alone[3..].SelectMany(p => p), rest.SelectMany(p => p));
        Assert.Throws<ArgumentException>(() => predictor.Predict([]));
        Assert.Throws<ArgumentException>(() => predictor.Predict(images[..4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Predictor(_backend, Samples.WithTop, batch: 0));
    }

    [Fact]
    public void What_cannot_be_predicted_is_refused()
    {
        Assert.Contains("names no classes", Assert.Throws<PlanException>(() => Predictor.Predict(_backend, Samples.WithoutTop, [])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Predictor.Predict(_backend, Samples.WithTop, [new float[32 * 32 * 3 - 1]]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Predictor.Predict(_backend, Samples.WithTop, [Image(1)], top: 0));
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Predictor.Predict(_backend, Samples.WithTop, [Image(1)], cancellation: source.Token));
    }

    [Fact]
    public void A_class_is_scored_by_logit_probability_and_rank()
    {
        Network network = Fixture.NetworkOf("top");
        ActivationFixture fixture = Fixture.Manifest.Activations.Single(a => a.Name == "activations-top-raw");
        double[] logits = Fixture.Array($"{fixture.Name}-predictions");
        RenderPlan plan = Presets.KerasVis("predictions", [[2], [5, 0]], [1u, 2u], fixture.Height, fixture.Width, 1);
        using Tensors t = new(_backend);
        double[] image = Fixture.Image(fixture.Height, fixture.Width, fixture.ImageSeed);
        double[] both = [.. image, .. image];
        ImmutableArray<ChannelScore>[] scores = [.. Scoring.Score(_backend, network, plan, null, t.Put(new TensorShape(2, fixture.Height, fixture.Width, 3), both), both).Select(s => s.Channels)];
        Assert.Equal([2, 5, 0], scores.SelectMany(s => s).Select(s => s.Channel));
        double sum = logits.Sum(l => Math.Exp(l - logits.Max()));
        foreach (ChannelScore score in scores.SelectMany(s => s))
        {
            double logit = logits[score.Channel];
            Assert.Equal(logit, score.Activation, Math.Abs(logit) * 1e-9);
            Assert.Equal(Math.Exp(logit - logits.Max()) / sum, score.Probability!.Value, 1e-9);
            Assert.Equal(logits.OrderDescending().ToList().IndexOf(logit) + 1, score.Rank);
        }
    }

    [Fact]
    public void A_filter_is_scored_by_its_mean_alone()
    {
        Network network = Fixture.NetworkOf("notop");
        ActivationFixture fixture = Fixture.Manifest.Activations.Single(a => a.Name == "activations-notop-raw");
        double[] layer = Fixture.Array($"{fixture.Name}-block3_conv1");
        RenderPlan plan = Presets.KerasVis("block3_conv1", [[3, 1]], [1u], fixture.Height, fixture.Width, 1);
        using Tensors t = new(_backend);
        double[] values = Fixture.Image(fixture.Height, fixture.Width, fixture.ImageSeed);
        ITensor image = t.Put(new TensorShape(1, fixture.Height, fixture.Width, 3), values);
        ChannelScore[] scores = [.. Scoring.Score(_backend, network, plan, null, image, values)[0].Channels];
        Assert.Equal([3, 1], scores.Select(s => s.Channel));
        int channels = network.Topology.Find("block3_conv1")!.Outputs;
        foreach (ChannelScore score in scores)
        {
            double mean = layer.Where((_, i) => i % channels == score.Channel).Average();
            Assert.Equal(mean, score.Activation, Math.Abs(mean) * 1e-9);
            Assert.Null(score.Probability);
            Assert.Null(score.Rank);
        }
    }

    [Fact]
    public void A_picture_drawn_through_the_softmax_is_scored_by_its_logit_all_the_same()
    {
        RenderPlan plan = TinyNetworks.Plan(2, 1);
        plan = plan with { Objective = plan.Objective with { Top = TopActivation.Softmax } };
        RenderedImage image = new Renderer(_backend).Render(TinyNetworks.WithTop, plan).Images[0];
        ChannelScore score = Assert.Single(image.Scores);
        Assert.InRange(score.Probability!.Value, 0, 1);
        Assert.Equal(score.Activation, image.FinalActivation);
        Assert.NotEqual(score.Probability.Value, score.Activation);
    }

    private double[] Logits(Network network, float[] image, Preprocessing preprocessing)
    {
        using Tensors t = new(_backend);
        INetworkProgram program = t.Own(_backend.Compile(network, new ProgramSpec { Taps = [new TapSpec(network.Topology.Find("predictions")!)], Batch = 1, Height = 32, Width = 32, Preprocessing = preprocessing }));
        program.Forward(t.Put(program.InputShape, [.. image.Select(v => (double)v)]));
        return t.Get(program.Tap);
    }

    private static float[] Image(uint seed) => [.. Samples.Uniform(new TensorShape(1, 32, 32, 3), 0, 255, seed).Select(v => (float)v)];
}
