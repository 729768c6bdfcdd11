using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Model;
using VggCuda.Engine.Optimizers;
using VggCuda.Engine.Randomness;
using VggCuda.Engine.Stages;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Engine.Tests.Fixtures;

/// <summary>Stages, optimisers, inner taps and rules for ReLU against NumPy and PyTorch: tools/fixtures/make_chain_fixtures.py.</summary>
public sealed class ChainFixtureTests : IDisposable
{
    private const double Tolerance = 1e-9;
    private readonly ReferenceBackend _backend = new();
    private readonly Tensors _t;

    public ChainFixtureTests() => _t = new Tensors(_backend);

    public void Dispose()
    {
        _t.Dispose();
        _backend.Dispose();
    }

    [Theory]
    [InlineData(5, 7, 1)]
    [InlineData(6, 8, 1)]
    [InlineData(9, 4, 1.5)]
    [InlineData(1, 6, 0)]
    public void A_spectrum_becomes_the_picture_that_NumPy_makes_of_it(int height, int width, double decay)
    {
        Spectrum stage = new(decay);
        TensorShape picture = new(1, height, width, 3);
        NumPyRandom random = new(60);
        TensorShape parameters = stage.InputShape(picture);
        StageTensors tensors = StageCase.Allocate(_t, stage, picture);
        _backend.Upload(tensors.Input, [.. Enumerable.Range(0, (int)parameters.Count).Select(_ => random.NextDouble() - 0.5)]);
        stage.Forward(_backend, tensors);
        Fixture.Close(Fixture.Array($"spectrum-{height}-{width}"), _t.Get(tensors.Output), Tolerance);
    }

    [Fact]
    public void A_turned_and_enlarged_picture_is_PyTorchs()
    {
        // A draw of angle and scale that can only fall on one value.
        RandomAffine stage = new(17, 1.25, 1.25);
        TensorShape picture = new(1, 11, 9, 3);
        double[] numbers = new double[6];
        HighestAngle(stage, picture, numbers);
        ITensor target = _t.Zeros(picture);
        _backend.Warp(_t.Put(picture, Fixture.Image(11, 9, 61)), target, _t.Put(new TensorShape(1, 1, 1, 6), numbers), _t.Scalar(0), 0);
        Fixture.Close(Fixture.Array("turn"), _t.Get(target), Tolerance);
    }

    [Fact]
    public void Natural_colours_are_lucids()
    {
        // lucid's colours of three unit vectors and one more, after its sigmoid.
        double[] expected = [0.6371068, 0.6420966, 0.6420966, 0.5485528, 0.5, 0.4514472, 0.5108219, 0.4729673, 0.5162297, 0.5431866, 0.5189323, 0.6495238];
        TensorShape picture = new(1, 1, 4, 3);
        StageTensors tensors = StageCase.Allocate(_t, new Decorrelation(), picture);
        _backend.Upload(tensors.Input, [1.0, 0, 0, 0, 1, 0, 0, 0, 1, 0.5, -1, 2]);
        new Decorrelation().Forward(_backend, tensors);
        ITensor colours = _t.Zeros(picture);
        _backend.Sigmoid(tensors.Output, colours, 0, 1);
        double[] actual = _t.Get(colours);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 1e-7);
        }
    }

    [Fact]
    public void Adam_takes_PyTorchs_steps() => TakesSteps(new Adam(0.05), "adam");

    [Fact]
    public void A_normalised_gradients_steps_do_not_depend_on_its_scale()
    {
        TensorShape shape = new(2, 1, 4, 3);
        double[] gradient = Samples.Uniform(shape, -1, 1, 5);
        foreach (Optimizer optimizer in (Optimizer[])[new Adam(), new RmsProp(NormalizeGradient: false), new Momentum(NormalizeGradient: false)])
        {
            Optimizer normalised = optimizer.With(0.25, true);
            double[] once = Steps(normalised, 1), larger = Steps(normalised, 1000);
            Assert.All(once.Zip(larger), p => Assert.Equal(p.First, p.Second, 1e-6));
            Assert.Contains(once.Zip(Steps(optimizer.With(0.25, null), 1)), p => Math.Abs(p.First - p.Second) > 1e-3);
        }

        // The second step's gradient is not in proportion to the first's, or Adam would take the same steps of any.
        double[] Steps(Optimizer optimizer, double scale)
        {
            ITensor x = _t.Zeros(shape);
            ITensor[] state = [.. Enumerable.Range(0, optimizer.StateCount).Select(_ => _t.Zeros(shape))];
            ITensor step = _t.Scalar(0);
            for (int i = 0; i < 3; i++)
            {
                optimizer.Apply(_backend, x, _t.Put(shape, [.. gradient.Select((g, k) => scale * Math.Pow(3, i) * (g + (0.3 * i * (k % 3))))]), state, step);
                _backend.Advance(step);
            }

            return _t.Get(x);
        }
    }

    [Fact]
    public void Momentum_takes_PyTorchs_steps() => TakesSteps(new Momentum(0.1, 0.9, NormalizeGradient: false), "momentum");

    [Fact]
    public void Normal_numbers_are_NumPys()
    {
        NumPyRandom random = new(1337);
        Assert.Equal(Fixture.Array("normals"), Enumerable.Range(0, 9).Select(_ => random.NextNormal()));
    }

    [Theory]
    [InlineData(ReluRule.Guided, "predictions", 3)]
    [InlineData(ReluRule.Guided, "block3_conv2", 2)]
    [InlineData(ReluRule.Deconvnet, "predictions", 3)]
    [InlineData(ReluRule.Deconvnet, "block3_conv2", 2)]
    public void Rules_for_ReLU_give_PyTorchs_gradients(ReluRule rule, string tap, int channel)
    {
        Network network = Fixture.NetworkOf("top");
        ProgramSpec spec = new()
        {
            Taps = [new TapSpec(network.Topology.Find(tap)!) { Channels = [[channel]] }],
            Batch = 1,
            Height = 33,
            Width = 35,
            Preprocessing = Preprocessing.Raw,
            Relu = rule,
        };
        INetworkProgram program = _t.Own(_backend.Compile(network, spec));
        ITensor gradient = _t.Zeros(program.InputShape);
        ITensor given = _t.Zeros(program.Tap.Shape);
        _backend.Fill(given, 1.0 / (given.Shape.H * given.Shape.W));
        program.Forward(_t.Put(program.InputShape, Fixture.Image(33, 35, 300)));
        program.Backward(given, gradient);
        Fixture.Close(Fixture.Array($"{rule.ToString().ToLowerInvariant()}-{tap}"), _t.Get(gradient), Tolerance);
    }

    [Theory]
    [InlineData("block3_conv1", 4)]
    [InlineData("block5_conv3", 2)]
    public void A_rescued_channel_that_is_dead_has_PyTorchs_gradient(string tap, int channel)
    {
        Network network = Fixture.NetworkOf("top");
        ProgramSpec spec = new()
        {
            Taps = [new TapSpec(network.Topology.Find(tap)!) { Channels = [[channel]] }],
            Batch = 1,
            Height = 33,
            Width = 35,
            Preprocessing = Preprocessing.Raw,
            RescuedSteps = 17,
        };
        INetworkProgram program = _t.Own(_backend.Compile(network, spec));
        ITensor gradient = _t.Zeros(program.InputShape);
        program.Forward(_t.Put(program.InputShape, Fixture.Image(33, 35, 300)));
        program.Backward([MeanOf(program.Tap.Shape, -1)], gradient, _t.Scalar(16));
        Fixture.Close(Fixture.Array($"rescued-{tap}"), _t.Get(gradient), Tolerance);
        program.Backward([MeanOf(program.Tap.Shape, -1)], gradient, _t.Scalar(17));
        Assert.All(_t.Get(gradient), g => Assert.Equal(0, g));
    }

    [Fact]
    public void Gradients_at_an_inner_layer_and_at_the_image_are_PyTorchs()
    {
        Network network = Fixture.NetworkOf("top");
        ProgramSpec spec = new()
        {
            Taps =
            [
                new TapSpec(network.Topology.Classifier!) { Channels = [[4]] },
                new TapSpec(network.Topology.Find("block5_conv2")!) { Channels = [[1]] },
                new TapSpec(network.Topology.Find("block2_conv2")!) { Channels = [[3]] },
                new TapSpec(network.Topology.Find("block5_conv2")!) { WantsGradient = true },
            ],
            Batch = 1,
            Height = 33,
            Width = 35,
            Preprocessing = Preprocessing.Vgg16,
        };
        INetworkProgram program = _t.Own(_backend.Compile(network, spec));
        ITensor gradient = _t.Zeros(program.InputShape);
        double[] weights = [1, 3, 0.25];
        ITensor?[] given = [.. weights.Select((weight, i) => MeanOf(program.Taps[i].Shape, weight)), null];
        program.Forward(_t.Put(program.InputShape, Fixture.Image(33, 35, 301)));
        program.Backward(given, gradient);
        Fixture.Close(Fixture.Array("inner-tap"), _t.Get(program.TapGradient(3)), Tolerance);
        Fixture.Close(Fixture.Array("inner-image"), _t.Get(gradient), Tolerance);
    }

    private ITensor MeanOf(TensorShape tap, double weight)
    {
        ITensor given = _t.Zeros(tap);
        _backend.Fill(given, weight / (tap.H * tap.W));
        return given;
    }

    // Seeds are tried until the angle is all but the largest; what is left of the difference is taken out of the numbers.
    private static void HighestAngle(RandomAffine stage, TensorShape picture, double[] numbers)
    {
        double angle = stage.Degrees * Math.PI / 180;
        double cosine = Math.Cos(angle) / stage.LargestScale;
        double sine = Math.Sin(angle) / stage.LargestScale;
        for (uint seed = 0; ; seed++)
        {
            stage.Draw(new NumPyRandom(seed), picture, numbers);
            if (Math.Abs(numbers[0] - cosine) < 1e-4 && Math.Abs(numbers[3] - sine) < 1e-3 && numbers[3] > 0)
            {
                break;
            }
        }

        // The centre stays where it is, whatever the angle.
        double y = (picture.H - 1) / 2.0, x = (picture.W - 1) / 2.0;
        Assert.Equal(y, (numbers[0] * y) + (numbers[1] * x) + numbers[2], 1e-12);
        Assert.Equal(x, (numbers[3] * y) + (numbers[4] * x) + numbers[5], 1e-12);
        double[] exact = [cosine, -sine, y - (cosine * y) + (sine * x), sine, cosine, x - (sine * y) - (cosine * x)];
        exact.CopyTo(numbers, 0);
    }

    private void TakesSteps(Optimizer optimizer, string name)
    {
        TensorShape shape = new(1, 1, 4, 3);
        ITensor x = _t.Put(shape, [.. Enumerable.Range(0, 12).Select(i => -3 + (7.0 * i / 11))]);
        ITensor[] state = [.. Enumerable.Range(0, optimizer.StateCount).Select(_ => _t.Zeros(shape))];
        ITensor step = _t.Scalar(0);
        for (int i = 0; i < 5; i++)
        {
            optimizer.Apply(_backend, x, _t.Put(shape, [.. Enumerable.Range(0, 12).Select(k => Math.Sin(k * (i + 1.5)) * Math.Pow(10, i - 2))]), state, step);
            _backend.Advance(step);
        }

        Fixture.Close(Fixture.Array(name), _t.Get(x), Tolerance);
    }
}
