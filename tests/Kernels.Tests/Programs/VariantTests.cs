using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Kernels.Cudnn;
using VggCuda.Kernels.Tests.Fake;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Kernels.Tests.Programs;

/// <summary>Every precision, every rung of the ladder, cuBLAS instead of our dense kernels: all against the reference.</summary>
public class VariantTests
{
    public VariantTests() => FakeCuda.Require();

    public static TheoryData<string, Precision> Precisions()
    {
        TheoryData<string, Precision> data = [];
        foreach (string name in (string[])["block1_conv1", "block1_conv2, a channel each", "block2_conv2, lists filled up", "block3_conv1", "block3_pool", "block5_pool, one twice", "fc2, lists filled up", "predictions", "softmax"])
        {
            data.Add(name, Precision.Tf32);
            data.Add(name, Precision.Fp16);
            data.Add(name, Precision.Bf16);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Precisions))]
    public void A_precision_stays_within_its_rounding_of_the_reference(string name, Precision precision)
    {
        // Unit roundoffs: TF32 and fp16 2^-11, bfloat16 2^-8. In the deep cases a good part of the gradient's error is decisions of
        // ReLU and pooling that fall the other way: these networks have few channels, so each one weighs.
        bool shallow = name.StartsWith("block1", StringComparison.Ordinal) || name.StartsWith("block2", StringComparison.Ordinal);
        double tolerance = (precision == Precision.Bf16 ? 8 : 1) * (shallow ? 0.003 : 0.02);
        (double tap, double gradient) = Errors(NetworkCase.All[name], precision);
        Assert.True(tap < tolerance, $"tap: {tap}");
        Assert.True(gradient < (shallow ? 12 : 7) * tolerance, $"gradient: {gradient}");
        Assert.True(tap > 1e-7, $"the tap's error is {tap}: was this {precision} at all?");
        Assert.Equal("", FakeCuda.Violations());
    }

    [Theory]
    [InlineData("cudnn.fused_backward", Precision.Fp32)]
    [InlineData("cudnn.fused", Precision.Fp32)]
    [InlineData("cudnn.fused", Precision.Bf16)]
    [InlineData("cudnn.backward", Precision.Fp32)]
    [InlineData("cudnn.float_bias", Precision.Fp16)]
    public void Where_cuDNN_lacks_a_graph_the_next_rung_gives_the_same(string missing, Precision precision)
    {
        FakeCuda.Set(missing, 0);
        (double tap, double gradient) = Errors(NetworkCase.All["block3_conv1"], precision);
        double tolerance = precision == Precision.Fp32 ? 1e-5 : 0.04;
        Assert.True(tap < tolerance, $"tap: {tap}");
        Assert.True(gradient < 10 * tolerance, $"gradient: {gradient}");
    }

    [Fact]
    public void An_engine_with_a_transform_is_taken_where_there_is_no_other()
    {
        FakeCuda.Set("cudnn.transforms_only", 1);
        (double tap, double gradient) = Errors(NetworkCase.All["block1_pool"], Precision.Fp32);
        Assert.True(tap < 1e-5 && gradient < 1e-3, $"{tap}, {gradient}");
    }

    [Fact]
    public void Without_any_engine_the_failure_names_the_layer_and_the_ways_out()
    {
        FakeCuda.Set("cudnn.any", 0);
        using CudaBackend backend = CudaBackend.Open();

        // A size of its own, for which no other test leaves a plan in the cache.
        NetworkCase one = NetworkCase.All["block3_conv1"];
        DeviceException failure = Assert.Throws<DeviceException>(() => backend.Compile(one.Network, one.Spec with { Height = 51, Width = 47 }));
        Assert.Matches(@"forward 2x51x47 \d+->\d+ fp32 relu", failure.Message);
        Assert.Contains("Try another precision", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_large_batch_of_a_dense_tap_goes_through_cuBLAS_and_gives_the_same()
    {
        NetworkCase one = NetworkCase.All["predictions"];
        NetworkCase nine = one with { Spec = one.Spec with { Batch = 9, Taps = [one.Spec.Taps[0] with { Channels = [.. Enumerable.Range(0, 9).Select(i => (System.Collections.Immutable.ImmutableArray<int>)[i % 6])] }] } };
        long before = FakeCuda.Calls("cublasGemmEx");
        (double tap, double gradient) = Errors(nine, Precision.Fp32);
        Assert.True(FakeCuda.Calls("cublasGemmEx") - before >= 6);
        Assert.True(tap < 1e-5, $"tap: {tap}");
        Assert.True(gradient < 1e-4, $"gradient: {gradient}");
    }

    [Fact]
    public void Strict_float32_takes_no_engine_on_tensor_cores_and_no_engine_that_changes_from_run_to_run()
    {
        foreach (int note in (int[])[0, 1, 2, 3, 4, 5, 6, 7, 8])
        {
            Assert.False(EngineList.IsWelcome([note], Precision.Fp32));
        }

        Assert.True(EngineList.IsWelcome([0, 1], Precision.Tf32));
        Assert.True(EngineList.IsWelcome([0], Precision.Fp16));
        Assert.False(EngineList.IsWelcome([0, 4], Precision.Fp16));
        Assert.False(EngineList.IsWelcome([5], Precision.Tf32));
        Assert.True(EngineList.IsWelcome([5], Precision.Fp32, transforms: true));
        Assert.False(EngineList.IsWelcome([5, 1], Precision.Fp32, transforms: true));
        Assert.True(EngineList.IsWelcome([], Precision.Fp32));
    }

    [Fact]
    public void Half_precision_that_overflows_says_so_and_where()
    {
        using CudaBackend backend = CudaBackend.Open();
        NetworkCase one = NetworkCase.All["block3_conv1"];
        using Tensors t = new(backend);
        INetworkProgram program = t.Own(backend.Compile(one.Network, one.Spec with { Precision = Precision.Fp16 }));
        ITensor image = t.Zeros(program.InputShape);
        backend.Fill(image, 60_000);
        program.Forward(image);
        VggCuda.Engine.Rendering.NumbersFailedException failure = Assert.Throws<VggCuda.Engine.Rendering.NumbersFailedException>(backend.Synchronize);
        Assert.Matches("the activations of block[123]_(pool|conv1)", failure.Message);
        Assert.Contains("bf16", failure.Message, StringComparison.Ordinal);
        backend.Fill(image, 1);
        program.Forward(image);
        backend.Synchronize();
        INetworkProgram wide = t.Own(backend.Compile(one.Network, one.Spec with { Precision = Precision.Bf16 }));
        backend.Fill(image, 60_000);
        wide.Forward(image);
        Assert.All(t.Get(wide.Tap), v => Assert.True(double.IsFinite(v)));
    }

    [Fact]
    public void A_GPU_before_Ampere_is_told_what_it_lacks()
    {
        FakeCuda.Set("capability", 75);
        using CudaBackend backend = CudaBackend.Open();
        NetworkCase one = NetworkCase.All["block1_pool"];
        foreach (Precision precision in (Precision[])[Precision.Tf32, Precision.Bf16])
        {
            DeviceException failure = Assert.Throws<DeviceException>(() => backend.Compile(one.Network, one.Spec with { Precision = precision }));
            Assert.Contains("8.0 (Ampere)", failure.Message, StringComparison.Ordinal);
        }

        backend.Compile(one.Network, one.Spec with { Precision = Precision.Fp16 }).Dispose();
    }

    // The largest error of the tap relative to its largest value, and the gradient's error as a fraction of its norm.
    private static (double Tap, double Gradient) Errors(NetworkCase one, Precision precision)
    {
        using CudaBackend backend = CudaBackend.Open();
        using Tensors mine = new(backend);
        using ReferenceBackend reference = new();
        using Tensors theirs = new(reference);
        (double[] tap, double[] gradient) = one.Run(mine, precision);
        (double[] expectedTap, double[] expectedGradient) = one.Run(theirs, Precision.Fp32);
        double largest = expectedTap.Max(Math.Abs);
        double tapError = tap.Zip(expectedTap, (a, b) => Math.Abs(a - b)).Max() / largest;
        double error = Math.Sqrt(gradient.Zip(expectedGradient, (a, b) => (a - b) * (a - b)).Sum());
        return (tapError, error / Math.Sqrt(expectedGradient.Sum(g => g * g)));
    }
}
