using VggCuda.Engine.Backends;
using VggCuda.Engine.Images;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Optimizers;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Regularizers;
using VggCuda.Engine.Rendering;
using VggCuda.Engine.Stages;

namespace VggCuda.Tests.Shared.Contract;

public abstract partial class BackendContract
{
    private static readonly TensorShape[] StagePictures = [new(2, 33, 35, 3), new(1, 40, 32, 3)];

    public static TheoryData<string> StageNames => [.. StageCase.All.Keys];

    // Behind a bound the way back of a clip is not the adjoint of its derivative, which is 0 there.
    public static TheoryData<string> AdjointNames => [.. StageCase.All.Keys.Where(n => n != "clip")];

    public static TheoryData<string> ChainNames => ["modern", "maco", "accentuate", "caricature", "rescued", "blurred, scheduled", "edges, clipped, noisy", "spectrum, adam", "pixels, shifts and turns, momentum", "neuron", "layer", "sum", "probability", "direction", "interpolation", "jitter, then a turn"];

    [Theory]
    [MemberData(nameof(AdjointNames))]
    public void A_stage_goes_back_by_the_adjoint_of_its_way_there(string name)
    {
        // <y, A x> = <A* y, x>; where the stage is not linear, A is its derivative at x, by differences in double precision.
        Stage stage = StageCase.All[name];
        foreach (TensorShape picture in StagePictures)
        {
            for (int step = 0; step < (stage.NumbersPerStep > 0 ? 3 : 1); step++)
            {
                using Tensors t = new(Backend);
                using Tensors exact = new(Reference);
                StageTensors tensors = StageCase.Allocate(t, stage, picture, step);
                double[] x = Samples.Uniform(tensors.Input.Shape, -2, 2, 31);
                double[] direction = Samples.Uniform(tensors.Input.Shape, -1, 1, 32);
                double[] y = Samples.Uniform(tensors.Output.Shape, -1, 1, 33);
                Backend.Upload(tensors.Input, x);
                Backend.Upload(tensors.OutputGradient!, y);
                stage.Forward(Backend, tensors);
                stage.Backward(Backend, tensors);
                const double h = 1e-4;
                double[] ahead = Forward(exact, stage, picture, step, x, direction, h);
                double[] behind = Forward(exact, stage, picture, step, x, direction, -h);
                double there = y.Select((v, i) => v * (ahead[i] - behind[i]) / (2 * h)).Sum();
                double[] back = t.Get(tensors.InputGradient!);
                double scale = back.Select((v, i) => Math.Abs(v * direction[i])).Sum();
                Assert.Equal(there, back.Select((v, i) => v * direction[i]).Sum(), scale * Math.Max(OperationTolerance, 1e-6));
            }
        }
    }

    [Theory]
    [MemberData(nameof(StageNames))]
    public void A_stage_gives_what_the_reference_gives(string name)
    {
        Stage stage = StageCase.All[name];
        foreach (TensorShape picture in StagePictures)
        {
            using Tensors mine = new(Backend);
            using Tensors theirs = new(Reference);
            (double[] output, double[] gradient) = Both(mine);
            (double[] expectedOutput, double[] expectedGradient) = Both(theirs);
            Close(expectedOutput, output, OperationTolerance * 2, $"{name}, forwards");
            Close(expectedGradient, gradient, OperationTolerance * 2, $"{name}, backwards");

            (double[] Output, double[] Gradient) Both(Tensors t)
            {
                StageTensors tensors = StageCase.Allocate(t, stage, picture, 1);
                t.Backend.Upload(tensors.Input, Samples.Uniform(tensors.Input.Shape, -2, 2, 41));
                t.Backend.Upload(tensors.OutputGradient!, Samples.Uniform(tensors.Output.Shape, -1, 1, 42));
                stage.Forward(t.Backend, tensors);
                stage.Backward(t.Backend, tensors);
                return (t.Get(tensors.Output), t.Get(tensors.InputGradient!));
            }
        }
    }

    [Theory]
    [MemberData(nameof(ChainNames))]
    public void A_chain_gives_the_losses_of_the_reference_and_rises(string name)
    {
        RenderPlan plan = Chain(name);
        RenderResult mine = new Renderer(Backend).Render(Samples.WithTop, plan);
        RenderResult theirs = new Renderer(Reference).Render(Samples.WithTop, plan with { Precision = Precision.Fp32 });
        for (int i = 0; i < plan.Count; i++)
        {
            double scale = theirs.Images[i].Losses.SelectMany(row => row).Max(Math.Abs);
            for (int step = 0; step < 2; step++)
            {
                for (int column = 0; column < plan.LossNames.Length; column++)
                {
                    Assert.Equal(theirs.Images[i].Losses[step][column], mine.Images[i].Losses[step][column], scale * LossTolerance);
                }
            }

            Assert.True(mine.Images[i].Losses.Skip(1).Min(row => row[^1]) < mine.Images[i].Losses[0][^1], $"{name}, picture {i}: {string.Join(", ", mine.Images[i].Losses.Select(row => row[^1]))}");
            Assert.NotEmpty(mine.Images[i].Display);
        }
    }

    [Theory]
    [MemberData(nameof(ChainNames))]
    public void Pictures_of_a_chain_do_not_depend_on_their_neighbours(string name)
    {
        RenderPlan plan = Chain(name);
        RenderResult whole = new Renderer(Backend).Render(Samples.WithTop, plan);
        RenderResult single = new Renderer(Backend).Render(Samples.WithTop, plan.Slice(1, 1));
        Assert.Equal(single.Images[0].Pixels, whole.Images[1].Pixels);
        Assert.Equal(single.Images[0].Losses, whole.Images[1].Losses);
    }

    private RenderPlan Chain(string name)
    {
        RenderPlan plan = Plan(6, "block3_conv1", [[3], [0, 6], [1]]) with { Height = 47, Width = 33, Regularizers = [new TotalVariation(0.01)], Preprocessing = VggCuda.Engine.Model.Preprocessing.Vgg16 };
        return name switch
        {
            "maco" => Presets.Create("maco", plan.Objective, plan.Seeds, plan.Height, plan.Width) with { Iterations = plan.Iterations },
            "modern" => Presets.Create("modern", plan.Objective, plan.Seeds, plan.Height, plan.Width) with { Iterations = plan.Iterations },
            "accentuate" => Presets.Create("accentuate", new SumObjective { Terms = [plan.Objective, new LikenessObjective { Layer = "block3_conv2", Weight = 0.25 }] }, plan.Seeds, plan.Height, plan.Width) with { Iterations = plan.Iterations, Start = Scene(plan), Guide = Scene(plan), Views = 2 },
            "caricature" => plan with { Objective = new CaricatureObjective { Layer = "block3_conv1" }, Guide = Scene(plan), Transforms = [new RandomShift(2)] },
            "rescued" => plan with { RescuedSteps = 3, Transforms = [new RandomShift(1)] },
            "blurred, scheduled" => plan with { BlurEvery = new PeriodicBlur(2, 0.75), Schedule = new RateSchedule(RateCurve.Cosine) { WarmUp = 2 }, Transforms = [new RandomShift(1)], Optimizer = new Momentum(0.5) },
            "edges, clipped, noisy" => plan with
            {
                Parameters = [new Decorrelation(), new ClipRange()],
                Start = new NormalStart(0, 0.2),
                Transforms = [new RandomAffine(5), new Noise(4)],
                Views = 3,
                Regularizers = [new EdgeRoughness(1e-3) { Depth = 4 }],
                Optimizer = new Momentum(0.02),
                Schedule = new RateSchedule(RateCurve.Exponential),
            },
            "spectrum, adam" => plan with
            {
                Parameters = [new Spectrum(), new Decorrelation(), new SigmoidRange()],
                Start = new NormalStart(),
                Transforms = [new RandomShift(3), new RandomAffine(10, 0.9, 1.1)],
                Optimizer = new Adam(),
            },
            "pixels, shifts and turns, momentum" => plan with { Transforms = [new RandomAffine(5), new RandomShift(2)], Optimizer = new Momentum() },
            "neuron" => plan with
            {
                Objective = new NeuronObjective { Layer = "block4_conv2", Neurons = [new Neuron(3), new Neuron(4, 0, 0), new Neuron(1, 4, 2)], Point = TapPoint.BeforeActivation },
                Transforms = [],
                Optimizer = new RmsProp(0.5),
            },
            "sum" => plan with
            {
                Objective = new SumObjective
                {
                    Terms =
                    [
                        plan.Objective,
                        new LayerObjective { Layer = "block2_conv1", Weight = 0.01 },
                        new NeuronObjective { Layer = "block4_conv2", Neurons = [new Neuron(3), new Neuron(4, 0, 0), new Neuron(1, 4, 2)], Weight = -0.5 },
                        new ChannelObjective { Layer = "block2_conv1", Channels = [[0], [1], [2]], Weight = -0.25, Point = TapPoint.BeforeActivation },
                    ],
                    Weight = 2,
                },
                Transforms = [new RandomShift(1)],
            },
            "probability" => plan with
            {
                Objective = new SumObjective { Terms = [new ChannelObjective { Layer = "predictions", Channels = [[1], [2], [0]], Top = TopActivation.Softmax, Weight = 50 }, new ChannelObjective { Layer = "predictions", Channels = [[1], [2], [0]], Point = TapPoint.BeforeActivation }] },
                Height = 32,
                Width = 32,
                Transforms = [],
            },
            "direction" => plan with { Objective = new DirectionObjective { Layer = "block3_conv2", Channels = [0, 2, 3], Values = [1, -0.5, 2], Power = 2, Point = TapPoint.BeforeActivation }, Transforms = [new RandomShift(1)] },
            "interpolation" => plan with { Objective = new InterpolationObjective { Layer = "block3_conv1", From = 1, To = 3, Steps = 3, Point = TapPoint.BeforeActivation }, Transforms = [] },
            "layer" => plan with { Objective = new LayerObjective { Layer = "block4_conv1" }, Transforms = [new RandomShift(1)], Optimizer = new Momentum(0.5) },
            "jitter, then a turn" => plan with { Transforms = [new Jitter(4), new RandomAffine(3, 0.95, 1.05)] },
            _ => throw new ArgumentOutOfRangeException(nameof(name)),
        };
    }

    private static PictureStart Scene(RenderPlan plan) =>
        PictureStart.FromValues("scene", [.. Enumerable.Range(0, plan.Height * plan.Width * 3).Select(i => (float)(127 + (90 * Math.Sin(i * 0.37) * Math.Cos(i / (double)plan.Width * 0.2))))]);

    private static double[] Forward(Tensors t, Stage stage, TensorShape picture, int step, double[] x, double[] direction, double h)
    {
        StageTensors tensors = StageCase.Allocate(t, stage, picture, step);
        t.Backend.Upload(tensors.Input, [.. x.Select((v, i) => v + (h * direction[i]))]);
        stage.Forward(t.Backend, tensors);
        return t.Get(tensors.Output);
    }
}
