using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Optimizers;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Engine.Tests.Reference;

/// <summary>Worked numbers of keras-vis 0.3.3's terms, computed with NumPy. Others stand in NumPyRandomTests and in the backends' contract.</summary>
public sealed class GoldenNumbersTests : IDisposable
{
    private static readonly double[] Image = [1, 2, 3, 4, 6, 8, 0, -1, 2, 5, 5, 5, 7, 0, 1, 2, 2, 9];
    private static readonly TensorShape Shape = new(1, 3, 2, 3);

    // The optimiser's printed numbers come from a float32 run, as keras-vis's gradient and cache are.
    private const double Float32 = 5e-7;

    private readonly ReferenceBackend _backend = new();
    private readonly Tensors _tensors;

    public GoldenNumbersTests() => _tensors = new Tensors(_backend);

    public void Dispose()
    {
        _tensors.Dispose();
        _backend.Dispose();
    }

    [Theory]
    [InlineData(2, 10.1111111111)]
    [InlineData(1.5, 4.1207622390)]
    public void Total_variation(double beta, double expected)
    {
        ITensor value = _tensors.Scalar(0);
        _backend.TotalVariation(_tensors.Put(Shape, Image), beta, 1, value, _tensors.Zeros(Shape));
        Assert.Equal(expected, _tensors.Get(value)[0], 1e-10);
    }

    [Fact]
    public void Gradient_of_total_variation()
    {
        double[] expected =
        [
            -0.222222, -0.111111, -0.444444, 0.333333, 0.444444, 0.555556, -1.444444, -1.111111, -0.333333,
            0.555556, 0.666667, 0.333333, 0.777778, 0.111111, -0.111111, 0, 0, 0,
        ];
        ITensor gradient = _tensors.Zeros(Shape);
        _backend.TotalVariation(_tensors.Put(Shape, Image), 2, 1, _tensors.Scalar(0), gradient);
        AllClose(expected, _tensors.Get(gradient), 5.1e-7);
    }

    [Fact]
    public void L6_norm_and_its_gradient()
    {
        double[] expected =
        [
            5.51e-7, 1.7633e-5, 1.33902e-4, 5.64261e-4, 4.284861e-3, 1.8056368e-2, 0, -5.51e-7, 1.7633e-5,
            1.721989e-3, 1.721989e-3, 1.721989e-3, 9.261272e-3, 0, 5.51e-7, 1.7633e-5, 1.7633e-5, 3.2538161e-2,
        ];
        ITensor value = _tensors.Scalar(0);
        ITensor gradient = _tensors.Zeros(Shape);
        _backend.LpNorm(_tensors.Put(Shape, Image), 6, 1, value, gradient);
        Assert.Equal(0.5564637800, _tensors.Get(value)[0], 1e-10);
        AllClose(expected, _tensors.Get(gradient), 5.1e-10);
    }

    [Fact]
    public void RmsProp_steps_on_the_gradient_over_its_root_mean_square()
    {
        double[][] expected = [[-4.4721332, 4.4721341, 0, -0.1264405], [-3.2025619, 3.2025623, 0, -0.1263926], [-2.6479030, 2.6479032, 0, -0.1263470]];
        TensorShape shape = new(1, 2, 2, 1);
        ITensor image = _tensors.Zeros(shape);
        ITensor cache = _tensors.Zeros(shape);
        foreach (double[] step in expected)
        {
            double[] before = _tensors.Get(image);
            new RmsProp().Apply(_backend, image, _tensors.Put(shape, [3, -4, 0, 1e-4]), [cache], _tensors.Scalar(0));
            AllClose(step, [.. _tensors.Get(image).Zip(before, (a, b) => a - b)], Float32);
        }
    }

    [Fact]
    public void RmsProp_damps_small_gradients_by_the_epsilon_inside_its_root()
    {
        // The later keras-vis divides by the gradient's length instead, sqrt(9 + 16 + 1e-8).
        TensorShape shape = new(1, 2, 2, 1);
        double length = Math.Sqrt(25 + 1e-8);
        ITensor image = _tensors.Zeros(shape);
        new RmsProp(NormalizeGradient: false).Apply(_backend, image, _tensors.Put(shape, [3 / length, -4 / length, 0, 1e-4 / length]), [_tensors.Zeros(shape)], _tensors.Scalar(0));
        AllClose([-4.4721236, 4.4721289, 0, -0.0632392], _tensors.Get(image), Float32);
    }

    [Fact]
    public void Steps_of_a_constant_gradient_shrink_to_the_rate()
    {
        ITensor image = _tensors.Scalar(0);
        ITensor cache = _tensors.Scalar(0);
        List<double> steps = [];
        for (int k = 1; k <= 300; k++)
        {
            double before = _tensors.Get(image)[0];
            new RmsProp().Apply(_backend, image, _tensors.Scalar(0.25), [cache], _tensors.Scalar(0));
            steps.Add(before - _tensors.Get(image)[0]);
            Assert.Equal(1 / Math.Sqrt(1 - Math.Pow(0.95, k)), steps[^1], 1e-5);
        }

        AllClose([4.472, 3.203, 2.648], [.. steps[..3]], 5.1e-4);
        Assert.Equal(1.579, steps[9], 5.1e-4);
        Assert.Equal(1, steps[^1], 1e-6);
    }

    [Fact]
    public void Shifts_are_SciPys()
    {
        Assert.Equal([6, 4, 5, 6, 2, 0, 1, 2, 6, 4, 5, 6], Shifted(3, 4, 1, 1));
        Assert.Equal([5, 6, 7, 5, 9, 10, 11, 9, 5, 6, 7, 5], Shifted(3, 4, -1, -1));
        Assert.Equal([3, 4, 0, 1, 2, 3], Shifted(1, 6, 0, 2));
        Assert.Equal([2, 3, 4, 5, 1, 2], Shifted(1, 6, 0, -2));
    }

    [Fact]
    public void A_filter_of_block3_conv1_has_the_gradient_of_a_mean_over_3136_positions()
    {
        ITensor tapGradient = _tensors.Zeros(new TensorShape(1, 56, 56, 1));
        ChannelObjective objective = new() { Layer = "block3_conv1", Channels = [[20]] };
        objective.Prepare(_backend, [tapGradient], []);
        Assert.All(_tensors.Get(tapGradient), g => Assert.Equal(-1.0 / 3136, g));
        ITensor value = _tensors.Scalar(0);
        _backend.Fill(tapGradient, 2.5);
        objective.Evaluate(_backend, [tapGradient], [], value, []);
        Assert.Equal(-2.5, _tensors.Get(value)[0], 1e-12);
    }

    [Fact]
    public void Several_channels_count_as_the_plain_sum_of_their_means()
    {
        TensorShape tap = new(1, 2, 2, 3);
        ITensor value = _tensors.Scalar(0);
        new ChannelObjective { Layer = "block3_conv1", Channels = [[20, 71, 3]] }.Evaluate(_backend, [_tensors.Put(tap, [1, 10, 100, 2, 20, 200, 3, 30, 300, 4, 40, 400])], [], value, []);
        Assert.Equal(-277.5, _tensors.Get(value)[0], 1e-12);
    }

    private double[] Shifted(int height, int width, int dy, int dx)
    {
        TensorShape shape = new(1, height, width, 1);
        ITensor target = _tensors.Zeros(shape);
        _backend.Shift(_tensors.Put(shape, [.. Enumerable.Range(0, height * width).Select(i => (double)i)]), target, _tensors.Put(new TensorShape(1, 1, 1, 2), [dy, dx]), _tensors.Scalar(0), ShiftMode.ScipyWrap);
        return _tensors.Get(target);
    }

    private static void AllClose(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], tolerance);
        }
    }
}
