using VggCuda.Engine.Backends;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;
using VggCuda.Engine.Stages;
using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Tests.Fake;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Kernels.Tests.Programs;

/// <summary>Contexts, threads, devices: an embedder's own, several at once.</summary>
public class EmbeddingTests
{
    private static readonly RenderPlan Tiny = Presets.KerasVis("block2_conv1", [[1]], [7u], 33, 35, 3) with { Transforms = [new Jitter(2)] };

    public EmbeddingTests() => FakeCuda.Require();

    [Fact]
    public void A_backend_lives_in_an_embedders_context_on_its_stream_and_memory_and_destroys_none_of_them()
    {
        CudaCheck.ThrowIfFailed(CuDriver.cuInit(0));
        CudaCheck.ThrowIfFailed(CuDriver.cuDeviceGet(out int device, 1));
        CudaCheck.ThrowIfFailed(CuDriver.cuDevicePrimaryCtxRetain(out nint context, device));
        CudaCheck.ThrowIfFailed(CuDriver.cuCtxSetCurrent(context));
        CudaCheck.ThrowIfFailed(CuDriver.cuStreamCreate(out nint stream, CuStreamFlags.NonBlocking));
        CudaCheck.ThrowIfFailed(CuDriver.cuMemAlloc_v2(out ulong memory, 64 * sizeof(float)));
        string own = FakeCuda.Live();
        using (CudaBackend backend = CudaBackend.Open(context, stream))
        {
            Assert.Equal("cuda:1", backend.Description.Name);
            using ITensor wrapped = backend.Wrap(memory, new TensorShape(1, 4, 4, 3));
            backend.Fill(wrapped, 5);
            double[] values = new double[48];
            backend.Download(wrapped, values);
            Assert.All(values, v => Assert.Equal(5, v));
            Assert.Throws<ArgumentException>(() => backend.Wrap(memory + 4, new TensorShape(1, 1, 1, 1)));
            Assert.Throws<ArgumentException>(() => backend.Wrap(0x1000, new TensorShape(1, 1, 1, 1)));
            Assert.Single(new Renderer(backend).Render(Samples.WithoutTop, Tiny).Images);
        }

        Assert.Equal(own, FakeCuda.Live());
        CudaCheck.ThrowIfFailed(CuDriver.cuMemFree_v2(memory));
        CudaCheck.ThrowIfFailed(CuDriver.cuStreamDestroy_v2(stream));
        CudaCheck.ThrowIfFailed(CuDriver.cuDevicePrimaryCtxRelease_v2(device));
        FakeCuda.AssertClean();
    }

    [Fact]
    public void A_stream_of_another_context_is_refused()
    {
        using CudaBackend zero = CudaBackend.Open(0);
        using CudaBackend one = CudaBackend.Open(1);
        DeviceException failure = Assert.Throws<DeviceException>(() => CudaBackend.Open(zero.Context.Raw, one.Stream.Raw));
        Assert.Contains("another context", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_thread_may_use_a_backend_one_at_a_time()
    {
        using CudaBackend backend = CudaBackend.Open();
        using ITensor tensor = backend.Allocate(new TensorShape(1, 1, 1, 5));
        for (int i = 0; i < 4; i++)
        {
            int value = i;
            Thread thread = new(() =>
            {
                backend.Fill(tensor, value);
                double[] values = new double[5];
                backend.Download(tensor, values);
                Assert.All(values, v => Assert.Equal(value, v));
            });
            thread.Start();
            thread.Join();
        }

        Thread last = new(backend.Dispose);
        tensor.Dispose();
        last.Start();
        last.Join();
        FakeCuda.AssertClean();
    }

    [Fact]
    public void Backends_on_two_devices_and_two_on_one_work_in_turn_and_at_once()
    {
        float[] expected;
        using (CudaBackend alone = CudaBackend.Open())
        {
            expected = new Renderer(alone).Render(Samples.WithoutTop, Tiny).Images[0].Pixels;
        }

        using (CudaBackend a = CudaBackend.Open(0))
        using (CudaBackend b = CudaBackend.Open(1))
        using (CudaBackend c = CudaBackend.Open(0))
        {
            float[][] pictures = new float[3][];
            Parallel.For(0, 3, i => pictures[i] = new Renderer(i == 0 ? a : i == 1 ? b : c).Render(Samples.WithoutTop, Tiny).Images[0].Pixels);
            Assert.All(pictures, p => Assert.Equal(expected, p));
        }

        FakeCuda.AssertClean();
    }

    [Fact]
    public void A_step_becomes_one_graph_and_a_step_that_waits_or_allocates_is_refused_without_harm()
    {
        using (CudaBackend backend = CudaBackend.Open())
        {
            using ITensor tensor = backend.Allocate(new TensorShape(1, 1, 1, 1));
            using (IReplay replay = backend.Record(() => backend.Advance(tensor)))
            {
                Assert.Equal(1, ((CudaReplay)replay).NodeCount);
            }

            CudaException failure = Assert.ThrowsAny<CudaException>(() => backend.Record(backend.Synchronize));
            Assert.InRange(failure.Code, 900, 909);
            Assert.ThrowsAny<CudaException>(() => backend.Record(() => backend.Allocate(new TensorShape(1, 1, 1, 1)).Dispose()));
            using IReplay after = backend.Record(() => backend.Advance(tensor));
            backend.Fill(tensor, 0);
            after.Run(3);
            double[] value = new double[1];
            backend.Download(tensor, value);
            Assert.Equal(3, value[0]);
        }

        Assert.Equal("", FakeCuda.Live());
    }

    [Fact]
    public void A_jittered_step_has_no_launch_of_its_own_for_the_jitter()
    {
        using CudaBackend backend = CudaBackend.Open();
        NetworkCase one = NetworkCase.All["block1_pool"];
        using Tensors t = new(backend);
        INetworkProgram program = t.Own(backend.Compile(one.Network, one.Spec));
        TensorShape shape = program.InputShape;
        ITensor image = t.Zeros(shape), shifted = t.Zeros(shape), table = t.Zeros(new TensorShape(2, shape.N, 1, 2)), step = t.Zeros(TensorShape.PerImage(1));
        using IReplay plain = backend.Record(() => program.Forward(image));
        using IReplay jittered = backend.Record(() => ShiftedPass.Forward(backend, program, image, shifted, table, step, ShiftMode.ScipyWrap));
        Assert.Equal(((CudaReplay)plain).NodeCount, ((CudaReplay)jittered).NodeCount);
    }

    [Fact]
    public void A_clock_counts_the_steps_of_every_run_that_was_waited_for()
    {
        using (CudaBackend backend = CudaBackend.Open())
        {
            using StepClock clock = new(backend);
            using ITensor step = backend.Allocate(TensorShape.PerImage(1));
            using IReplay replay = backend.Record(() => backend.Advance(step));
            replay.Run(1);
            replay.Wait();
            backend.StepClock = clock;
            replay.Run(3);
            replay.Run(4);
            Assert.Equal(0, clock.Steps);
            replay.Wait();
            Assert.Equal(7, clock.Steps);
            double first = clock.Milliseconds;
            Assert.True(first >= 0);
            replay.Run(2);
            replay.Wait();
            replay.Wait();
            Assert.Equal(9, clock.Steps);
            Assert.True(clock.Milliseconds >= first);
            clock.Reset();
            Assert.Equal((0, 0.0), (clock.Steps, clock.Milliseconds));
            backend.StepClock = null;
            replay.Run(1);
            replay.Wait();
            Assert.Equal(0, clock.Steps);
        }

        FakeCuda.AssertClean();
    }

    [Fact]
    public void Steps_called_one_by_one_give_the_bits_of_the_graph()
    {
        Environment.SetEnvironmentVariable("VGGCUDA_NO_GRAPH", "1");
        try
        {
            using CudaBackend plain = CudaBackend.Open();
            Environment.SetEnvironmentVariable("VGGCUDA_NO_GRAPH", null);
            using CudaBackend graph = CudaBackend.Open();
            Assert.Equal(
                new Renderer(graph).Render(Samples.WithoutTop, Tiny).Images[0].Pixels,
                new Renderer(plain).Render(Samples.WithoutTop, Tiny).Images[0].Pixels);
        }
        finally
        {
            Environment.SetEnvironmentVariable("VGGCUDA_NO_GRAPH", null);
        }
    }
}
