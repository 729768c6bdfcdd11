using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Display;
using VggCuda.Engine.Images;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;
using VggCuda.Engine.Stages;

namespace VggCuda.Engine.Tests.Rendering;

public sealed class RendererTests : IDisposable
{
    private readonly ReferenceBackend _backend = new();
    private readonly Renderer _renderer;

    public RendererTests() => _renderer = new Renderer(_backend);

    public void Dispose()
    {
        Assert.Equal(0, _backend.LiveResources);
        _backend.Dispose();
    }

    [Fact]
    public void A_result_says_what_was_done()
    {
        RenderPlan plan = TinyNetworks.Plan(8, 2);
        RenderResult result = _renderer.Render(TinyNetworks.WithTop, plan);
        Assert.Same(plan, result.Plan);
        Assert.False(result.Cancelled);
        Assert.Equal("reference", result.Device.Name);
        Assert.Equal(8, result.Timings.Steps);
        Assert.Equal([0, 1], result.Images.Select(i => i.Index));
        Assert.Equal(plan.Seeds.AsEnumerable(), result.Images.Select(i => i.Seed));
        foreach (RenderedImage image in result.Images)
        {
            Assert.Equal(8, image.Steps);
            Assert.Equal(((ChannelObjective)plan.Objective).Channels[image.Index].AsEnumerable(), image.Channels);
            Assert.All(image.Losses, row => Assert.Equal(plan.LossNames.Length, row.Length));
            Assert.All(image.Losses, row => Assert.Equal(row[0] + row[1] + row[2], row[3], 1e-9));
            Assert.Equal(image.Losses.Min(row => row[^1]), image.BestTotal);
            Assert.Equal(image.BestTotal, image.Losses[image.BestStep][^1]);
            Assert.Equal(Deprocess.KerasVis([.. image.Pixels.Select(p => (double)p)]).Length, image.Display.Length);
        }
    }

    [Fact]
    public void Every_picture_for_the_eye_has_keras_vis_brightness_and_contrast()
    {
        foreach (RenderedImage image in _renderer.Render(TinyNetworks.WithTop, TinyNetworks.Plan(20, 3)).Images)
        {
            double mean = image.Display.Average(v => (double)v);
            double deviation = Math.Sqrt(image.Display.Average(v => (v - mean) * (v - mean)));
            Assert.InRange(mean, 126.5, 127.5);
            Assert.InRange(deviation, 25, 26);
        }
    }

    [Fact]
    public void A_plan_that_keeps_the_last_picture_shows_that_after_its_last_step()
    {
        RenderPlan plan = TinyNetworks.Plan(12, 2) with { Keep = PictureChoice.Last, Objective = new ChannelObjective { Layer = "block2_conv1", Channels = [[0], [1]] }, Regularizers = [], Transforms = [new RandomShift(9), new RandomAffine(90, 0.2, 2)] };
        List<RenderFrame> frames = [];
        RenderResult last = _renderer.Render(TinyNetworks.WithTop, plan, new RenderOptions { Frame = frames.Add, FrameEvery = 12 });
        RenderResult best = _renderer.Render(TinyNetworks.WithTop, plan with { Keep = PictureChoice.Best });
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal((11, last.Images[i].Losses[11][^1]), (last.Images[i].BestStep, last.Images[i].BestTotal));
            Assert.Equal(frames[^1].Displays[i], last.Images[i].Display);
            Assert.Equal(best.Images[i].Losses, last.Images[i].Losses);
            Assert.Equal(best.Images[i].Losses.Min(row => row[^1]), best.Images[i].BestTotal);
        }

        Assert.Contains(best.Images, image => image.BestStep < 11);
    }

    [Fact]
    public void What_makes_no_number_is_not_kept_as_the_last_picture_either() =>
        Assert.Throws<NumbersFailedException>(() => _renderer.Render(TinyNetworks.WithTop, TinyNetworks.Plan(3, 1) with { Keep = PictureChoice.Last, Start = new NoiseStart(0, 1e308) }));

    [Fact]
    public void Pictures_that_are_compared_stay_in_one_batch()
    {
        RenderPlan plan = TinyNetworks.Plan(2, 6);
        plan = plan with { Objective = new SumObjective { Terms = [plan.Objective, new DiversityObjective { Layer = "block2_conv1", Group = 2, Weight = 5 }] } };
        RenderResult whole = _renderer.Render(TinyNetworks.WithTop, plan);
        using LimitedBackend small = new(3);
        RenderResult parts = new Renderer(small).Render(TinyNetworks.WithTop, plan, new RenderOptions { MaxBatch = 5 });
        Assert.Equal([4, 2, 2, 2], small.Batches);
        TinyNetworks.Same(whole.Images, parts.Images);
        using LimitedBackend tiny = new(1);
        Assert.Throws<DeviceMemoryException>(() => new Renderer(tiny).Render(TinyNetworks.WithTop, plan));
        Assert.Contains("no whole number of groups", Assert.Throws<PlanException>(() => _renderer.Render(TinyNetworks.WithTop, plan with { Seeds = plan.Seeds[..5], Objective = new DiversityObjective { Layer = "block2_conv1", Group = 2 } })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_last_jitter_of_a_step_goes_into_the_network_and_only_that()
    {
        RenderPlan plan = TinyNetworks.Plan(3, 1);
        foreach ((RenderPlan one, (int, int) expected) in ((RenderPlan, (int, int))[])
        [
            (plan with { Transforms = [new Jitter(2)] }, (0, 3)),
            (plan with { Transforms = [new Jitter(2), new Jitter(1, ShiftMode.Roll), new Jitter(3)] }, (6, 3)),
            (plan with { Transforms = [] }, (0, 0)),
            (plan with { Transforms = [new Jitter(2)], Objective = plan.Objective with { Weight = 0 } }, (3, 0)),
        ])
        {
            using LimitedBackend counting = new(9);
            RenderedImage counted = new Renderer(counting).Render(TinyNetworks.WithTop, one).Images[0];
            Assert.Equal(expected, counting.Shifts);
            Assert.Equal(_renderer.Render(TinyNetworks.WithTop, one).Images[0].Pixels, counted.Pixels);
        }
    }

    [Fact]
    public void The_first_losses_are_those_of_the_start_after_its_first_shift()
    {
        RenderPlan plan = TinyNetworks.Plan(1, 1);
        RenderedImage image = _renderer.Render(TinyNetworks.WithTop, plan).Images[0];
        RenderedImage unshifted = _renderer.Render(TinyNetworks.WithTop, plan with { Transforms = [] }).Images[0];
        Assert.NotEqual(unshifted.Losses[0], image.Losses[0]);
        Assert.Equal(unshifted.Losses[0][2], image.Losses[0][2], unshifted.Losses[0][2] * 0.1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Pictures_do_not_depend_on_how_a_plan_is_split(int maxBatch)
    {
        RenderPlan plan = TinyNetworks.Plan(6, 5);
        RenderResult whole = _renderer.Render(TinyNetworks.WithTop, plan);
        RenderResult split = _renderer.Render(TinyNetworks.WithTop, plan, new RenderOptions { MaxBatch = maxBatch });
        TinyNetworks.Same(whole.Images, split.Images);
        Assert.Equal(6 * ((5 + maxBatch - 1) / maxBatch), split.Timings.Steps);
    }

    [Fact]
    public void A_batch_that_does_not_fit_is_halved_and_the_pictures_stay_the_same()
    {
        RenderPlan plan = TinyNetworks.Plan(4, 7);
        using LimitedBackend limited = new(2);
        List<RenderProgress> reports = [];
        RenderResult result = new Renderer(limited).Render(TinyNetworks.WithTop, plan, new RenderOptions { Progress = new Reports(reports) });
        TinyNetworks.Same(_renderer.Render(TinyNetworks.WithTop, plan).Images, result.Images);
        Assert.Equal([7, 4, 2, 2, 2, 1], limited.Batches);
        Assert.Equal(0, limited.LiveResources);
        Assert.Equal((16, 16), (reports[^1].StepsDone, reports[^1].StepsTotal));
    }

    [Fact]
    public void One_picture_that_does_not_fit_is_an_error()
    {
        using LimitedBackend limited = new(0);
        DeviceMemoryException error = Assert.Throws<DeviceMemoryException>(() => new Renderer(limited).Render(TinyNetworks.WithTop, TinyNetworks.Plan(4, 3)));
        Assert.Equal(1, error.Requested);
        Assert.Equal(0, limited.LiveResources);
    }

    [Fact]
    public void A_longer_run_begins_like_a_shorter_one()
    {
        RenderedImage[] shorter = [.. _renderer.Render(TinyNetworks.WithTop, TinyNetworks.Plan(5, 2)).Images];
        RenderedImage[] longer = [.. _renderer.Render(TinyNetworks.WithTop, TinyNetworks.Plan(12, 2)).Images];
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(shorter[i].Losses, longer[i].Losses[..5]);
        }
    }

    [Fact]
    public void A_cancelled_run_keeps_its_best_and_says_so()
    {
        RenderPlan plan = TinyNetworks.Plan(30, 2);
        using CancellationTokenSource source = new();
        RenderOptions options = new()
        {
            FrameEvery = 5,
            Frame = frame =>
            {
                if (frame.Step == 10)
                {
                    source.Cancel();
                }
            },
        };
        RenderResult result = _renderer.Render(TinyNetworks.WithTop, plan, options, source.Token);
        Assert.True(result.Cancelled);
        Assert.All(result.Images, i => Assert.Equal(10, i.Steps));
        TinyNetworks.Same(_renderer.Render(TinyNetworks.WithTop, plan with { Iterations = 10 }).Images, result.Images);
    }

    [Fact]
    public void A_run_cancelled_in_its_second_batch_keeps_the_first()
    {
        RenderPlan plan = TinyNetworks.Plan(6, 4);
        using CancellationTokenSource source = new();
        RenderOptions options = new()
        {
            MaxBatch = 2,
            FrameEvery = 3,
            Frame = frame =>
            {
                if (frame is { FirstImage: 2, Step: 0 })
                {
                    source.Cancel();
                }
            },
        };
        RenderResult result = _renderer.Render(TinyNetworks.WithTop, plan, options, source.Token);
        Assert.True(result.Cancelled);
        TinyNetworks.Same([.. _renderer.Render(TinyNetworks.WithTop, plan).Images[..2]], result.Images);
    }

    [Fact]
    public void A_run_cancelled_before_its_first_step_has_no_result()
    {
        using CancellationTokenSource source = new();
        RenderOptions options = new() { FrameEvery = 1, Frame = _ => source.Cancel() };
        Assert.ThrowsAny<OperationCanceledException>(() => _renderer.Render(TinyNetworks.WithTop, TinyNetworks.Plan(6, 2), options, source.Token));
        Assert.ThrowsAny<OperationCanceledException>(() => _renderer.Render(TinyNetworks.WithTop, TinyNetworks.Plan(6, 2), null, source.Token));
    }

    [Fact]
    public void A_step_is_left_in_its_middle_when_cancelled()
    {
        // One step of this plan takes the reference backend minutes; were the token not looked at inside the network, so would this test.
        Network wide = Network.FromWeights(new HeWeights(new Topology([[64, 64], [128, 128], [256, 256, 256], [4, 4, 4], [4, 4, 4]], null), 1));
        RenderPlan plan = Presets.KerasVis("block3_conv3", [[1]], [1u], 512, 512, 3);
        using CancellationTokenSource source = new(TimeSpan.FromSeconds(1));
        Assert.ThrowsAny<OperationCanceledException>(() => _renderer.Render(wide, plan, null, source.Token));
    }

    [Fact]
    public void Without_a_finite_loss_there_is_an_error_that_names_the_picture()
    {
        Network failing = Network.FromWeights(new NotFinite(TinyNetworks.WithTop.Weights, float.NaN));
        NumbersFailedException error = Assert.Throws<NumbersFailedException>(() => _renderer.Render(failing, TinyNetworks.Plan(3, 2)));
        Assert.Contains("Picture 1 (predictions 0)", error.Message, StringComparison.Ordinal);
        Assert.Contains("not one of 3 steps", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loss_that_overflows_is_no_best()
    {
        Network overflowing = Network.FromWeights(new NotFinite(TinyNetworks.WithTop.Weights, float.PositiveInfinity));
        RenderPlan plan = TinyNetworks.Plan(2, 1);
        Assert.Throws<NumbersFailedException>(() => _renderer.Render(overflowing, plan with { Objective = (ChannelObjective)plan.Objective with { Layer = "block5_conv3" } }));
    }

    [Fact]
    public void Frames_come_before_the_first_step_and_then_as_often_as_asked()
    {
        RenderPlan plan = TinyNetworks.Plan(7, 3);
        List<RenderFrame> frames = [];
        RenderOptions options = new() { MaxBatch = 2, FrameEvery = 3, Frame = frames.Add };
        RenderResult result = _renderer.Render(TinyNetworks.WithTop, plan, options);
        Assert.Equal([(0, 0), (0, 3), (0, 6), (2, 0), (2, 3), (2, 6)], frames.Select(f => (f.FirstImage, f.Step)));
        Assert.Equal([2, 2, 2, 1, 1, 1], frames.Select(f => f.Displays.Length));
        Assert.Equal(Deprocess.KerasVis(Schedule.Draw(plan).Start.AsSpan(0, 33 * 35 * 3)), frames[0].Displays[0]);
        TinyNetworks.Same(_renderer.Render(TinyNetworks.WithTop, plan).Images, result.Images);
    }

    [Fact]
    public void Progress_grows_to_the_end()
    {
        List<RenderProgress> reports = [];
        RenderPlan plan = TinyNetworks.Plan(10, 3);
        RenderResult result = _renderer.Render(TinyNetworks.WithTop, plan, new RenderOptions { MaxBatch = 2, Progress = new Reports(reports) });
        Assert.Equal((20, 20), (reports[^1].StepsDone, reports[^1].StepsTotal));
        Assert.Equal(result.Images[2].Losses[^1][^1], reports[^1].MeanTotal);
        Assert.Equal(TimeSpan.Zero, reports[^1].TimeLeft);
        Assert.True(reports.Zip(reports.Skip(1)).All(pair => pair.First.StepsDone <= pair.Second.StepsDone));
        Assert.All(reports, r => Assert.Equal(20, r.StepsTotal));
        Assert.All(reports, r => Assert.True(r.StepsPerSecond > 0));
    }

    [Fact]
    public void An_activation_that_weighs_nothing_leaves_the_regularisers_alone_at_work()
    {
        RenderPlan plan = TinyNetworks.Plan(5, 1);
        RenderedImage image = _renderer.Render(TinyNetworks.WithTop, plan with { Objective = plan.Objective with { Weight = 0 } }).Images[0];
        Assert.All(image.Losses, row => Assert.Equal(0, row[0]));
        Assert.True(image.Losses[^1][^1] < image.Losses[0][^1]);
        Assert.NotEqual(0, image.FinalActivation);
    }

    [Fact]
    public void A_plan_that_does_not_fit_is_refused_before_anything_is_made()
    {
        Assert.Throws<PlanException>(() => _renderer.Render(TinyNetworks.WithTop, TinyNetworks.Plan(0, 1)));
        Assert.Throws<PlanException>(() => _renderer.Render(TinyNetworks.WithTop, TinyNetworks.Plan(1, 1) with { Height = 64 }));
        Assert.Throws<ArgumentNullException>(() => _renderer.Render(null!, TinyNetworks.Plan(1, 1)));
        Assert.Throws<ArgumentNullException>(() => new Renderer(null!));
    }

    [Fact]
    public void A_picture_can_be_the_start()
    {
        float[] values = [.. Enumerable.Range(0, 33 * 35 * 3).Select(i => (float)(i % 251))];
        RenderPlan plan = TinyNetworks.Plan(1, 2) with { Start = PictureStart.FromValues("ramp", values), Transforms = [new Jitter(0)] };
        List<RenderFrame> frames = [];
        _renderer.Render(TinyNetworks.WithTop, plan, new RenderOptions { FrameEvery = 1, Frame = frames.Add });
        Assert.Equal(Deprocess.KerasVis([.. values.Select(v => (double)v)]), frames[0].Displays[1]);
    }

    /// <summary>Unlike Progress{T}, tells at once and on the same thread.</summary>
    private sealed class Reports(List<RenderProgress> list) : IProgress<RenderProgress>
    {
        public void Report(RenderProgress value) => list.Add(value);
    }

    /// <summary>The biases of block5_conv3 are not finite, as no file can have them: whatever they touch fails.</summary>
    private sealed class NotFinite(IWeightSource inner, float bias) : IWeightSource
    {
        public string Name => "not finite";

        public IReadOnlyList<LayerWeights> Layers => inner.Layers;

        public void Read(string layer, WeightPart part, long start, Span<float> destination, CancellationToken cancellation = default)
        {
            inner.Read(layer, part, start, destination, cancellation);
            if (layer == "block5_conv3" && part == WeightPart.Bias)
            {
                destination.Fill(bias);
            }
        }

        public string? ComputeSha256(CancellationToken cancellation = default) => null;

        public void Dispose()
        {
        }
    }
}
