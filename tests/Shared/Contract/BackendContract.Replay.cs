using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;
using VggCuda.Engine.Stages;

namespace VggCuda.Tests.Shared.Contract;

public abstract partial class BackendContract
{
    [Fact]
    public void A_replay_does_its_step_as_often_as_asked()
    {
        using Tensors t = new(Backend);
        ITensor step = t.Zeros(TensorShape.PerImage(1));
        ITensor sum = t.Zeros(TensorShape.PerImage(1));
        ITensor one = t.Zeros(TensorShape.PerImage(1));
        using IReplay replay = Backend.Record(() =>
        {
            Backend.Add(sum, one, sum);
            Backend.Advance(step);
        });
        Assert.Equal(0, replay.StepsCompleted);
        Backend.Fill(step, 0);
        Backend.Fill(sum, 100);
        Backend.Fill(one, 2);
        replay.Run(3);
        replay.Run(0);
        replay.Run(1);
        replay.Run(7);
        Assert.InRange(replay.StepsCompleted, 0, 11);
        replay.Wait();
        Assert.Equal(11, replay.StepsCompleted);
        Assert.Equal([11], t.Get(step));
        Assert.Equal([122], t.Get(sum));
        Assert.ThrowsAny<ArgumentException>(() => replay.Run(-1));
    }

    [Fact]
    public void A_download_waits_for_the_steps_before_it()
    {
        using Tensors t = new(Backend);
        ITensor step = t.Zeros(TensorShape.PerImage(1));
        using IReplay replay = Backend.Record(() => Backend.Advance(step));
        Backend.Fill(step, 0);
        replay.Run(500);
        Assert.Equal([500], t.Get(step));
        replay.Run(250);
        Backend.Synchronize();
        replay.Wait();
        Assert.Equal(750, replay.StepsCompleted);
    }

    [Fact]
    public void Replays_count_for_themselves()
    {
        using Tensors t = new(Backend);
        ITensor a = t.Zeros(TensorShape.PerImage(1));
        ITensor b = t.Zeros(TensorShape.PerImage(1));
        using IReplay first = Backend.Record(() => Backend.Advance(a));
        using IReplay second = Backend.Record(() => Backend.Advance(b));
        Backend.Fill(a, 0);
        Backend.Fill(b, 0);
        first.Run(2);
        second.Run(5);
        first.Run(2);
        first.Wait();
        second.Wait();
        Assert.Equal((4, 5), (first.StepsCompleted, second.StepsCompleted));
        Assert.Equal([4.0, 5.0], [.. t.Get(a), .. t.Get(b)]);
    }

    [Fact]
    public void A_cancelled_run_throws_and_leaves_the_replay_fit_to_be_waited_for()
    {
        using Tensors t = new(Backend);
        ITensor step = t.Zeros(TensorShape.PerImage(1));
        using IReplay replay = Backend.Record(() => Backend.Advance(step));
        Backend.Fill(step, 0);
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => replay.Run(4, source.Token));
        replay.Wait(CancellationToken.None);
        Assert.Equal(0, replay.StepsCompleted);
        Assert.Equal([0], t.Get(step));
    }

    [Fact]
    public void A_run_cancelled_in_the_middle_keeps_a_best_image_that_is_whole()
    {
        // No transforms and no regularisers: the loss is the tap alone, so the kept total can be checked against the image.
        RenderPlan plan = Plan(1_000_000, "block5_conv3", [[0, 1, 2]]) with { Transforms = [], Regularizers = [], Seeds = [3u] };
        using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(300));
        RenderResult result;
        try
        {
            result = new Renderer(Backend).Render(Samples.WithoutTop, plan, null, source.Token);
        }
        catch (OperationCanceledException)
        {
            // So slow that not one step was done: nothing to look at.
            return;
        }

        RenderedImage image = Assert.Single(result.Images);
        Assert.True(result.Cancelled);
        Assert.InRange(image.BestStep, 0, image.Steps - 1);
        Assert.Equal(image.Losses.Min(row => row[^1]), image.BestTotal);
        Assert.Equal(image.Losses[image.BestStep][^1], image.BestTotal);
        RenderResult again = new Renderer(Backend).Render(Samples.WithoutTop, plan with { Iterations = image.BestStep + 1 });
        Assert.Equal(again.Images[0].Pixels, image.Pixels);
    }

    [Fact]
    public void A_recorded_run_gives_the_losses_of_the_reference()
    {
        foreach (RenderPlan plan in (RenderPlan[])[Plan(6, "predictions", [[1], [4, 2], [5]]), Plan(6, "block3_conv1", [[3], [0, 6], [1]]) with { Height = 47, Width = 33 }])
        {
            RenderResult mine = new Renderer(Backend).Render(Samples.WithTop, plan);
            RenderResult theirs = new Renderer(Reference).Render(Samples.WithTop, plan);
            for (int i = 0; i < plan.Count; i++)
            {
                for (int step = 0; step < plan.Iterations; step++)
                {
                    Close(theirs.Images[i].Losses[step], mine.Images[i].Losses[step], LossTolerance, $"{((ChannelObjective)plan.Objective).Layer}, picture {i}, losses of step {step}");
                }
            }
        }
    }

    [Fact]
    public void A_picture_of_a_batch_is_the_picture_drawn_alone_and_comes_out_twice_the_same()
    {
        RenderPlan plan = Plan(12, "predictions", [[1], [4, 2], [5]]);
        Renderer renderer = new(Backend);
        ImmutableArray<RenderedImage> batch = renderer.Render(Samples.WithTop, plan).Images;
        ImmutableArray<RenderedImage> again = renderer.Render(Samples.WithTop, plan).Images;
        ImmutableArray<RenderedImage> split = renderer.Render(Samples.WithTop, plan, new RenderOptions { MaxBatch = 2 }).Images;
        for (int i = 0; i < plan.Count; i++)
        {
            RenderedImage alone = renderer.Render(Samples.WithTop, plan.Slice(i, 1)).Images[0];
            foreach (RenderedImage other in (RenderedImage[])[again[i], split[i], alone])
            {
                Assert.Equal(batch[i].Pixels, other.Pixels);
                Assert.Equal(batch[i].Display, other.Display);
                Assert.Equal(batch[i].BestStep, other.BestStep);
                Assert.Equal(batch[i].Losses, other.Losses);
                Assert.Equal(batch[i].Scores, other.Scores.AsEnumerable());
            }
        }
    }

    private RenderPlan Plan(int iterations, string layer, ImmutableArray<ImmutableArray<int>> channels) =>
        Presets.KerasVis(layer, channels, [1u, 2u, 3u], 37, 41, iterations) with { Precision = Precision, Transforms = [new Jitter(5)] };
}
