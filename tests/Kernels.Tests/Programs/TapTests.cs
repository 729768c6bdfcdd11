using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Kernels.Tests.Fake;
using VggCuda.Kernels.Tests.Operations;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Kernels.Tests.Programs;

/// <summary>Programs of several taps beyond the contract: other precisions, cuBLAS, unfused graphs, failing calls, and what they cost.</summary>
public class TapTests
{
    private const int Unknown = 999;

    public TapTests() => FakeCuda.Require();

    public static TheoryData<string, Precision> Precisions()
    {
        TheoryData<string, Precision> data = [];
        foreach (string name in (string[])["before and after, inside", "under a pooling", "dense layers", "logits and probabilities", "guided, one tap", "deconvnet, before, one tap"])
        {
            data.Add(name, Precision.Fp16);
            data.Add(name, Precision.Bf16);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Precisions))]
    public void Several_taps_stay_within_a_precisions_rounding_of_the_reference(string name, Precision precision)
    {
        // As in VariantTests: decisions of ReLU and pooling that fall the other way weigh much in networks of few channels.
        double tolerance = (precision == Precision.Bf16 ? 8 : 1) * 0.02;
        Compare(TapsCase.All[name], precision, tolerance, 7 * tolerance);
    }

    [Theory]
    [InlineData("cudnn.fused_backward")]
    [InlineData("cudnn.fused")]
    [InlineData("cudnn.backward")]
    public void Where_cuDNN_lacks_a_graph_the_next_rung_gives_the_same(string missing)
    {
        FakeCuda.Set(missing, 0);
        Compare(TapsCase.All["under a pooling"], Precision.Fp32, 1e-5, 1e-4);
    }

    [Fact]
    public void Taps_of_dense_layers_in_a_large_batch_go_through_cuBLAS_and_give_the_same()
    {
        TapsCase one = TapsCase.All["dense layers"];
        ProgramSpec spec = one.Program.Spec;
        ImmutableArray<TapSpec> taps = [.. spec.Taps.Select(t => t.Channels.IsDefaultOrEmpty ? t : t with { Channels = [.. Enumerable.Range(0, 9).Select(i => t.Channels[i % 2])] })];
        long before = FakeCuda.Calls("cublasGemmEx");
        Compare(one with { Program = one.Program with { Spec = spec with { Batch = 9, Taps = taps } } }, Precision.Fp32, 1e-5, 1e-4);
        Assert.True(FakeCuda.Calls("cublasGemmEx") - before >= 6);
    }

    [Theory]
    [InlineData("block3_conv1", 7)]
    [InlineData("block3_pool", 10)]
    public void One_tap_by_the_plain_rule_takes_a_launch_for_each_layer_each_way_and_four_for_its_ends(string name, int layers)
    {
        // A test before this one may have left plans of a cuDNN that lacked the fused graphs.
        FakeCuda.ForgetPlans();
        using CudaBackend backend = CudaBackend.Open();
        using Tensors t = new(backend);
        NetworkCase one = NetworkCase.All[name];
        Assert.Equal((2 * layers) + 4, Launches(backend, t, one.Spec));

        // An inner tap that is given no gradient: its gathering, its ReLU by itself, and the clearing at the top where a scattering was one launch.
        TapSpec inner = new(one.Network.Topology.Find("block2_conv2")!);
        Assert.InRange(Launches(backend, t, one.Spec with { Taps = [.. one.Spec.Taps, inner] }), (2 * layers) + 5, (2 * layers) + 8);

        int Launches(CudaBackend backend, Tensors t, ProgramSpec spec)
        {
            INetworkProgram program = t.Own(backend.Compile(one.Network, spec));
            ITensor image = t.Zeros(program.InputShape), gradient = t.Zeros(program.InputShape), given = t.Zeros(program.Tap.Shape);
            ITensor?[] all = [given, .. Enumerable.Repeat<ITensor?>(null, spec.Taps.Length - 1)];
            using IReplay replay = backend.Record(() =>
            {
                program.Forward(image);
                program.Backward(all, gradient);
            });
            return ((CudaReplay)replay).NodeCount;
        }
    }

    [Theory]
    [InlineData("under a pooling")]
    [InlineData("logits and probabilities")]
    [InlineData("guided")]
    public void The_order_of_threads_changes_no_bit(string name)
    {
        using CudaBackend backend = CudaBackend.Open();
        Assert.Equal(Run(false), Run(true));

        double[][] Run(bool reversed)
        {
            using ThreadOrder order = new(reversed);
            using Tensors t = new(backend);
            return [.. TapsCase.All[name].Run(t, Precision.Fp32).Select(r => r.Values)];
        }
    }

    [Fact]
    public void Whichever_call_fails_nothing_leaks_and_the_next_program_works()
    {
        TapsCase one = TapsCase.All["the first layer"];
        double[][] expected = Run();
        FakeCuda.FailNth(0, 0);
        Run();
        long calls = FakeCuda.Calls();
        for (long n = 1; n <= calls; n += 3)
        {
            FakeCuda.FailNth(n, Unknown);
            try
            {
                Assert.Equal(expected, Run());
            }
            catch (DeviceException e)
            {
                Assert.NotEmpty(e.Message);
            }

            FakeCuda.FailNth(0, 0);
            Assert.Equal("", FakeCuda.Live());
        }

        Assert.Equal(expected, Run());

        double[][] Run()
        {
            using CudaBackend backend = CudaBackend.Open();
            using Tensors t = new(backend);
            return [.. one.Run(t, Precision.Fp32).Select(r => r.Values)];
        }
    }

    [Fact]
    public void A_forecast_is_what_compiling_takes()
    {
        using CudaBackend backend = CudaBackend.Open();
        foreach (string name in (string[])["under a pooling", "logits and probabilities", "dense layers"])
        {
            NetworkCase one = TapsCase.All[name].Program;
            backend.Compile(one.Network, one.Spec).Dispose();
            backend.Trim();
            long before = backend.Context.MemoryInfo().Free;
            using INetworkProgram program = backend.Compile(one.Network, one.Spec);
            long taken = before - backend.Context.MemoryInfo().Free;
            MemoryForecast forecast = backend.Forecast(one.Network, one.Spec);
            Assert.InRange(taken, 0.99 * forecast.Total, 1.01 * forecast.Total);
        }
    }

    private static void Compare(TapsCase one, Precision precision, double tapTolerance, double gradientTolerance)
    {
        using CudaBackend backend = CudaBackend.Open();
        using Tensors mine = new(backend);
        using ReferenceBackend reference = new();
        using Tensors theirs = new(reference);
        List<(string What, double[] Values, bool IsGradient)> actual = one.Run(mine, precision);
        List<(string What, double[] Values, bool IsGradient)> expected = one.Run(theirs, Precision.Fp32);
        for (int i = 0; i < expected.Count; i++)
        {
            double[] e = expected[i].Values, a = actual[i].Values;
            if (expected[i].IsGradient)
            {
                double error = Math.Sqrt(a.Zip(e, (x, y) => (x - y) * (x - y)).Sum() / e.Sum(y => y * y));
                Assert.True(error < gradientTolerance, $"{expected[i].What}: {error}");
            }
            else
            {
                double error = a.Zip(e, (x, y) => Math.Abs(x - y)).Max() / e.Max(Math.Abs);
                Assert.True(error < tapTolerance, $"{expected[i].What}: {error}");
            }
        }

        Assert.Equal("", FakeCuda.Violations());
    }
}
