using VggCuda.Engine.Backends;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;

namespace VggCuda.Tests.Shared.Contract;

public abstract partial class BackendContract
{
    public static TheoryData<string, int, int, int, int, int> CoupledCases()
    {
        TheoryData<string, int, int, int, int, int> cases = [];
        foreach (string name in (string[])["diversity", "alignment"])
        {
            foreach ((int group, int n, int h, int w, int c) in ((int, int, int, int, int)[])[(2, 2, 7, 5, 3), (3, 6, 4, 4, 17), (6, 6, 3, 2, 1), (4, 4, 33, 31, 24), (2, 4, 1, 1, 40), (1, 2, 3, 3, 3)])
            {
                cases.Add(name, group, n, h, w, c);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(CoupledCases))]
    public void A_comparison_of_images_gives_what_the_reference_gives_group_by_group(string name, int group, int n, int h, int w, int c)
    {
        TensorShape shape = new(n, h, w, c);
        using Tensors mine = new(Backend);
        using Tensors theirs = new(Reference);
        (double[] Value, double[] Gradient) actual = Compare(mine, name, shape, group, 0);
        (double[] Value, double[] Gradient) expected = Compare(theirs, name, shape, group, 0);
        Close(expected.Value, actual.Value, OperationTolerance * 4, $"{name} {shape}");
        Close(expected.Gradient, actual.Gradient, OperationTolerance * 8, $"{name} {shape}, gradient");
        for (int first = 0; first < n; first += group)
        {
            (double[] Value, double[] Gradient) single = Compare(mine, name, shape with { N = group }, group, first);
            SameBits(single.Value, actual.Value.AsSpan(first, group).ToArray(), $"{name}, group at {first}");
            SameBits(single.Gradient, actual.Gradient.AsSpan((int)(first * shape.CountPerImage), (int)(group * shape.CountPerImage)).ToArray(), $"{name}, gradient of the group at {first}");
        }
    }

    [Fact]
    public void What_is_zero_everywhere_is_like_nothing_and_has_no_gradient()
    {
        using Tensors t = new(Backend);
        TensorShape shape = new(2, 3, 3, 4);
        ITensor value = t.Put(TensorShape.PerImage(2), [5, 5]);
        ITensor gradient = t.Zeros(shape);
        Backend.Diversity(t.Zeros(shape), 2, 3, t.Zeros(new TensorShape(2, 4, 4, 1)), t.Zeros(new TensorShape(2, 1, 1, 2)), value, gradient);
        Assert.Equal([0, 0], t.Get(value));
        Assert.All(t.Get(gradient), g => Assert.Equal(0, g));
    }

    [Fact]
    public void Groups_that_do_not_divide_the_batch_are_refused()
    {
        using Tensors t = new(Backend);
        TensorShape shape = new(3, 2, 2, 1);
        Assert.Contains("do not divide", Assert.Throws<ArgumentException>(() => Backend.Alignment(t.Zeros(shape), 2, 1, t.Zeros(TensorShape.PerImage(3)), t.Zeros(shape))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Diverse_pictures_have_the_losses_of_the_reference_and_get_more_unlike()
    {
        RenderPlan plan = Plan(6, "block3_conv1", [[3], [3], [3], [3]]) with { Regularizers = [], Transforms = [], Seeds = [5, 6, 7, 8] };
        plan = plan with
        {
            Objective = new SumObjective { Terms = [plan.Objective, new DiversityObjective { Layer = "block2_conv2", Group = 2, Weight = 3 }, new AlignmentObjective { Layer = "block1_conv1", Group = 2, Weight = 1e-6 }] },
        };
        RenderResult mine = new Renderer(Backend).Render(Samples.WithTop, plan);
        RenderResult theirs = new Renderer(Reference).Render(Samples.WithTop, plan with { Precision = Precision.Fp32 });
        RenderResult half = new Renderer(Backend).Render(Samples.WithTop, plan.Slice(2, 2));
        for (int i = 0; i < plan.Count; i++)
        {
            double scale = theirs.Images[i].Losses.SelectMany(row => row).Max(Math.Abs);
            Assert.Equal(theirs.Images[i].Losses[0][0], mine.Images[i].Losses[0][0], scale * LossTolerance);
            Assert.True(mine.Images[i].Losses.Skip(1).Min(row => row[^1]) < mine.Images[i].Losses[0][^1]);
        }

        Assert.Equal(half.Images[1].Pixels, mine.Images[3].Pixels);
    }

    private static (double[] Value, double[] Gradient) Compare(Tensors t, string name, TensorShape shape, int group, int first)
    {
        ITensor tap = t.Put(shape, Samples.Uniform(shape, -1, 2, 131, first));
        ITensor value = t.Zeros(TensorShape.PerImage(shape.N));
        ITensor gradient = t.Put(shape, Samples.Uniform(shape, -1e-3, 1e-3, 132, first));
        if (name == "diversity")
        {
            t.Backend.Diversity(tap, group, 1.75, t.Zeros(new TensorShape(shape.N, shape.C, shape.C, 1)), t.Zeros(new TensorShape(shape.N, 1, 1, 2)), value, gradient);
        }
        else
        {
            t.Backend.Alignment(tap, group, 1.75, value, gradient);
        }

        return (t.Get(value), t.Get(gradient));
    }
}
