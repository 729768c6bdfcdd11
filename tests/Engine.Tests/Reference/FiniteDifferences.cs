using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Backends.Reference.Layers;
using VggCuda.Engine.Model;
using VggCuda.Engine.Randomness;
using VggCuda.Engine.Rendering;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Engine.Tests.Reference;

/// <summary>Every gradient against central differences, (L(x + hv) - L(x - hv)) / 2h = g . v, in single values and in random directions.</summary>
public class FiniteDifferences
{
    private static readonly TensorShape Shape = new(2, 7, 9, 3);

    private readonly NumPyRandom _random = new(1);

    public static TheoryData<double> Exponents => [1, 1.5, 2, 2.5, 3, 6];

    public static TheoryData<string> Programs => [.. NetworkCase.All.Keys];

    [Theory]
    [MemberData(nameof(Exponents))]
    public void Total_variation(double beta) => CheckOperation((b, image, value, gradient) => b.TotalVariation(image, beta, 1.75, value, gradient));

    [Theory]
    [MemberData(nameof(Exponents))]
    [InlineData(double.PositiveInfinity)]
    public void Lp_norm(double p) => CheckOperation((b, image, value, gradient) => b.LpNorm(image, p, 1.75, value, gradient));

    [Fact]
    public void Channel_mean() => CheckOperation((b, image, value, gradient) =>
    {
        b.ChannelMean(image, -1.5, value);
        b.Fill(gradient, -1.5 / (Shape.H * Shape.W));
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2.5)]
    public void Direction(double power)
    {
        double[] vector = [1, 0.25, -0.5];
        CheckOperation((b, image, value, gradient) =>
        {
            using ITensor v = b.Allocate(new TensorShape(1, 1, 1, 3));
            b.Upload(v, vector);
            b.Direction(image, v, power, -1.5, value, gradient);
        });
    }

    [Fact]
    public void Absolute_variation() => CheckOperation((b, image, value, gradient) => b.AbsoluteVariation(image, 1.75, value, gradient));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(9)]
    public void Boundary(int width) => CheckOperation((b, image, value, gradient) =>
    {
        using ITensor residual = b.Allocate(image.Shape);
        b.Boundary(image, width, 0.8, 0.3, 1.75, residual, value, gradient);
    });

    [Fact]
    public void Distance() => CheckOperation((b, image, value, gradient) =>
    {
        using ITensor other = b.Allocate(image.Shape);
        b.Fill(other, 0.4);
        b.Distance(image, other, 1.75, value, gradient);
    });

    [Fact]
    public void Decay() => CheckOperation((b, image, value, gradient) => b.Decay(image, 0.3, 1.75, value, gradient));

    [Fact]
    public void Diversity() => CheckCoupled((b, image, value, gradient) =>
    {
        using ITensor grams = b.Allocate(new TensorShape(6, 3, 3, 1));
        using ITensor lengths = b.Allocate(new TensorShape(6, 1, 1, 2));
        b.Diversity(image, 3, 1.75, grams, lengths, value, gradient);
    });

    [Fact]
    public void Alignment() => CheckCoupled((b, image, value, gradient) => b.Alignment(image, 6, 1.75, value, gradient));

    [Fact]
    public void Convolution_layer()
    {
        TensorShape outputs = Shape with { C = 5 };
        double[] kernel = Values(9 * 3 * 5);
        double[] bias = Values(5);
        CheckLayer(
            (int)Shape.Count,
            (int)outputs.Count,
            (x, y) => Convolution.Forward(x, kernel, bias, y, Shape, 5, default),
            (_, _, dy, dx) => Convolution.Backward(dy, kernel, dx, Shape, 5, default));
    }

    [Fact]
    public void Convolution_of_a_single_pixel_sees_the_kernels_centre_alone()
    {
        double[] kernel = Values(9 * 3 * 5);
        double[] y = new double[5];
        Convolution.Forward([1, 10, 100], kernel, new double[5], y, new TensorShape(1, 1, 1, 3), 5, default);
        for (int o = 0; o < 5; o++)
        {
            Assert.Equal(kernel[(4 * 15) + o] + (10 * kernel[(4 * 15) + 5 + o]) + (100 * kernel[(4 * 15) + 10 + o]), y[o], 1e-12);
        }
    }

    [Fact]
    public void Pooling_layer()
    {
        int outputs = 2 * 3 * 4 * 3;
        int[] chosen = new int[outputs];
        CheckLayer((int)Shape.Count, outputs, (x, y) => MaxPool.Forward(x, y, chosen, Shape), (x, y, dy, dx) =>
        {
            MaxPool.Forward(x, y, chosen, Shape);
            MaxPool.Backward(dy, chosen, dx);
        });
    }

    [Fact]
    public void Dense_layer()
    {
        double[] kernel = Values(11 * 6);
        double[] bias = Values(6);
        CheckLayer(22, 12, (x, y) => Dense.Forward(x, kernel, bias, y, 2, default), (_, _, dy, dx) => Dense.Backward(dy, kernel, dx, 2, default));
    }

    [Fact]
    public void Relu_layer() => CheckLayer(
        50,
        50,
        (x, y) =>
        {
            x.CopyTo(y, 0);
            Relu.Forward(y);
        },
        (_, y, dy, dx) =>
        {
            dy.CopyTo(dx, 0);
            Relu.Backward(y, dx);
        });

    [Fact]
    public void Softmax_layer() => CheckLayer(
        14,
        14,
        (x, y) =>
        {
            x.CopyTo(y, 0);
            SoftmaxTop.Forward(y, 2);
        },
        (_, y, dy, dx) =>
        {
            dy.CopyTo(dx, 0);
            SoftmaxTop.Backward(y, dx, 2);
        });

    [Theory]
    [InlineData(Preprocessing.Raw)]
    [InlineData(Preprocessing.Vgg16)]
    public void Preprocessing_of_the_input(Preprocessing kind) =>
        CheckLayer(30, 30, (x, y) => InputPreprocessing.Forward(x, y, kind), (_, _, dy, dx) => InputPreprocessing.Backward(dy, dx, kind));

    [Fact]
    public void Selection_of_channels()
    {
        TensorShape tap = new(2, 3, 4, 3);
        CheckLayer(2 * 3 * 4 * 5, (int)tap.Count, (x, y) => ChannelSelection.Forward(x, y, tap, 5, [[4, 1, 4], [0, -1, 2]]), (_, _, dy, dx) => ChannelSelection.Backward(dy, dx, tap, 5, [[4, 1, 4], [0, -1, 2]]));
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public void Whole_program(string name)
    {
        NetworkCase one = NetworkCase.All[name];
        using ReferenceBackend backend = new();
        using Tensors t = new(backend);
        (_, double[] gradient) = one.Run(t, Precision.Auto);
        INetworkProgram program = t.Own(backend.Compile(one.Network, one.Spec));
        ITensor image = t.Zeros(program.InputShape);
        double[] weights = one.TapGradients();
        CheckDirections(one.Images(), gradient, 1e-5, 1e-5, x =>
        {
            backend.Upload(image, x);
            program.Forward(image);
            return Dot(t.Get(program.Tap), weights);
        });
    }

    /// <summary>An operation with a value per image and a gradient; images weigh 1 and 2, so that they are told apart.</summary>
    private void CheckOperation(Action<ReferenceBackend, ITensor, ITensor, ITensor> operation)
    {
        using ReferenceBackend backend = new();
        using Tensors t = new(backend);
        ITensor image = t.Put(Shape, Values((int)Shape.Count));
        ITensor value = t.Zeros(TensorShape.PerImage(2));
        ITensor gradient = t.Zeros(Shape);
        operation(backend, image, value, gradient);
        double[] g = t.Get(gradient);
        for (int i = g.Length / 2; i < g.Length; i++)
        {
            g[i] *= 2;
        }

        ITensor unused = t.Zeros(Shape);
        CheckDirections(t.Get(image), g, 1e-6, 1e-6, x =>
        {
            backend.Upload(image, x);
            operation(backend, image, value, unused);
            double[] values = t.Get(value);
            return values[0] + (2 * values[1]);
        });
    }

    // The gradient is that of the values' sum.
    private void CheckCoupled(Action<ReferenceBackend, ITensor, ITensor, ITensor> operation)
    {
        using ReferenceBackend backend = new();
        using Tensors t = new(backend);
        TensorShape shape = Shape with { N = 6 };
        ITensor image = t.Put(shape, Values((int)shape.Count));
        ITensor value = t.Zeros(TensorShape.PerImage(6));
        ITensor gradient = t.Zeros(shape);
        operation(backend, image, value, gradient);
        ITensor unused = t.Zeros(shape);
        CheckDirections(t.Get(image), t.Get(gradient), 1e-6, 1e-6, x =>
        {
            backend.Upload(image, x);
            operation(backend, image, value, unused);
            return t.Get(value).Sum();
        });
    }

    private void CheckLayer(int inputs, int outputs, Action<double[], double[]> forward, Action<double[], double[], double[], double[]> backward)
    {
        double[] x = Values(inputs);
        double[] y = new double[outputs];
        double[] dy = Values(outputs);
        double[] dx = Values(inputs);
        forward(x, y);
        backward(x, y, dy, dx);
        double[] scratch = new double[outputs];
        CheckDirections(x, dx, 1e-6, 1e-7, moved =>
        {
            forward(moved, scratch);
            return Dot(scratch, dy);
        });
    }

    private void CheckDirections(double[] at, double[] gradient, double h, double tolerance, Func<double[], double> loss)
    {
        // A direction of few values now and then, of all values otherwise; the first and last value by themselves.
        double scale = Math.Sqrt(gradient.Average(g => g * g));
        Assert.True(scale > 0);
        for (int trial = 0; trial < 10; trial++)
        {
            double[] v = new double[at.Length];
            for (int i = 0; i < v.Length; i++)
            {
                v[i] = trial switch
                {
                    0 => i == 0 ? 1 : 0,
                    1 => i == v.Length - 1 ? 1 : 0,
                    < 6 => _random.NextInteger(0, v.Length) < 3 ? 1 : 0,
                    _ => (2 * _random.NextDouble()) - 1,
                };
            }

            double difference = (loss(Moved(h)) - loss(Moved(-h))) / (2 * h);
            double expected = Dot(gradient, v);
            double length = Math.Sqrt(Dot(v, v));
            Assert.True(Math.Abs(difference - expected) <= tolerance * scale * Math.Max(1, length), $"direction {trial}: the difference quotient is {difference:R}, the gradient says {expected:R}.");

            double[] Moved(double by) => [.. at.Zip(v, (x, d) => x + (by * d))];
        }
    }

    private double[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => (4 * _random.NextDouble()) - 1.7)];

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
