using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;
using VggCuda.Engine.Stages;
using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Tests.Fake;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Kernels.Tests.Programs;

/// <summary>What happens when calls fail: each call in turn, memory running short, an error that ends the context.</summary>
public class FaultTests
{
    private const int OutOfMemory = 2;
    private const int Unknown = 999;
    private const int IllegalAddress = 700;

    private static readonly RenderPlan Tiny = Presets.KerasVis("block1_conv2", [[1]], [7u], 32, 32, 1) with { Transforms = [new Jitter(2)] };

    public FaultTests() => FakeCuda.Require();

    [Theory]
    [InlineData(Unknown)]
    [InlineData(OutOfMemory)]
    [InlineData(IllegalAddress)]
    public void Whichever_call_fails_the_failure_is_typed_nothing_leaks_and_the_next_run_works(int code)
    {
        float[] expected = Render();
        FakeCuda.ForgetPlans();
        FakeCuda.FailNth(0, 0);
        Render();
        long calls = FakeCuda.Calls();
        Assert.InRange(calls, 300, 20_000);
        int failed = 0;

        // Every single call once; with the other two codes every tenth or so.
        for (long n = 1; n <= calls; n += Stride(n, code))
        {
            if (code == Unknown)
            {
                // Without the plans that earlier runs left, so that building them fails too.
                FakeCuda.ForgetPlans();
            }

            FakeCuda.FailNth(n, code);
            try
            {
                Assert.Equal(expected, Render());
            }
            catch (DeviceException e)
            {
                failed++;
                Assert.NotEmpty(e.Message);
            }

            FakeCuda.FailNth(0, 0);
            Assert.Equal("", FakeCuda.Live());
        }

        Assert.True(failed > 15, $"only {failed} failures were seen");
        Assert.Equal(expected, Render());
        Assert.Equal(0, CudaHandle.Leaked);
    }

    [Fact]
    public void Whichever_call_of_a_ranking_fails_nothing_leaks_and_the_next_one_works()
    {
        using CudaBackend backend = CudaBackend.Open();
        using ITensor logits = backend.Allocate(new TensorShape(2, 1, 1, 9));
        backend.Upload(logits, (double[])[1, 5, 3, 2, 0, 7, 7, 4, 6, 8, 5, 3, 2, 0, 7, 7, 4, 6]);
        backend.Rank(logits, 3);
        string live = FakeCuda.Live();
        long before = FakeCuda.Calls();
        backend.Rank(logits, 3);
        long calls = FakeCuda.Calls() - before;
        Assert.InRange(calls, 5, 40);
        for (long n = 1; n <= calls; n++)
        {
            FakeCuda.FailNth(n, Unknown);
            try
            {
                backend.Rank(logits, 3);
                Assert.Fail($"call {n} of {calls} was let pass");
            }
            catch (DeviceException e)
            {
                Assert.NotEmpty(e.Message);
            }
            finally
            {
                FakeCuda.FailNth(0, 0);
            }

            Assert.Equal(live, FakeCuda.Live());
        }

        Assert.Equal([5, 6, 8], backend.Rank(logits, 3)[0].Select(p => p.Class));
        Assert.Equal([0, 5, 6], backend.Rank(logits, 3)[1].Select(p => p.Class));
    }

    [Fact]
    public void An_illegal_address_ends_the_backend_and_not_the_process()
    {
        using (CudaBackend backend = CudaBackend.Open())
        {
            using ITensor tensor = backend.Allocate(new TensorShape(1, 4, 4, 3));
            FakeCuda.Fail("cuLaunchKernel", FakeCuda.Calls("cuLaunchKernel") + 1, IllegalAddress);
            CudaFatalException first = Assert.Throws<CudaFatalException>(() => backend.Fill(tensor, 1));
            Assert.Contains("fill_f32", first.Message, StringComparison.Ordinal);
            Assert.Equal(IllegalAddress, first.Code);
            CudaFatalException second = Assert.Throws<CudaFatalException>(() => backend.Allocate(new TensorShape(1, 1, 1, 1)));
            Assert.Contains("refuses further work", second.Message, StringComparison.Ordinal);
        }

        Assert.Equal("", FakeCuda.Live());
        using CudaBackend next = CudaBackend.Open();
        using ITensor fresh = next.Allocate(new TensorShape(1, 1, 1, 2));
        next.Fill(fresh, 3);
        double[] values = new double[2];
        next.Download(fresh, values);
        Assert.Equal([3, 3], values);
    }

    [Fact]
    public void Where_the_process_is_done_with_CUDA_the_next_backend_says_so_and_why()
    {
        FakeCuda.Set("fatal_for_process", 1);
        using (CudaBackend backend = CudaBackend.Open())
        {
            using ITensor tensor = backend.Allocate(new TensorShape(1, 4, 4, 3));
            FakeCuda.Fail("cuLaunchKernel", FakeCuda.Calls("cuLaunchKernel") + 1, IllegalAddress);
            Assert.Contains("start a new one", Assert.Throws<CudaFatalException>(() => backend.Fill(tensor, 1)).Message, StringComparison.Ordinal);
        }

        CudaFatalException next = Assert.Throws<CudaFatalException>(() => CudaBackend.Open());
        Assert.Contains("CUDA has failed for good in this process before, at cu", next.Message, StringComparison.Ordinal);
        Assert.Contains("start a new process", next.Message, StringComparison.Ordinal);
        FakeCuda.Set("fatal_for_process", 0);
        CudaBackend.Open().Dispose();
    }

    [Fact]
    public void A_kernel_that_faults_is_reported_by_a_later_call_with_the_last_launches()
    {
        using CudaBackend backend = CudaBackend.Open();
        using ITensor tensor = backend.Allocate(new TensorShape(1, 4, 4, 3));
        DevicePointer beyond = ((CudaTensor)tensor).Pointer + (1L << 40);
        new VggCuda.Kernels.Operations.Fill(backend.KernelLibrary).Launch(beyond, 8, 1);
        CudaFatalException failure = Assert.Throws<CudaFatalException>(backend.Synchronize);
        Assert.Contains("newest first: fill_f32", failure.Message, StringComparison.Ordinal);
        Assert.Contains("VGGCUDA_SYNC=1", failure.Message, StringComparison.Ordinal);
        Assert.Contains("points to no memory of this device", FakeCuda.Violations(), StringComparison.Ordinal);
    }

    [Fact]
    public void Waiting_after_every_launch_finds_the_one_that_faults()
    {
        Environment.SetEnvironmentVariable("VGGCUDA_SYNC", "1");
        try
        {
            using CudaBackend backend = CudaBackend.Open();
            using ITensor tensor = backend.Allocate(new TensorShape(1, 4, 4, 3));
            backend.Fill(tensor, 2);
            VggCuda.Kernels.Operations.Fill fill = new(backend.KernelLibrary);
            CudaFatalException failure = Assert.Throws<CudaFatalException>(() => fill.Launch(((CudaTensor)tensor).Pointer + (1L << 40), 8, 1));
            Assert.StartsWith("CUDA: kernel 'fill_f32'", failure.Message, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("VGGCUDA_SYNC", null);
        }
    }

    [Fact]
    public void A_batch_that_does_not_fit_is_drawn_in_smaller_ones_with_the_same_pictures()
    {
        RenderPlan plan = Presets.KerasVis("block2_conv2", [[0], [1], [2], [3], [4], [5]], [1u, 2u, 3u, 4u, 5u, 6u], 64, 64, 2) with { Transforms = [new Jitter(3)] };
        RenderResult roomy;
        using (CudaBackend backend = CudaBackend.Open())
        {
            roomy = new Renderer(backend).Render(Samples.WithTop, plan);
        }

        using (CudaBackend backend = CudaBackend.Open())
        {
            ProgramSpec spec = plan.Spec(Samples.WithTop);
            MemoryForecast forecast = backend.Forecast(Samples.WithTop, spec);
            FakeCuda.Set("memory", forecast.Weights + (forecast.Activations * 17 / 20));
            Assert.Throws<DeviceMemoryException>(() => backend.Compile(Samples.WithTop, spec));
            RenderResult tight = new Renderer(backend).Render(Samples.WithTop, plan);
            Assert.Equal(roomy.Images.Select(i => i.Pixels), tight.Images.Select(i => i.Pixels));
        }

        Assert.Equal("", FakeCuda.Live());
    }

    [Fact]
    public void What_does_not_fit_is_explained_with_what_would()
    {
        FakeCuda.Set("memory", 24L << 20);
        using CudaBackend backend = CudaBackend.Open();
        ProgramSpec spec = new() { Taps = [new TapSpec(Samples.WithoutTop.Topology.Find("block3_conv1")!)], Batch = 64, Height = 128, Width = 128 };
        DeviceMemoryException failure = Assert.Throws<DeviceMemoryException>(() => backend.Compile(Samples.WithoutTop, spec));
        Assert.Matches("^64 images of 128 x 128 up to block3_conv1 need [0-9]+ MiB on cuda:0, [0-9]+ MiB are free\\. About [0-9]+ images would fit\\.$", failure.Message);
        Assert.True(failure.Requested > failure.Available);
    }

    private static long Stride(long n, int code) => code == Unknown ? 1 : 9 + (n % 3);

    private static float[] Render()
    {
        using CudaBackend backend = CudaBackend.Open();
        RenderResult result = new Renderer(backend).Render(Samples.WithoutTop, Tiny);
        return result.Images[0].Pixels;
    }
}
