using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Images;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Stages;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Engine.Tests.Stages;

/// <summary>The way back from a picture to parameters that make it.</summary>
public sealed class InverseTests
{
    public static TheoryData<string, int, int> Ways()
    {
        TheoryData<string, int, int> ways = [];
        foreach (string name in (string[])["spectrum", "spectrum 1.5", "decorrelation", "sigmoid"])
        {
            foreach ((int h, int w) in ((int, int)[])[(6, 8), (5, 7), (7, 4), (1, 9), (9, 2)])
            {
                ways.Add(name, h, w);
            }
        }

        return ways;
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Back_and_forth_is_where_it_began(string name, int height, int width)
    {
        Stage stage = name switch
        {
            "spectrum" => new Spectrum(),
            "spectrum 1.5" => new Spectrum(1.5),
            "decorrelation" => new Decorrelation(),
            _ => new SigmoidRange(),
        };
        TensorShape shape = new(1, height, width, 3);
        double[] picture = Samples.Uniform(shape, 5, 250, 3);
        double[] parameters = stage.Inverse(picture, shape);
        using ReferenceBackend backend = new();
        using Tensors t = new(backend);
        StageTensors tensors = StageCase.Allocate(t, stage, shape);
        backend.Upload(tensors.Input, parameters);
        stage.Forward(backend, tensors);
        double[] again = t.Get(tensors.Output);
        Assert.All(again.Zip(picture), pair => Assert.Equal(pair.Second, pair.First, 1e-9));
    }

    [Fact]
    public void Colours_go_back_by_the_published_inverse()
    {
        // docs: lucid's matrix, inverted by NumPy; rows as for column vectors.
        double[] back = new Decorrelation().Inverse([1, 0, 0, 0, 1, 0, 0, 0, 1], new TensorShape(1, 1, 3, 3));
        double[] expected = [0.57744, 2.77171, 3.11818, 0.57744, -0.30797, -6.12087, 0.57744, -2.36109, 3.11818];
        Assert.All(back.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 6e-6));
    }

    [Fact]
    public void Values_at_the_ends_of_the_range_come_back_just_inside_it()
    {
        double[] parameters = new SigmoidRange().Inverse([0, 255, 127.5], new TensorShape(1, 1, 1, 3));
        Assert.Equal([-Math.Log(99), Math.Log(99), 0], parameters.Select(p => Math.Round(p, 12)).Zip([-Math.Log(99), Math.Log(99), 0.0], (p, e) => Math.Abs(p - e) < 1e-9 ? e : p));
    }

    [Fact]
    public void A_run_starts_from_the_picture_that_it_is_given()
    {
        float[] values = [.. Samples.Uniform(new TensorShape(1, 33, 35, 3), 10, 245, 5).Select(v => (float)v)];
        RenderPlan plan = Presets.Create("modern", new ChannelObjective { Layer = "block1_conv1", Channels = [[0], [1]] }, [1, 2], 33, 35) with { Start = PictureStart.FromValues("x", values), Iterations = 1 };
        double[]? first = null;
        using ReferenceBackend backend = new();
        new VggCuda.Engine.Rendering.Renderer(backend).Render(Samples.WithTop, plan, new VggCuda.Engine.Rendering.RenderOptions
        {
            FrameEvery = 1,
            Frame = frame => first ??= [.. frame.Displays[1].Select(b => (double)b)],
        });
        Assert.All(first!.Zip(values), pair => Assert.InRange(pair.First, pair.Second - 0.51, pair.Second + 0.51));
    }

    [Fact]
    public void A_stage_without_a_way_back_says_so() =>
        Assert.Contains("start from noise", Assert.Throws<PlanException>(() => new RandomShift(1).Inverse([0], new TensorShape(1, 1, 1, 1))).Message, StringComparison.Ordinal);
}
