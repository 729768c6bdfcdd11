using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Model;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Engine.Tests.Cpu;

/// <summary>VGG16 at its published widths on small pictures, and what holds whatever the network.</summary>
public class WholeNetworkTests
{
    private static readonly Network FullWidth = Network.FromWeights(new HeWeights(new Topology(Topology.ImageNet.Blocks, Head.Create(1, 512, 512, 100)), 7));

    private static readonly Network Thin = Network.FromWeights(new HeWeights(new Topology([[16, 16], [32, 32], [64, 64, 64], [128, 128, 128], [300, 300, 128]], Head.Create(2, 64, 48, 32)), 8));

    [Theory]
    [InlineData("predictions", 32, 32)]
    [InlineData("block3_conv1", 45, 38)]
    [InlineData("block4_pool", 32, 40)]
    public void The_objective_and_its_gradient_are_those_of_the_reference(string tap, int height, int width)
    {
        ProgramSpec spec = new() { Taps = [new TapSpec(FullWidth.Topology.Find(tap)!) { Channels = [[20]] }], Batch = 1, Height = height, Width = width };
        using ReferenceBackend reference = new();
        (double expected, double[] expectedGradient) = Objective(reference, FullWidth, spec);
        foreach (SimdLevel level in Levels.Supported)
        {
            using CpuBackend cpu = new(2, level);
            (double value, double[] gradient) = Objective(cpu, FullWidth, spec);
            Assert.True(Math.Abs(value - expected) <= 1e-5 * Math.Abs(expected), $"{tap}, {level}: the objective is {value:R}, expected {expected:R}.");
            double norm = Math.Sqrt(expectedGradient.Sum(g => g * g));
            double error = Math.Sqrt(expectedGradient.Zip(gradient, (e, g) => (e - g) * (e - g)).Sum());
            double cosine = expectedGradient.Zip(gradient, (e, g) => e * g).Sum() / (norm * Math.Sqrt(gradient.Sum(g => g * g)));
            Assert.True(error <= 2e-2 * norm, $"{tap}, {level}: the gradient is off by {error / norm:E2} of its norm.");
            Assert.True(cosine >= 0.9998, $"{tap}, {level}: the gradient's cosine is {cosine:R}.");
        }
    }

    [Fact]
    public void Bits_do_not_depend_on_threads_or_batch()
    {
        ProgramSpec spec = new() { Taps = [new TapSpec(Thin.Topology.Find("predictions")!) { Channels = [[3], [20], [31]] }], Batch = 3, Height = 64, Width = 75 };
        foreach (SimdLevel level in Levels.Supported)
        {
            (double[] Tap, double[] Gradient)? first = null;
            foreach (int threads in (int[])[1, 2, 3, 7, 16])
            {
                using CpuBackend cpu = new(threads, level);
                (double[] tap, double[] gradient) = Run(cpu, Thin, spec, 0);
                first ??= (tap, gradient);
                Assert.Equal(first.Value.Tap, tap);
                Assert.Equal(first.Value.Gradient, gradient);
            }

            using CpuBackend single = new(2, level);
            for (int n = 0; n < 3; n++)
            {
                (double[] tap, double[] gradient) = Run(single, Thin, spec with { Batch = 1, Taps = [spec.Taps[0] with { Channels = [spec.Taps[0].Channels[n]] }] }, n);
                Assert.Equal(first!.Value.Tap[n..(n + 1)], tap);
                Assert.Equal(first!.Value.Gradient.AsSpan(n * gradient.Length, gradient.Length).ToArray(), gradient);
            }
        }
    }

    [Theory]
    [InlineData(ReluRule.Plain)]
    [InlineData(ReluRule.Guided)]
    [InlineData(ReluRule.Deconvnet)]
    public void Taps_of_whole_layers_and_their_gradients_are_those_of_the_reference(ReluRule rule)
    {
        ProgramSpec spec = OfManyTaps(1) with { Relu = rule };
        using ReferenceBackend reference = new();
        List<double[]> expected = RunTaps(reference, spec, 0);
        foreach (SimdLevel level in Levels.Supported)
        {
            using CpuBackend cpu = new(2, level);
            List<double[]> actual = RunTaps(cpu, spec, 0);
            for (int i = 0; i < expected.Count; i++)
            {
                double norm = Math.Sqrt(expected[i].Sum(g => g * g));
                double error = Math.Sqrt(expected[i].Zip(actual[i], (e, g) => (e - g) * (e - g)).Sum());
                Assert.True(norm > 0 && error <= 1e-3 * norm, $"{rule}, {level}: result {i} is off by {error / norm:E2} of its norm.");
            }
        }
    }

    [Fact]
    public void Bits_at_taps_do_not_depend_on_threads_or_batch()
    {
        ProgramSpec spec = OfManyTaps(3);
        foreach (SimdLevel level in Levels.Supported)
        {
            List<double[]>? first = null;
            foreach (int threads in (int[])[1, 2, 3, 7, 16])
            {
                using CpuBackend cpu = new(threads, level);
                List<double[]> results = RunTaps(cpu, spec, 0);
                first ??= results;
                Assert.Equal(first, results);
            }

            using CpuBackend single = new(2, level);
            for (int n = 0; n < 3; n++)
            {
                Assert.Equal(first!.Select(r => r.AsSpan(n * r.Length / 3, r.Length / 3).ToArray()), RunTaps(single, OfManyTaps(1), n));
            }
        }
    }

    [Fact]
    public void A_tap_that_is_only_looked_at_changes_no_bit_of_the_gradient()
    {
        foreach (SimdLevel level in Levels.Supported)
        {
            using CpuBackend cpu = new(2, level);
            using Tensors t = new(cpu);
            ProgramSpec spec = OfManyTaps(2);
            ProgramSpec alone = spec with { Taps = [spec.Taps[^1]] };
            INetworkProgram one = t.Own(cpu.Compile(Thin, alone));
            INetworkProgram many = t.Own(cpu.Compile(Thin, spec));
            ITensor image = t.Put(one.InputShape, Samples.Uniform(one.InputShape, 0, 255, 1));
            ITensor given = t.Put(one.Tap.Shape, Samples.Uniform(one.Tap.Shape, -1, 1, 2));
            ITensor expected = t.Zeros(one.InputShape);
            ITensor actual = t.Zeros(one.InputShape);
            one.Forward(image);
            one.Backward(given, expected);
            many.Forward(image);
            many.Backward([.. Enumerable.Repeat<ITensor?>(null, spec.Taps.Length - 1), given], actual);
            Assert.Equal(t.Get(one.Tap), t.Get(many.Taps[^1]));
            Assert.Equal(t.Get(expected), t.Get(actual));
            INetworkProgram forwards = t.Own(cpu.Compile(Thin, spec with { NeedsGradient = false }));
            forwards.Forward(image);
            Assert.Equal(many.Taps.Select(t.Get), forwards.Taps.Select(t.Get));
        }
    }

    [Fact]
    public void A_batch_of_sixty_four_is_sixty_four_singles()
    {
        using CpuBackend cpu = new(2);
        Network network = Samples.WithTop;
        ProgramSpec spec = new() { Taps = [new TapSpec(network.Topology.Find("predictions")!) { Channels = [.. Enumerable.Range(0, 64).Select(n => (System.Collections.Immutable.ImmutableArray<int>)[n % 6])] }], Batch = 64, Height = 37, Width = 33 };
        (double[] tap, double[] gradient) = Run(cpu, network, spec, 0);
        foreach (int n in (int[])[0, 13, 63])
        {
            (double[] singleTap, double[] singleGradient) = Run(cpu, network, spec with { Batch = 1, Taps = [spec.Taps[0] with { Channels = [spec.Taps[0].Channels[n]] }] }, n);
            Assert.Equal(tap[n], singleTap[0]);
            Assert.Equal(gradient.AsSpan(n * singleGradient.Length, singleGradient.Length).ToArray(), singleGradient);
        }
    }

    [Fact]
    public void A_value_that_is_not_a_number_shows_in_the_tap()
    {
        foreach (SimdLevel level in Levels.Supported)
        {
            using CpuBackend cpu = new(2, level);
            using Tensors t = new(cpu);
            foreach (string tap in (string[])["block1_conv1", "block1_pool", "block2_conv1", "block5_pool", "fc1", "predictions"])
            {
                ProgramSpec spec = new() { Taps = [new TapSpec(Thin.Topology.Find(tap)!)], Batch = 1, Height = 64, Width = 64 };
                INetworkProgram program = t.Own(cpu.Compile(Thin, spec));
                double[] image = Samples.Uniform(program.InputShape, 0, 255, 1);
                image[((32 * 64) + 31) * 3] = double.NaN;
                program.Forward(t.Put(program.InputShape, image));
                Assert.Contains(t.Get(program.Tap), double.IsNaN);
                image[((32 * 64) + 31) * 3] = double.PositiveInfinity;
                program.Forward(t.Put(program.InputShape, image));
                Assert.Contains(t.Get(program.Tap), v => !double.IsFinite(v));
            }
        }
    }

    [Fact]
    public void A_tiny_gradient_at_the_tap_loses_nothing_on_its_way()
    {
        // 2^-130 is a denormal number: without care the whole backward pass would be.
        ProgramSpec spec = new() { Taps = [new TapSpec(Thin.Topology.Find("block5_conv2")!) { Channels = [[1, 2, 3]] }], Batch = 1, Height = 64, Width = 64 };
        using CpuBackend cpu = new(2);
        using Tensors t = new(cpu);
        INetworkProgram program = t.Own(cpu.Compile(Thin, spec));
        ITensor gradient = t.Zeros(program.InputShape);
        ITensor tapGradient = t.Zeros(program.Tap.Shape);
        program.Forward(t.Put(program.InputShape, Samples.Uniform(program.InputShape, 0, 255, 1)));
        cpu.Fill(tapGradient, 1);
        program.Backward(tapGradient, gradient);
        double[] expected = t.Get(gradient);
        cpu.Fill(tapGradient, Math.ScaleB(1, -100));
        program.Backward(tapGradient, gradient);
        Assert.Contains(expected, v => v != 0);
        Assert.Equal(expected, t.Get(gradient).Select(v => Math.ScaleB(v, 100)));
        cpu.Fill(tapGradient, Math.ScaleB(1, -130));
        program.Backward(tapGradient, gradient);
        double[] tiny = t.Get(gradient);
        double largest = expected.Max(Math.Abs);
        for (int i = 0; i < tiny.Length; i++)
        {
            // Only the result itself is rounded to denormal numbers, steps of 2^-149.
            Assert.Equal(Math.ScaleB(expected[i], -130), tiny[i], Math.ScaleB(1, -149) + Math.ScaleB(largest, -130 - 20));
        }
    }

    [Fact]
    public void The_full_networks_memory_is_as_promised()
    {
        using CpuBackend cpu = new(2);
        Network network = Network.FromWeights(new HeWeights(Topology.ImageNet, 1));
        ProgramSpec spec = new() { Taps = [new TapSpec(network.Topology.Find("predictions")!) { Channels = [[20]] }], Batch = 1, Height = 224, Width = 224 };
        Assert.InRange(cpu.Forecast(network, spec).Total, 0, 1_100_000_000);
        Assert.InRange(cpu.Forecast(network, spec with { Taps = [spec.Taps[0] with { Layer = network.Topology.Find("block3_conv1")! }] }).Total, 0, 120_000_000);
    }

    private static (double Value, double[] Gradient) Objective(IBackend backend, Network network, ProgramSpec spec)
    {
        (double[] tap, double[] gradient) = Run(backend, network, spec, 0, flat: true);
        return (tap.Average(), gradient);
    }

    private static (double[] Tap, double[] Gradient) Run(IBackend backend, Network network, ProgramSpec spec, int firstImage, bool flat = false)
    {
        using Tensors t = new(backend);
        INetworkProgram program = t.Own(backend.Compile(network, spec));
        ITensor gradient = t.Zeros(program.InputShape);
        program.Forward(t.Put(program.InputShape, Samples.Uniform(program.InputShape, 0, 255, 1, firstImage)));
        ITensor tapGradient = t.Put(program.Tap.Shape, flat ? [.. Enumerable.Repeat(1.0, (int)program.Tap.Shape.Count)] : Samples.Uniform(program.Tap.Shape, -1, 1, 2, firstImage));
        program.Backward(tapGradient, gradient);
        return (t.Get(program.Tap), t.Get(gradient));
    }

    // Whole layers, so that values move by vectors; points on either side of poolings and activations.
    private static ProgramSpec OfManyTaps(int batch)
    {
        TapSpec Tap(string layer, TapPoint point = TapPoint.AfterActivation, bool wanted = true) => new(Thin.Topology.Find(layer)!) { Point = point, WantsGradient = wanted };
        return new ProgramSpec
        {
            Batch = batch,
            Height = 67,
            Width = 75,
            Taps =
            [
                Tap("block1_conv1"),
                Tap("block1_conv2", wanted: false),
                Tap("block1_pool"),
                Tap("block2_conv2", TapPoint.BeforeActivation),
                Tap("block2_conv2"),
                Tap("block3_conv2", TapPoint.BeforeActivation, wanted: false),
                Tap("block3_pool"),
                Tap("block4_conv3", TapPoint.BeforeActivation),
                Tap("block4_conv1", wanted: false),
                Tap("block5_pool"),
                Tap("fc1", TapPoint.BeforeActivation),
                Tap("predictions"),
            ],
        };
    }

    private static List<double[]> RunTaps(IBackend backend, ProgramSpec spec, int firstImage)
    {
        using Tensors t = new(backend);
        INetworkProgram program = t.Own(backend.Compile(Thin, spec));
        ITensor gradient = t.Zeros(program.InputShape);
        program.Forward(t.Put(program.InputShape, Samples.Uniform(program.InputShape, 0, 255, 1, firstImage)));
        // Of one size in all, so that each tap shows in the sum.
        program.Backward([.. program.Taps.Select((tap, i) => t.Put(tap.Shape, Samples.Uniform(tap.Shape, -1 / Math.Sqrt(tap.Shape.CountPerImage), 1 / Math.Sqrt(tap.Shape.CountPerImage), 2 + (uint)i, firstImage)))], gradient);
        List<double[]> results = [.. program.Taps.Select(t.Get)];
        results.AddRange(Enumerable.Range(0, spec.Taps.Length).Where(i => spec.Taps[i].WantsGradient).Select(i => t.Get(program.TapGradient(i))));
        results.Add(t.Get(gradient));
        return results;
    }
}
