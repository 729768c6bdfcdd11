using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Images;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Optimizers;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Regularizers;
using VggCuda.Engine.Rendering;
using VggCuda.Engine.Stages;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Engine.Tests.Cpu;

public class CpuBackendTests
{
    [Theory]
    [InlineData("portable", SimdLevel.Portable)]
    [InlineData(" Portable ", SimdLevel.Portable)]
    public void The_environment_chooses_the_kernels(string value, object level) => Assert.Equal((SimdLevel)level, SimdLevels.Choose(value));

    [Fact]
    public void Without_a_choice_the_best_kernels_run()
    {
        Assert.Equal(SimdLevels.Best, SimdLevels.Choose(null));
        Assert.Equal(SimdLevels.Best, SimdLevels.Choose(""));
        Assert.True(SimdLevels.IsSupported(SimdLevels.Best));
        foreach (SimdLevel level in Levels.Supported)
        {
            Assert.Equal(level, SimdLevels.Choose(SimdLevels.NameOf(level)));
            using CpuBackend cpu = new(1, level);
            Assert.Equal(SimdLevels.NameOf(level), cpu.Description.Details["instructions"]);
        }
    }

    [Fact]
    public void An_unknown_choice_names_what_there_is()
    {
        DeviceException error = Assert.Throws<DeviceException>(() => SimdLevels.Choose("sse9"));
        Assert.Contains("VGGCUDA_SIMD=sse9", error.Message, StringComparison.Ordinal);
        Assert.Contains("avx512, avx2 or portable", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1025)]
    public void A_senseless_number_of_threads_is_refused(int threads) => Assert.Throws<ArgumentOutOfRangeException>(() => new CpuBackend(threads));

    [Fact]
    public void The_number_of_threads_is_obeyed()
    {
        using CpuBackend three = new(3);
        Assert.Equal("3", three.Description.Details["threads"]);
        Assert.Equal(3, three.Pool.Threads);
        using CpuBackend all = new();
        Assert.Equal(Environment.ProcessorCount, all.Pool.Threads);
    }

    [Fact]
    public void Programs_of_one_network_share_their_weights()
    {
        using CpuBackend cpu = new(1);
        NetworkCase one = NetworkCase.All["block4_conv3"];
        INetworkProgram first = cpu.Compile(one.Network, one.Spec);
        int weights = cpu.Weights.Count;
        INetworkProgram second = cpu.Compile(one.Network, one.Spec with { NeedsGradient = false });
        Assert.Equal(weights, cpu.Weights.Count);
        first.Dispose();
        Assert.InRange(cpu.Weights.Count, 1, weights - 1);
        second.Dispose();
        Assert.Equal(0, cpu.Weights.Count);
    }

    [Fact]
    public void A_step_cancelled_between_its_passes_does_not_count()
    {
        using CpuBackend cpu = new(2);
        using Tensors t = new(cpu);
        NetworkCase one = NetworkCase.All["block4_conv3"];
        INetworkProgram program = t.Own(cpu.Compile(one.Network, one.Spec));
        ITensor image = t.Put(program.InputShape, one.Images());
        ITensor tapGradient = t.Put(program.Tap.Shape, one.TapGradients());
        ITensor gradient = t.Zeros(program.InputShape);
        using CancellationTokenSource source = new();
        int steps = 0;
        using IReplay replay = cpu.Record(() =>
        {
            program.Forward(image);
            if (++steps == 3)
            {
                source.Cancel();
            }

            program.Backward(tapGradient, gradient);
        });
        Assert.ThrowsAny<OperationCanceledException>(() => replay.Run(10, source.Token));
        Assert.Equal(2, replay.StepsCompleted);
        Assert.Equal(3, steps);
        replay.Run(1);
        Assert.Equal(3, replay.StepsCompleted);
    }
}

/// <summary>Measures of the whole process, taken while no other test runs.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public class AloneCollection;

[Collection("alone")]
public class CpuResourceTests
{
    [Fact]
    public void A_step_allocates_nothing()
    {
        using CpuBackend cpu = new(3);
        using Tensors t = new(cpu);
        NetworkCase one = NetworkCase.All["predictions"];
        INetworkProgram program = t.Own(cpu.Compile(one.Network, one.Spec));
        ITensor image = t.Put(program.InputShape, one.Images());
        ITensor scratch = t.Zeros(program.InputShape);
        ITensor tapGradient = t.Put(program.Tap.Shape, one.TapGradients());
        ITensor gradient = t.Zeros(program.InputShape);
        ITensor cache = t.Zeros(program.InputShape);
        ITensor best = t.Zeros(program.InputShape);
        TensorShape perImage = TensorShape.PerImage(3);
        ITensor a = t.Zeros(perImage);
        ITensor b = t.Zeros(perImage);
        ITensor bestTotal = t.Zeros(perImage);
        ITensor bestStep = t.Zeros(perImage);
        ITensor shifts = t.Zeros(new TensorShape(1, 3, 1, 2));
        ITensor step = t.Scalar(0);
        ITensor[] columns = [a, b];
        using ILossLog log = cpu.CreateLog(100, 3, 2);
        using IReplay replay = cpu.Record(() =>
        {
            cpu.Shift(image, scratch, shifts, step, ShiftMode.ScipyWrap);
            program.Forward(scratch);
            cpu.ChannelMean(program.Tap, -1, a);
            program.Backward(tapGradient, gradient);
            cpu.LpNorm(scratch, 6, 10, b, gradient);
            cpu.Add(a, b, a);
            cpu.TotalVariation(scratch, 2, 10, b, gradient);
            cpu.Add(a, b, a);
            cpu.NormalizeRms(gradient, 1e-7);
            cpu.RmsProp(scratch, gradient, cache, 1, 0.95, 1e-7);
            cpu.KeepBest(a, step, scratch, bestTotal, bestStep, best);
            cpu.Log(log, step, columns);
            cpu.Copy(scratch, image);
            cpu.Advance(step);
        });
        replay.Run(20);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        replay.Run(50);
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        // The runtime's own threads may allocate a little; a step that allocates would do it fifty times.
        Assert.InRange(allocated, 0, 49 * 24);
    }

    [Fact]
    public void A_step_of_several_taps_and_stages_allocates_nothing()
    {
        using CpuBackend cpu = new(3);
        using Tensors t = new(cpu);
        NetworkCase one = TapsCase.All["under a pooling"].Program;
        ProgramSpec spec = one.Spec with { Relu = ReluRule.Guided };
        INetworkProgram program = t.Own(cpu.Compile(one.Network, spec));
        TensorShape shape = program.InputShape;
        TensorShape perImage = TensorShape.PerImage(shape.N);
        ITensor image = t.Put(shape, one.Images());
        ITensor moved = t.Zeros(shape);
        ITensor bounded = t.Zeros(shape);
        ITensor gradient = t.Zeros(shape);
        ITensor back = t.Zeros(shape);
        ITensor mean = t.Zeros(shape);
        ITensor square = t.Zeros(shape);
        ITensor value = t.Zeros(perImage);
        ITensor step = t.Scalar(0);
        ITensor shifts = t.Zeros(new TensorShape(1, shape.N, 1, 2));
        ITensor maps = t.Put(new TensorShape(1, shape.N, 1, 6), [.. Enumerable.Repeat<double[]>([1, 0.1, 2, -0.1, 1, 3], shape.N).SelectMany(m => m)]);
        ITensor matrix = t.Put(new TensorShape(1, shape.H, shape.H, 1), Samples.Uniform(new TensorShape(1, shape.H, shape.H, 1), -1, 1, 1));
        ITensor factors = t.Zeros(shape with { N = 1 });
        ITensor?[] given = [.. program.Taps.Select(tap => t.Zeros(tap.Shape))];
        given[2] = null;
        using IReplay replay = cpu.Record(() =>
        {
            cpu.Product(matrix, image, bounded, shape.W * shape.C, transposed: false);
            cpu.Multiply(bounded, factors, bounded);
            cpu.Sigmoid(bounded, bounded, 0, 255);
            cpu.Warp(bounded, moved, maps, step, 127.5);
            program.Forward(moved);
            cpu.Dot(program.Taps[0], given[0]!, -1, value);
            cpu.MeanSquare(program.Taps[1], -1, value, given[1]!);
            program.Backward(given, gradient);
            cpu.WarpBackward(gradient, back, maps, step);
            cpu.ShiftBackward(back, gradient, shifts, step, ShiftMode.Roll);
            cpu.SigmoidBackward(image, gradient, gradient, 0, 255);
            cpu.Product(matrix, gradient, back, shape.W * shape.C, transposed: true);
            cpu.Adam(image, back, mean, square, step, 0.1, 0.9, 0.999, 1e-8);
            cpu.Momentum(image, gradient, mean, 0.1, 0.9);
            cpu.Advance(step);
        });
        replay.Run(20);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        replay.Run(50);
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        Assert.InRange(allocated, 0, 49 * 24);
    }

    [Theory]
    [InlineData("keras-vis")]
    [InlineData("modern")]
    [InlineData("maco")]
    [InlineData("accentuate")]
    [InlineData("all of it")]
    public void A_step_of_a_preset_allocates_nothing(string name)
    {
        using CpuBackend cpu = new(3);
        ChannelObjective channel = new() { Layer = "block3_conv2", Channels = [[1], [3]] };
        PictureStart scene = PictureStart.FromValues("scene", [.. Enumerable.Range(0, 40 * 33 * 3).Select(i => (float)(i % 256))]);
        LikenessObjective like = new() { Layer = "block2_conv2" };
        RenderPlan plan = name == "all of it"
            ? Presets.Create("deepdream", new SumObjective { Terms = [channel, like, new CaricatureObjective { Layer = "block2_conv1" }] }, [1, 2], 40, 33) with
            {
                Octaves = null,
                Guide = scene,
                Views = 2,
                RescuedSteps = 1000,
                Transforms = [new RandomAffine(5) { Outside = 127.5 }, new Blur(1), new Noise(3)],
                Parameters = [new ClipRange()],
                Regularizers = [new EdgeRoughness(0.1), new TotalVariation(1), new AnisotropicVariation(1), new ValueDecay(1)],
                Schedule = new RateSchedule(RateCurve.Linear),
                BlurEvery = new PeriodicBlur(3),
            }
            : Presets.Create(name, name == "accentuate" ? new SumObjective { Terms = [channel, like] } : channel, [1, 2], 40, 33) with { Guide = name == "accentuate" ? scene : null };
        plan = plan with { Iterations = 100 };
        plan.Validate(Samples.WithoutTop);
        using StepRecorder recorder = new(cpu, Samples.WithoutTop, plan, default);
        recorder.Replay.Run(20);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        recorder.Replay.Run(50);
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        Assert.InRange(allocated, 0, 49 * 24);
    }

    [Fact]
    public void A_forecast_is_what_a_program_takes()
    {
        using CpuBackend cpu = new(2);
        Network network = Network.FromWeights(new HeWeights(new Topology([[16, 16], [32, 32], [64, 64, 64], [128, 128, 128], [128, 128, 128]], Head.Create(2, 256, 256, 32)), 1));
        foreach (string tap in (string[])["predictions", "block3_conv1"])
        {
            ProgramSpec spec = new() { Taps = [new TapSpec(network.Topology.Find(tap)!) { Channels = [[1], [2], [3]] }], Batch = 3, Height = 64, Width = 64 };
            long forecast = cpu.Forecast(network, spec).Total;
            long before = NativeBuffer.LiveBytes;
            using INetworkProgram program = cpu.Compile(network, spec);
            long taken = NativeBuffer.LiveBytes - before;
            Assert.InRange(taken, 0.97 * forecast, 1.03 * forecast);
        }
    }

    [Theory]
    [InlineData(ReluRule.Plain)]
    [InlineData(ReluRule.Deconvnet)]
    public void A_forecast_counts_what_taps_take(ReluRule rule)
    {
        using CpuBackend cpu = new(2);
        foreach ((string name, TapsCase one) in TapsCase.All)
        {
            ProgramSpec spec = one.Program.Spec with { Relu = rule, RescuedSteps = rule == ReluRule.Plain ? one.Program.Spec.RescuedSteps : 0 };
            MemoryForecast forecast = cpu.Forecast(one.Program.Network, spec);
            long before = NativeBuffer.LiveBytes;
            using INetworkProgram program = cpu.Compile(one.Program.Network, spec);
            long taken = NativeBuffer.LiveBytes - before;
            // The thin layers' biases, rounded up to vectors, are not counted.
            Assert.True(Math.Abs(taken - forecast.Total) <= 20_000, $"{name}: {taken} taken, {forecast.Total} foretold.");
        }
    }

    [Fact]
    public void Everything_is_given_back()
    {
        long before = NativeBuffer.LiveBytes;
        for (int i = 0; i < 3; i++)
        {
            using CpuBackend cpu = new(2);
            using Tensors t = new(cpu);
            NetworkCase.All["softmax"].Run(t, Precision.Auto);
        }

        Assert.Equal(before, NativeBuffer.LiveBytes);
    }
}
