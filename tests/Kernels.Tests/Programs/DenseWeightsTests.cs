using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader;
using VggCuda.Kernels.Tests.Fake;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Kernels.Tests.Programs;

/// <summary>Dense weights of a byte each: the CUDA backend computes what the reference computes with the rounded weights, and those change little.</summary>
public class DenseWeightsTests
{
    public DenseWeightsTests() => FakeCuda.Require();

    public static TheoryData<string, int> Cases => new(
        from name in (string[])["fc1", "fc1 before", "fc2, lists filled up", "predictions", "predictions, all", "softmax, all", "one dense layer", "VGG19, predictions"]
        from batch in (int[])[0, 9]
        where batch == 0 || name is "fc1" or "softmax, all"
        select (name, batch));

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_program_is_the_references_with_the_rounded_weights(string name, int batch)
    {
        NetworkCase one = NetworkCase.All[name];
        one = batch == 0 ? one : one with { Spec = one.Spec with { Batch = batch, Taps = [one.Spec.Taps[0] with { Channels = [] }] } };
        long products = FakeCuda.Calls("cublasGemmEx");
        using CudaBackend backend = CudaBackend.Open(0, new CudaOptions { DenseWeights = DenseWeights.EightBit });
        Assert.Equal("int8", backend.Description.Details["dense weights"]);
        using Tensors mine = new(backend);
        using ReferenceBackend reference = new();
        using Tensors theirs = new(reference);
        (double[] tap, double[] gradient) = one.Run(mine, Precision.Fp32);
        NetworkCase rounded = one with { Network = Int8Weights.Rounded(one.Network) };
        (double[] expectedTap, double[] expectedGradient) = rounded.Run(theirs, Precision.Fp32);
        Assert.InRange(Difference(tap, expectedTap), 0, 1e-5);
        Assert.InRange(Difference(gradient, expectedGradient), 0, 1e-4);

        // That it is not simply the whole weights.
        (double[] wholeTap, double[] _) = one.Run(theirs, Precision.Fp32);
        Assert.InRange(Difference(tap, wholeTap), 1e-4, 0.1);
        Assert.Equal(products, FakeCuda.Calls("cublasGemmEx"));
        Assert.Equal("", FakeCuda.Violations());
    }

    [Fact]
    public void The_forecast_knows_that_they_are_smaller()
    {
        NetworkCase one = NetworkCase.All["fc1"];
        ProgramSpec spec = one.Spec with { Precision = Precision.Fp16 };
        using CudaBackend whole = CudaBackend.Open(0), bytes = CudaBackend.Open(0, new CudaOptions { DenseWeights = DenseWeights.EightBit });
        Layer fc1 = one.Network.Topology.Find("fc1")!;
        long weights = fc1.ParameterCount - fc1.Outputs;
        Assert.InRange(whole.Forecast(one.Network, spec).Weights - bytes.Forecast(one.Network, spec).Weights, weights / 2, weights * 2);
    }

    /// <remarks>On the reference, so that nothing but the rounding of the weights is in the figures of docs/cuda-engine.md.</remarks>
    [Fact]
    public void The_bundled_models_logits_and_gradients_hardly_change()
    {
        using IWeightSource weights = KerasWeights.Open(Path.Combine(FakeCudaBuild.Root(), "models", "demo.h5"));
        Network network = Network.FromWeights(weights);
        int side = network.Topology.FixedInputSize!.Value;
        ProgramSpec spec = new() { Taps = [new TapSpec(network.Topology.Find("predictions")!)], Batch = 2, Height = side, Width = side };
        NetworkCase whole = new(network, spec);
        NetworkCase rounded = new(Int8Weights.Rounded(network), spec);
        using ReferenceBackend reference = new();
        using Tensors t = new(reference);
        (double[] tap, double[] gradient) = whole.Run(t, Precision.Fp32);
        (double[] roundedTap, double[] roundedGradient) = rounded.Run(t, Precision.Fp32);
        double logits = Difference(roundedTap, tap), towards = Difference(roundedGradient, gradient);
        TestContext.Current.TestOutputHelper?.WriteLine($"logits {logits:E2}, gradient {towards:E2}");
        Assert.InRange(logits, 1e-6, 0.03);
        Assert.InRange(towards, 1e-6, 0.05);
    }

    // The norm of the difference as a fraction of the norm.
    private static double Difference(double[] a, double[] b) => Math.Sqrt(a.Zip(b, (x, y) => (x - y) * (x - y)).Sum() / b.Sum(y => y * y));
}
