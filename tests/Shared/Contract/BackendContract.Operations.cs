using VggCuda.Engine.Backends;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;

namespace VggCuda.Tests.Shared.Contract;

public abstract partial class BackendContract
{
    private static readonly TensorShape[] Shapes =
    [
        new(1, 65, 33, 3), new(3, 37, 41, 3), new(2, 9, 11, 7), new(2, 6, 5, 13), new(3, 7, 1, 5), new(2, 1, 9, 3), new(2, 1, 1, 1), new(5, 2, 2, 1), new(1, 131, 129, 5),
    ];

    public static TheoryData<string> OperationNames => [.. OperationCase.All.Keys];

    [Theory]
    [MemberData(nameof(OperationNames))]
    public void An_operation_gives_what_the_reference_gives(string name)
    {
        OperationCase operation = OperationCase.All[name];
        foreach (TensorShape shape in Shapes)
        {
            using Tensors mine = new(Backend);
            using Tensors theirs = new(Reference);
            double[][] actual = operation.Run(mine, shape, 0);
            double[][] expected = operation.Run(theirs, shape, 0);
            for (int i = 0; i < expected.Length; i++)
            {
                Close(expected[i], actual[i], operation.IsExact ? 0 : OperationTolerance, $"{name} {shape}, result {i}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(OperationNames))]
    public void An_operation_treats_each_image_as_if_it_were_alone(string name)
    {
        OperationCase operation = OperationCase.All[name];
        foreach (TensorShape shape in Shapes.Where(s => s.N > 1))
        {
            using Tensors t = new(Backend);
            double[][] batch = operation.Run(t, shape, 0);
            for (int n = 0; n < shape.N; n++)
            {
                double[][] single = operation.Run(t, shape with { N = 1 }, n);
                for (int i = 0; i < single.Length; i++)
                {
                    SameBits(single[i], batch[i].AsSpan(n * single[i].Length, single[i].Length).ToArray(), $"{name} {shape}, result {i}, image {n}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(OperationNames))]
    public void An_operation_gives_the_same_bits_twice(string name)
    {
        using Tensors t = new(Backend);
        TensorShape shape = new(2, 131, 129, 3);
        double[][] first = OperationCase.All[name].Run(t, shape, 0);
        double[][] second = OperationCase.All[name].Run(t, shape, 0);
        for (int i = 0; i < first.Length; i++)
        {
            SameBits(first[i], second[i], $"{name}, result {i}");
        }
    }

    [Fact]
    public void A_tensor_is_zero_at_first_and_keeps_what_was_uploaded()
    {
        using Tensors t = new(Backend);
        TensorShape shape = new(2, 5, 7, 3);
        ITensor x = t.Zeros(shape);
        Assert.Equal(shape, x.Shape);
        Assert.All(t.Get(x), v => Assert.Equal(0, v));
        double[] values = Samples.Uniform(shape, -1e6, 1e6, 9);
        Backend.Upload(x, values);
        SameBits(values, t.Get(x), "uploaded as double");
        float[] floats = [.. values.Select(v => (float)-v)];
        Backend.Upload(x, floats);
        float[] back = new float[floats.Length];
        Backend.Download(x, back);
        Assert.Equal(floats, back);
        Backend.Upload(x, [.. Enumerable.Repeat(double.NaN, 105), .. Enumerable.Repeat(double.PositiveInfinity, 105)]);
        Assert.True(double.IsNaN(t.Get(x)[104]) && double.IsPositiveInfinity(t.Get(x)[105]));
    }

    [Fact]
    public void Total_variation_of_a_flat_image_has_no_gradient_whatever_the_exponent()
    {
        foreach (double beta in (double[])[1, 1.5, 2, 3])
        {
            using Tensors t = new(Backend);
            TensorShape shape = new(1, 9, 7, 3);
            ITensor x = t.Zeros(shape);
            Backend.Fill(x, 100);
            ITensor value = t.Scalar(5);
            ITensor gradient = t.Zeros(shape);
            Backend.Fill(gradient, 0.25);
            Backend.TotalVariation(x, beta, 10, value, gradient);
            Assert.Equal([0], t.Get(value));
            Assert.All(t.Get(gradient), g => Assert.Equal(0.25, g));
        }
    }

    [Fact]
    public void The_norm_of_a_black_image_is_zero_and_has_no_gradient()
    {
        foreach (double p in (double[])[1, 2, 2.5, 6])
        {
            using Tensors t = new(Backend);
            TensorShape shape = new(1, 9, 7, 3);
            ITensor value = t.Scalar(5);
            ITensor gradient = t.Zeros(shape);
            Backend.Fill(gradient, 0.25);
            Backend.LpNorm(t.Zeros(shape), p, 10, value, gradient);
            Assert.Equal([0], t.Get(value));
            Assert.All(t.Get(gradient), g => Assert.Equal(0.25, g));
        }
    }

    [Fact]
    public void The_infinite_norm_is_the_largest_value_and_equal_ones_share_its_gradient()
    {
        using Tensors t = new(Backend);
        ITensor value = t.Zeros(TensorShape.PerImage(2));
        TensorShape shape = new(2, 2, 2, 1);
        ITensor gradient = t.Zeros(shape);
        Backend.LpNorm(t.Put(shape, [-9, 3, 1, 3, -5, -4, -6, -7]), double.PositiveInfinity, 8, value, gradient);
        Assert.Equal([6, -8], t.Get(value));
        Assert.Equal([0, 1, 0, 1, 0, 2, 0, 0], t.Get(gradient));
    }

    [Fact]
    public void A_gradient_of_zeros_stays_zero_when_normalised()
    {
        using Tensors t = new(Backend);
        TensorShape shape = new(2, 3, 5, 3);
        double[] values = Samples.Uniform(shape, -1, 1, 3);
        values.AsSpan(0, 45).Clear();
        ITensor g = t.Put(shape, values);
        Backend.NormalizeRms(g, 1e-7);
        double[] result = t.Get(g);
        Assert.All(result[..45], v => Assert.Equal(0, v));
        Assert.All(result[45..], v => Assert.True(double.IsFinite(v)));
        Assert.Equal(1, Math.Sqrt(result[45..].Average(v => v * v)), 1e-5);
    }

    [Fact]
    public void Best_is_strictly_lower_and_never_NaN()
    {
        using Tensors t = new(Backend);
        TensorShape shape = new(4, 1, 1, 2);
        TensorShape perImage = TensorShape.PerImage(4);
        ITensor total = t.Put(perImage, [1, 1, double.NaN, double.PositiveInfinity]);
        ITensor bestTotal = t.Put(perImage, [1, 2, double.PositiveInfinity, double.PositiveInfinity]);
        ITensor bestStep = t.Put(perImage, [0, 0, -1, -1]);
        ITensor best = t.Zeros(shape);
        Backend.KeepBest(total, t.Scalar(7), t.Put(shape, [1, 2, 3, 4, 5, 6, 7, 8]), bestTotal, bestStep, best);
        Assert.Equal([1, 1, double.PositiveInfinity, double.PositiveInfinity], t.Get(bestTotal));
        Assert.Equal([0, 7, -1, -1], t.Get(bestStep));
        Assert.Equal([0, 0, 3, 4, 0, 0, 0, 0], t.Get(best));
    }

    [Fact]
    public void A_shift_by_roll_and_its_inverse_give_the_image_back()
    {
        using Tensors t = new(Backend);
        TensorShape shape = new(3, 37, 41, 3);
        double[] image = Samples.Uniform(shape, 0, 255, 1);
        double[] there = Samples.Shifts(1, shape, 5);
        ITensor x = t.Put(shape, image);
        ITensor y = t.Zeros(shape);
        Backend.Shift(x, y, t.Put(new TensorShape(1, 3, 1, 2), there), t.Scalar(0), ShiftMode.Roll);
        Backend.Fill(x, 0);
        Backend.Shift(y, x, t.Put(new TensorShape(1, 3, 1, 2), [.. there.Select(s => -s)]), t.Scalar(0), ShiftMode.Roll);
        SameBits(image, t.Get(x), "there and back");
    }

    [Fact]
    public void Steps_are_counted_exactly_far_beyond_any_run()
    {
        using Tensors t = new(Backend);
        ITensor step = t.Scalar(1_000_000);
        Backend.Advance(step);
        Assert.Equal([1_000_001], t.Get(step));
    }

    [Fact]
    public void A_log_holds_rows_in_order_and_ignores_what_lies_beyond()
    {
        using Tensors t = new(Backend);
        using ILossLog log = Backend.CreateLog(3, 2, 2);
        Assert.Equal((3, 2, 2), (log.Steps, log.Images, log.Columns));
        ITensor step = t.Scalar(0);
        ITensor a = t.Zeros(TensorShape.PerImage(2));
        ITensor b = t.Zeros(TensorShape.PerImage(2));
        for (int i = 0; i < 5; i++)
        {
            Backend.Upload(a, [i, i + 0.5]);
            Backend.Upload(b, [-i, -i - 0.5]);
            Backend.Log(log, step, [a, b]);
            Backend.Advance(step);
        }

        Backend.Synchronize();
        double[] all = new double[12];
        log.Read(0, all);
        Assert.Equal([0, 0, 0.5, -0.5, 1, -1, 1.5, -1.5, 2, -2, 2.5, -2.5], all);
        double[] last = new double[4];
        log.Read(2, last);
        Assert.Equal([2, -2, 2.5, -2.5], last);
        Assert.ThrowsAny<ArgumentException>(() => log.Read(3, last));
        Assert.ThrowsAny<ArgumentException>(() => log.Read(0, new double[3]));
    }

    [Fact]
    public void The_seeded_start_image_has_keras_vis_losses()
    {
        // numpy.random.seed(1337): the start image of 224 x 224 and the first jitter, (12, -5).
        RenderPlan plan = Presets.KerasVis("predictions", [[20]], [1337u], 224, 224, 1);
        Schedule schedule = Schedule.Draw(plan);
        using Tensors t = new(Backend);
        TensorShape shape = new(1, 224, 224, 3);
        ITensor x = t.Put(shape, schedule.Start);
        ITensor y = t.Zeros(shape);
        ITensor value = t.Scalar(0);
        ITensor gradient = t.Zeros(shape);
        Backend.Shift(x, y, t.Put(new TensorShape(1, 1, 1, 2), schedule.Tables[0]), t.Scalar(0), ShiftMode.ScipyWrap);
        (ITensor Image, double Tv, double Lp)[] expected = [(x, 6455.2028, 0.0632568), (y, 6456.0005, 0.0632585)];
        foreach ((ITensor image, double tv, double lp) in expected)
        {
            Backend.TotalVariation(image, 2, 10, value, gradient);
            Assert.Equal(tv, t.Get(value)[0], 0.00006 + (tv * OperationTolerance));
            Backend.LpNorm(image, 6, 10, value, gradient);
            Assert.Equal(lp, t.Get(value)[0], 0.00000006 + (lp * OperationTolerance));
        }
    }
}
