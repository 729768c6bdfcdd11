using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Tests.Shared.Contract;

public abstract partial class BackendContract
{
    public static TheoryData<string> NetworkNames => [.. NetworkCase.All.Keys];

    public static TheoryData<string> BatchNames => [.. NetworkCase.All.Where(c => c.Value.Spec.Batch > 1).Select(c => c.Key)];

    [Theory]
    [MemberData(nameof(NetworkNames))]
    public void A_program_gives_what_the_reference_gives(string name)
    {
        using Tensors mine = new(Backend);
        using Tensors theirs = new(Reference);
        (double[] tap, double[] gradient) = NetworkCase.All[name].Run(mine, Precision);
        (double[] expectedTap, double[] expectedGradient) = NetworkCase.All[name].Run(theirs, Precision);
        Assert.Contains(expectedTap, v => v != 0);
        Assert.Contains(expectedGradient, v => v != 0);
        Close(expectedTap, tap, TapTolerance, $"{name}, tap");
        CloseInNorm(expectedGradient, gradient, GradientTolerance, $"{name}, gradient");
    }

    [Theory]
    [MemberData(nameof(BatchNames))]
    public void A_program_treats_each_image_as_if_it_were_alone(string name)
    {
        NetworkCase all = NetworkCase.All[name];
        using Tensors t = new(Backend);
        (double[] tap, double[] gradient) = all.Run(t, Precision);
        for (int n = 0; n < all.Spec.Batch; n++)
        {
            (double[] singleTap, double[] singleGradient) = all.Alone(n).Run(t, Precision, n);
            SameBits(singleTap, tap.AsSpan(n * singleTap.Length, singleTap.Length).ToArray(), $"{name}, image {n}, tap");
            SameBits(singleGradient, gradient.AsSpan(n * singleGradient.Length, singleGradient.Length).ToArray(), $"{name}, image {n}, gradient");
        }
    }

    [Fact]
    public void A_program_compiled_anew_gives_the_same_bits()
    {
        foreach (string name in (string[])["block3_conv1", "block5_conv3 before", "predictions", "softmax"])
        {
            using Tensors t = new(Backend);
            (double[] tap, double[] gradient) = NetworkCase.All[name].Run(t, Precision);
            (double[] tapAgain, double[] gradientAgain) = NetworkCase.All[name].Run(t, Precision);
            SameBits(tap, tapAgain, $"{name}, tap");
            SameBits(gradient, gradientAgain, $"{name}, gradient");
        }
    }

    [Fact]
    public void Programs_do_not_disturb_each_other_and_change_no_input()
    {
        NetworkCase one = NetworkCase.All["block3_conv1"];
        NetworkCase other = NetworkCase.All["block4_conv3"];
        using Tensors t = new(Backend);
        (double[] tap, double[] gradient) = one.Run(t, Precision);
        INetworkProgram a = t.Own(Backend.Compile(one.Network, one.Spec with { Precision = Precision }));
        INetworkProgram b = t.Own(Backend.Compile(other.Network, other.Spec with { Precision = Precision }));
        ITensor imageA = t.Put(a.InputShape, one.Images());
        ITensor imageB = t.Put(b.InputShape, other.Images());
        ITensor tapGradientA = t.Put(a.Tap.Shape, one.TapGradients());
        ITensor tapGradientB = t.Put(b.Tap.Shape, other.TapGradients());
        ITensor gradientA = t.Zeros(a.InputShape);
        ITensor gradientB = t.Zeros(b.InputShape);
        a.Forward(imageA);
        b.Forward(imageB);
        a.Backward(tapGradientA, gradientA);
        b.Backward(tapGradientB, gradientB);
        SameBits(tap, t.Get(a.Tap), "tap");
        SameBits(gradient, t.Get(gradientA), "gradient");
        SameBits(one.Images(), t.Get(imageA), "image");
        SameBits(one.TapGradients(), t.Get(tapGradientA), "gradient at the tap");
        a.Backward(tapGradientA, gradientA);
        SameBits(gradient, t.Get(gradientA), "gradient, once more");
    }

    [Fact]
    public void A_program_without_a_gradient_runs_forwards_only()
    {
        NetworkCase one = NetworkCase.All["predictions"];
        using Tensors t = new(Backend);
        (double[] tap, _) = one.Run(t, Precision);
        INetworkProgram program = t.Own(Backend.Compile(one.Network, one.Spec with { NeedsGradient = false, Precision = Precision }));
        program.Forward(t.Put(program.InputShape, one.Images()));
        Close(tap, t.Get(program.Tap), TapTolerance, "tap");
        Assert.Throws<InvalidOperationException>(() => program.Backward(t.Zeros(program.Tap.Shape), t.Zeros(program.InputShape)));
    }

    [Fact]
    public void A_backward_pass_needs_a_forward_pass_before_it()
    {
        NetworkCase one = NetworkCase.All["block1_pool"];
        using Tensors t = new(Backend);
        INetworkProgram program = t.Own(Backend.Compile(one.Network, one.Spec with { Precision = Precision }));
        Assert.Throws<InvalidOperationException>(() => program.Backward(t.Zeros(program.Tap.Shape), t.Zeros(program.InputShape)));
    }

    [Theory]
    [InlineData("VGG16")]
    [InlineData("VGG11")]
    public void Equal_values_in_a_pooling_window_send_the_gradient_to_the_first(string name)
    {
        // Every convolution passes channel 0 on unchanged, so a flat image stays flat and every window is a tie.
        Network network = Network.FromWeights(Passing(kernel: 1, bias: 0, name));
        ProgramSpec spec = new() { Taps = [new TapSpec(network.Topology.Find("block2_pool")!)], Batch = 1, Height = 35, Width = 33, Preprocessing = Preprocessing.Raw, Precision = Precision };
        using Tensors t = new(Backend);
        INetworkProgram program = t.Own(Backend.Compile(network, spec));
        ITensor image = t.Zeros(program.InputShape);
        ITensor tapGradient = t.Zeros(program.Tap.Shape);
        ITensor gradient = t.Zeros(program.InputShape);
        Backend.Fill(image, 8);
        Backend.Fill(tapGradient, 2);
        program.Forward(image);
        program.Backward(tapGradient, gradient);
        if (!ConvolutionsAreExact)
        {
            // Rounding decides between the tied values, but each window's gradient still goes to one of them.
            Assert.All(t.Get(program.Tap), v => Assert.Equal(8, v, 1e-4));
            double[] whole = t.Get(gradient);
            Assert.Equal(8 * 8, whole.Count(v => v > 1));
            Assert.Equal(8 * 8 * 2, whole.Sum(), 1e-3);
            return;
        }

        Assert.All(t.Get(program.Tap), v => Assert.Equal(8, v));
        double[] expected = new double[35 * 33 * 3];
        for (int y = 0; y < 32; y += 4)
        {
            for (int x = 0; x < 32; x += 4)
            {
                expected[((y * 33) + x) * 3] = 2;
            }
        }

        Assert.Equal(expected, t.Get(gradient));
    }

    [Theory]
    [InlineData(8, 2)]
    [InlineData(-8, 0)]
    public void A_pooling_right_behind_the_first_convolution_does_the_same(double value, double expected)
    {
        // One product and zeros: exact in every way of convolving the first layer, so that the windows are ties here too.
        Network network = Network.FromWeights(Passing(kernel: 1, bias: 0, "VGG11"));
        ProgramSpec spec = new() { Taps = [new TapSpec(network.Topology.Find("block1_pool")!)], Batch = 1, Height = 35, Width = 33, Preprocessing = Preprocessing.Raw, Precision = Precision };
        using Tensors t = new(Backend);
        INetworkProgram program = t.Own(Backend.Compile(network, spec));
        ITensor image = t.Zeros(program.InputShape);
        ITensor tapGradient = t.Zeros(program.Tap.Shape);
        ITensor gradient = t.Zeros(program.InputShape);
        Backend.Fill(image, (float)value);
        Backend.Fill(tapGradient, 2);
        for (int run = 0; run < 2; run++)
        {
            program.Forward(image);
            program.Backward(tapGradient, gradient);
        }

        Assert.All(t.Get(program.Tap), v => Assert.Equal(Math.Max(0, value), v));
        double[] wanted = new double[35 * 33 * 3];
        for (int y = 0; y < 34; y += 2)
        {
            for (int x = 0; x < 32; x += 2)
            {
                wanted[((y * 33) + x) * 3] = expected;
            }
        }

        Assert.Equal(wanted, t.Get(gradient));
    }

    [Theory]
    [InlineData(TapPoint.AfterActivation)]
    [InlineData(TapPoint.BeforeActivation)]
    public void A_unit_that_is_off_has_a_gradient_only_before_its_activation(TapPoint point)
    {
        // block1_conv1 passes the value on and takes 50 off: below 50 the unit is off.
        Network network = Network.FromWeights(Passing(kernel: 1, bias: -50));
        ProgramSpec spec = new() { Taps = [new TapSpec(network.Topology.Find("block1_conv1")!) { Point = point }], Batch = 3, Height = 33, Width = 35, Preprocessing = Preprocessing.Raw, Precision = Precision };
        using Tensors t = new(Backend);
        INetworkProgram program = t.Own(Backend.Compile(network, spec));
        int values = 33 * 35 * 3;
        ITensor image = t.Put(program.InputShape, [.. Enumerable.Repeat(8.0, values), .. Enumerable.Repeat(50.0, values), .. Enumerable.Repeat(51.0, values)]);
        ITensor tapGradient = t.Zeros(program.Tap.Shape);
        ITensor gradient = t.Zeros(program.InputShape);
        Backend.Fill(tapGradient, 2);
        program.Forward(image);
        program.Backward(tapGradient, gradient);
        double[] tap = t.Get(program.Tap);
        double[] atImage = t.Get(gradient);
        bool before = point == TapPoint.BeforeActivation;
        Assert.Equal([before ? -42 : 0, 0, 1], [tap[0], tap[tap.Length / 3], tap[^1]]);
        Assert.Equal([before ? 2 : 0, before ? 2 : 0, 2], [atImage[0], atImage[values], atImage[2 * values]]);
    }

    [Fact]
    public void A_dead_network_yields_zeros_and_no_gradient()
    {
        Network network = Network.FromWeights(Passing(kernel: 0, bias: -1));
        foreach (string tap in (string[])["block1_conv2", "block5_conv3", "block5_pool"])
        {
            ProgramSpec spec = new() { Taps = [new TapSpec(network.Topology.Find(tap)!)], Batch = 1, Height = 33, Width = 35, Precision = Precision };
            using Tensors t = new(Backend);
            INetworkProgram program = t.Own(Backend.Compile(network, spec));
            ITensor gradient = t.Zeros(program.InputShape);
            ITensor tapGradient = t.Zeros(program.Tap.Shape);
            Backend.Fill(tapGradient, 1);
            Backend.Fill(gradient, 7);
            program.Forward(t.Put(program.InputShape, Samples.Uniform(program.InputShape, 0, 255, 1)));
            program.Backward(tapGradient, gradient);
            Assert.All(t.Get(program.Tap), v => Assert.Equal(0, v));
            Assert.All(t.Get(gradient), v => Assert.Equal(0, v));
        }
    }

    [Fact]
    public void A_saturated_softmax_is_finite_and_sums_to_one()
    {
        NetworkCase one = NetworkCase.All["softmax, all"] with { Low = 0, High = 60_000 };
        using Tensors t = new(Backend);
        (double[] tap, double[] gradient) = one.Run(t, Precision);
        Assert.Equal(1, tap[..9].Sum(), 1e-6);
        Assert.Equal(1, tap[9..].Sum(), 1e-6);
        Assert.All(gradient, g => Assert.True(double.IsFinite(g)));
    }

    [Fact]
    public void The_zero_padding_comes_after_the_preprocessing()
    {
        // An image in the mean colour is all zeros to the network, so that every bias shows alone, at the border too.
        NetworkCase one = NetworkCase.All["block1_conv1"];
        ProgramSpec spec = one.Spec with { Taps = [one.Spec.Taps[0] with { Point = TapPoint.BeforeActivation }], Precision = Precision };
        using Tensors t = new(Backend);
        INetworkProgram program = t.Own(Backend.Compile(one.Network, spec));
        double[] image = new double[program.InputShape.Count];
        for (int i = 0; i < image.Length; i++)
        {
            image[i] = Vgg16Means.Bgr[2 - (i % 3)];
        }

        program.Forward(t.Put(program.InputShape, image));
        float[] bias = new float[spec.Taps[0].Layer.Outputs];
        one.Network.Weights.Read("block1_conv1", WeightPart.Bias, 0, bias);
        double[] tap = t.Get(program.Tap);
        for (int i = 0; i < tap.Length; i++)
        {
            Assert.Equal(bias[i % bias.Length], tap[i], Math.Max(1e-4, TapTolerance));
        }
    }

    [Fact]
    public void A_forecast_grows_with_the_batch_and_stops_at_the_tap()
    {
        ProgramSpec spec = NetworkCase.All["predictions"].Spec with { Precision = Precision };
        MemoryForecast three = Backend.Forecast(Samples.WithTop, spec);
        MemoryForecast one = Backend.Forecast(Samples.WithTop, spec with { Batch = 1, Taps = [spec.Taps[0] with { Channels = [[5]] }] });
        MemoryForecast shallow = Backend.Forecast(Samples.WithTop, spec with { Taps = [spec.Taps[0] with { Layer = Samples.WithTop.Topology.Find("block1_conv2")!, Channels = [] }] });
        Assert.True(three.Activations > one.Activations);
        Assert.True(three.Weights > shallow.Weights && shallow.Weights > 0);
        Assert.Equal(three.Weights + three.Activations + three.Workspace, three.Total);
    }

    /// <summary>A network whose convolutions multiply channel 0 by one number, add a bias (in block1_conv1 alone) and pass nothing else.</summary>
    private static MemoryWeights Passing(float kernel, float bias, string name = "VGG16")
    {
        MemoryWeights weights = new("passing");
        ImmutableArray<int> perBlock = Architecture.Named(name)!.ConvolutionsPerBlock;
        int inputs = 3;
        for (int block = 1; block <= perBlock.Length; block++)
        {
            for (int i = 1; i <= perBlock[block - 1]; i++)
            {
                float[] values = new float[9 * inputs];
                values[4 * inputs] = kernel;
                weights.Add($"block{block}_conv{i}", [3, 3, inputs, 1], values, [block == 1 && i == 1 ? bias : 0]);
                inputs = 1;
            }
        }

        return weights;
    }
}
