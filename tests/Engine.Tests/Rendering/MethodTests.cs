using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Images;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Optimizers;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Regularizers;
using VggCuda.Engine.Rendering;
using VggCuda.Engine.Stages;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Engine.Tests.Rendering;

/// <summary>What a step may do besides: several views, schedules, blurs every few steps, a guide, the rescue of dead units.</summary>
public sealed class MethodTests : IDisposable
{
    private readonly ReferenceBackend _backend = new();

    public static TheoryData<string, string> Refused => new()
    {
        { "views 0", "1 to 64" },
        { "views alike", "all be the same" },
        { "views of a wandering picture", "a jitter that replaces it" },
        { "no guide", "none is given" },
        { "a guide for nothing", "compares with none" },
        { "a guide of another size", "The guide 'scene' has" },
        { "a guide and a wandering picture", "moves it away from the guide" },
        { "a blurred spectrum", "a spectrum" },
        { "a blur every 0 steps", "1 or more" },
        { "a warm-up to the end", "leave one" },
        { "a rate that ends at 0", "above 0" },
        { "noise of nothing", "above 0" },
        { "an edge of no depth", "1 or more" },
        { "a rescue of -1 steps", "0 or more" },
    };

    public void Dispose() => _backend.Dispose();

    [Fact]
    public void Views_that_are_alike_give_the_picture_of_one()
    {
        // A random view whose only possible draw is the picture itself.
        RenderPlan plan = Plan() with { Transforms = [new RandomAffine(0)] };
        RenderedImage one = Draw(plan), three = Draw(plan with { Views = 3 });
        Assert.All(one.Pixels.Zip(three.Pixels), p => Assert.Equal(p.First, p.Second, 1e-3f));
        Assert.All(one.Losses.Zip(three.Losses), p => Assert.Equal(p.First[0], p.Second[0], 1e-6));
    }

    [Fact]
    public void Views_have_draws_of_their_own()
    {
        RenderPlan plan = Plan() with { Transforms = [new RandomAffine(20, 0.8, 1.2)], Views = 2, Iterations = 2 };
        Schedule schedule = Schedule.Draw(plan);
        Assert.Equal(2, schedule.Tables.Length);
        Assert.NotEqual(schedule.Tables[0], schedule.Tables[1]);
        Assert.NotEqual(Draw(plan with { Views = 1 }).Pixels, Draw(plan).Pixels);
    }

    [Fact]
    public void A_picture_is_blurred_after_every_so_many_steps()
    {
        RenderPlan plan = Plan() with { Iterations = 2, Keep = PictureChoice.Last };
        using Tensors t = new(_backend);
        StageTensors tensors = StageCase.Allocate(t, new Blur(1.5), plan.PictureShape);
        _backend.Upload(tensors.Input, Draw(plan).Pixels);
        new Blur(1.5).Forward(_backend, tensors);
        float[] blurred = Draw(plan with { BlurEvery = new PeriodicBlur(2, 1.5) }).Pixels;
        Assert.All(t.Get(tensors.Output).Zip(blurred), p => Assert.Equal(p.First, p.Second, 1e-2));
        Assert.Equal(Draw(plan).Pixels, Draw(plan with { BlurEvery = new PeriodicBlur(3, 1.5) }).Pixels);
    }

    [Fact]
    public void A_schedule_shortens_the_steps()
    {
        RenderPlan plan = Plan() with { Iterations = 2, Optimizer = new Momentum(1, 0), Keep = PictureChoice.Last };
        Assert.Equal([1, 0.25], new RateSchedule(RateCurve.Linear, 0.25).Factors(2));
        Assert.Equal([0.5, 1, 0.55, 0.1], new RateSchedule(RateCurve.Cosine, WarmUp: 1).Factors(4).Select(f => Math.Round(f, 12)));
        Assert.Equal([1, 0.1, 0.01], new RateSchedule(RateCurve.Exponential, 0.01).Factors(3).Select(f => Math.Round(f, 12)));
        Assert.Equal([1.0 / 3, 2.0 / 3, 1, 1], new RateSchedule(RateCurve.Constant, WarmUp: 2).Factors(4));
        Assert.Equal(Draw(plan).Pixels, Draw(plan with { Schedule = new RateSchedule(RateCurve.Constant) }).Pixels);

        // Two steps of length 1 and a quarter, along gradients whose root mean square is 1.
        float[] first = Draw(plan with { Iterations = 1 }).Pixels;
        float[] second = Draw(plan with { Schedule = new RateSchedule(RateCurve.Linear, 0.25) }).Pixels;
        Assert.Equal(0.25, Math.Sqrt(first.Zip(second, (a, b) => (double)(a - b) * (a - b)).Average()), 1e-4);
    }

    [Fact]
    public void A_guide_is_seen_through_the_same_random_view()
    {
        // What starts as the guide is like it, whatever the view and the noise.
        RenderPlan plan = Plan();
        PictureStart scene = Scene(plan);
        plan = plan with
        {
            Objective = new LikenessObjective { Layer = "block2_conv2" },
            Start = scene,
            Guide = scene,
            Transforms = [new RandomAffine(20, 0.8, 1.2) { Shift = 3 }, new Noise(5)],
            Views = 2,
            Optimizer = new Momentum(1, 0),
        };
        RenderedImage image = Draw(plan);
        Assert.Equal(0, image.Losses[0][0], 1e-9);
        RenderedImage other = Draw(plan with { Start = new NoiseStart(), Transforms = [], Views = 1, Iterations = 20 });
        Assert.True(other.Losses[0][0] > 1);
        Assert.True(other.Losses[^1][0] < other.Losses[0][0]);
    }

    [Fact]
    public void A_channel_that_is_off_everywhere_is_woken()
    {
        RenderPlan? dead = Enumerable.Range(0, 40).Select(i => Plan(i % 5, (uint)(i / 5)) with { Start = new NoiseStart(100, 20), Regularizers = [] }).FirstOrDefault(p => Draw(p).Losses.All(row => row[0] == 0));
        Assert.NotNull(dead);
        Assert.Contains(Draw(dead with { RescuedSteps = 5, Iterations = 12, Optimizer = new RmsProp(4) }).Losses, row => row[0] < 0);
        Assert.All(Draw(dead with { Iterations = 12, Optimizer = new RmsProp(4) }).Losses, row => Assert.Equal(0, row[0]));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_does_not_fit_is_refused(string what, string because)
    {
        RenderPlan plan = Plan();
        RenderPlan wrong = what switch
        {
            "views 0" => plan with { Views = 0 },
            "views alike" => plan with { Views = 2, Transforms = [new Blur(1)] },
            "views of a wandering picture" => plan with { Views = 2, Transforms = [new Jitter(2)] },
            "no guide" => plan with { Objective = new CaricatureObjective { Layer = "block2_conv1" } },
            "a guide for nothing" => plan with { Guide = Scene(plan) },
            "a guide of another size" => plan with { Objective = new CaricatureObjective { Layer = "block2_conv1" }, Guide = Scene(plan with { Height = 40 }) },
            "a guide and a wandering picture" => plan with { Objective = new CaricatureObjective { Layer = "block2_conv1" }, Guide = Scene(plan), Transforms = [new Jitter(2)] },
            "a blurred spectrum" => plan with { Parameters = [new Spectrum()], Start = new NormalStart(), BlurEvery = new PeriodicBlur() },
            "a blur every 0 steps" => plan with { BlurEvery = new PeriodicBlur(0) },
            "a warm-up to the end" => plan with { Schedule = new RateSchedule(RateCurve.Constant, WarmUp: plan.Iterations) },
            "a rate that ends at 0" => plan with { Schedule = new RateSchedule(RateCurve.Linear, 0) },
            "noise of nothing" => plan with { Transforms = [new Noise(0)] },
            "an edge of no depth" => plan with { Regularizers = [new EdgeRoughness(1) { Depth = 0 }] },
            "a rescue of -1 steps" => plan with { RescuedSteps = -1 },
            _ => throw new ArgumentOutOfRangeException(nameof(what)),
        };
        Assert.Contains(because, Assert.Throws<PlanException>(() => wrong.Validate(Samples.WithTop)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_of_all_of_it_is_read_back()
    {
        RenderPlan plan = Plan() with
        {
            RescuedSteps = 17,
            Views = 3,
            Schedule = new RateSchedule(RateCurve.Cosine, 0.2, 5),
            BlurEvery = new PeriodicBlur(4, 1),
            Guide = Scene(Plan()),
            Regularizers = [new EdgeRoughness(2) { Depth = 7 }],
            Transforms = [new Noise(3), new Blur(0.5)],
            Parameters = [new ClipRange()],
            Optimizer = new Adam(NormalizeGradient: true),
            Objective = new SumObjective { Terms = [new CaricatureObjective { Layer = "block2_conv1" }, new LikenessObjective { Layer = "block2_conv1", Weight = -1 }] },
        };
        Assert.Equal(plan.ToJson(), RenderPlan.FromJson(plan.ToJson()).ToJson());
        RenderPlan old = RenderPlan.FromJson(plan.ToJson().Replace("\"views\": 3,", "", StringComparison.Ordinal));
        Assert.Equal(1, old.Views);
    }

    [Fact]
    public void Noise_is_Philoxs_and_has_the_deviation_one()
    {
        // The known answer of Random123 for a key and a counter of zeros.
        Assert.Equal((0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u), NoiseField.Philox(0, 0));
        double[] values = [.. Enumerable.Range(0, 100_000).Select(i => NoiseField.At(77, (uint)i))];
        Assert.Equal(0, values.Average(), 0.02);
        Assert.Equal(1, values.Average(v => v * v), 0.02);
        Assert.Equal(0, values.Zip(values.Skip(1), (a, b) => a * b).Average(), 0.02);
        Assert.NotEqual(values[5], NoiseField.At(78, 5));
    }

    private static RenderPlan Plan(int channel = 1, uint seed = 3) => new()
    {
        Objective = new ChannelObjective { Layer = "block3_conv2", Channels = [[channel]] },
        Seeds = [seed],
        Height = 33,
        Width = 32,
        Iterations = 4,
        Start = new NoiseStart(),
        Optimizer = new RmsProp(),
        Preprocessing = Preprocessing.Vgg16,
    };

    private static PictureStart Scene(RenderPlan plan) =>
        PictureStart.FromValues("scene", [.. Enumerable.Range(0, plan.Height * plan.Width * 3).Select(i => (float)(127 + (90 * Math.Sin(i * 0.37))))]);

    private RenderedImage Draw(RenderPlan plan) => new Renderer(_backend).Render(Samples.WithTop, plan).Images[0];
}
