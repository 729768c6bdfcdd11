using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Model;
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
    public void A_forecast_is_what_a_program_takes()
    {
        using CpuBackend cpu = new(2);
        Network network = Network.FromWeights(new HeWeights(new Topology([16, 16, 32, 32, 64, 64, 64, 128, 128, 128, 128, 128, 128], new Vgg16Top(2, 256, 256, 32)), 1));
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
