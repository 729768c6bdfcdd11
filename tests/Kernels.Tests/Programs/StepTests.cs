using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;
using VggCuda.Kernels.Tests.Fake;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Kernels.Tests.Programs;

/// <summary>What a recorded step consists of, and that it gives what its calls give one by one.</summary>
public class StepTests
{
    // docs/cuda-engine.md, "A step": a line each, and how often it comes.
    private const string Convolution = "convolution";

    private static readonly (string Launch, int Times)[] Step =
    [
        ("shifted_input_f16", 1),
        (Convolution, 2), ("max_pool_f16", 1), (Convolution, 2), ("max_pool_f16", 1), (Convolution, 3), ("max_pool_f16", 1), (Convolution, 3), ("max_pool_f16", 1), (Convolution, 3), ("max_pool_f16", 1),
        ("dense_columns_1_f16", 3), ("tap_mean_f16", 1), ("dense_rows_1_f16", 3),
        ("max_pool_backward_f16", 1), (Convolution, 3), ("max_pool_backward_f16", 1), (Convolution, 3), ("max_pool_backward_f16", 1), (Convolution, 3), ("max_pool_backward_f16", 1), (Convolution, 2), ("max_pool_backward_f16", 1), (Convolution, 2),
        ("network_input_backward_sum_sixth_f16", 1), ("regularize_f32", 1), ("rms_prop_f32", 1),
    ];

    // The same of modern: from the spectrum to the picture, to the random view, into the network, and the same way back; then the step.
    private static readonly (string Launch, int Times)[] Modern =
    [
        ("product_of_multiple_f32", 1), ("product_f32", 1), ("product_and_sigmoid_f32", 1),
        ("warped_input_f16", 1),
        (Convolution, 2), ("max_pool_f16", 1), (Convolution, 2), ("max_pool_f16", 1), (Convolution, 3), ("max_pool_f16", 1), (Convolution, 3), ("max_pool_f16", 1), (Convolution, 3), ("max_pool_f16", 1),
        ("dense_columns_1_f16", 3), ("tap_mean_f16", 1), ("dense_rows_1_f16", 3),
        ("max_pool_backward_f16", 1), (Convolution, 3), ("max_pool_backward_f16", 1), (Convolution, 3), ("max_pool_backward_f16", 1), (Convolution, 3), ("max_pool_backward_f16", 1), (Convolution, 2), ("max_pool_backward_f16", 1), (Convolution, 2),
        ("network_input_backward_f16", 1),
        ("warp_backward_f32", 1), ("sigmoid_backward_f32", 1), ("product_f32", 2), ("product_and_multiple_f32", 1),
        ("adam_f32", 1),
    ];

    public StepTests() => FakeCuda.Require();

    [Fact]
    public void A_step_of_modern_in_half_precision_has_54_launches()
    {
        FakeCuda.ForgetPlans();
        using CudaBackend backend = CudaBackend.Open();
        ChannelObjective objective = new() { Layer = "predictions", Channels = [[5]] };
        new Renderer(backend).Render(Samples.WithTop, Presets.Create("modern", objective, [1u], 32, 32, 32) with { Precision = Precision.Fp16, Iterations = 2 });
        string[] expected = [.. Modern.SelectMany(s => Enumerable.Repeat(s.Launch, s.Times))];
        Assert.Equal(54, expected.Length);
        string[] found = [.. FakeCuda.LastGraph().Select(n => n.StartsWith("cuDNN engine", StringComparison.Ordinal) ? Convolution : n)];
        Assert.True(expected.SequenceEqual(found), string.Join(", ", found));
    }

    [Fact]
    public void A_step_of_the_recipe_in_half_precision_has_47_launches()
    {
        FakeCuda.ForgetPlans();
        using CudaBackend backend = CudaBackend.Open();
        new Renderer(backend).Render(Samples.WithTop, Presets.KerasVis("predictions", [[5]], [1u], 32, 32, 2) with { Precision = Precision.Fp16 });
        string[] expected = [.. Step.SelectMany(s => Enumerable.Repeat(s.Launch, s.Times))];
        Assert.Equal(47, expected.Length);
        Assert.Equal(expected, FakeCuda.LastGraph().Select(n => n.StartsWith("cuDNN engine", StringComparison.Ordinal) ? Convolution : n));
    }

    [Fact]
    public void Sums_rows_and_counts_that_are_gathered_give_what_they_give_one_by_one()
    {
        Random random = new(11);
        int launches = 0;
        int calls = 0;
        for (int trial = 0; trial < 40; trial++)
        {
            (int Kind, int A, int B, int C)[] operations = [.. Enumerable.Range(0, random.Next(1, 14)).Select(_ => (random.Next(6), random.Next(5), random.Next(5), random.Next(5)))];
            (double[] alone, _) = Run(operations, recorded: false);
            (double[] gathered, int nodes) = Run(operations, recorded: true);
            Assert.Equal(alone, gathered);
            launches += nodes;
            calls += operations.Length;
        }

        Assert.True(launches < calls * 3 / 4, $"{launches} launches for {calls} operations");
        Assert.Equal("", FakeCuda.Violations());

        static (double[] Values, int Nodes) Run((int Kind, int A, int B, int C)[] operations, bool recorded)
        {
            const int Images = 3, Steps = 3;
            using CudaBackend backend = CudaBackend.Open();
            using Tensors t = new(backend);
            ITensor[] values = [.. Enumerable.Range(0, 5).Select(_ => t.Zeros(TensorShape.PerImage(Images)))];
            ITensor step = t.Zeros(TensorShape.PerImage(1)), other = t.Zeros(TensorShape.PerImage(1));
            using ILossLog log = backend.CreateLog(4, Images, 3);
            using IReplay? replay = recorded ? backend.Record(Once) : null;
            for (int i = 0; i < values.Length; i++)
            {
                backend.Upload(values[i], (double[])[i + 0.5, -i, 3 * i]);
            }

            backend.Fill(step, 0);
            backend.Fill(other, 0);
            Repeat(backend, replay, Once, Steps);
            double[] written = new double[4 * Images * 3];
            log.Read(0, written);

            // Recording has logged a first step of its own; a row that no step of ours has written differs.
            return ([.. values.SelectMany(t.Get), .. t.Get(step), .. t.Get(other), .. operations.Any(o => o.Kind == 3) && operations.Count(o => o.Kind == 4) == 1 ? written[..(Steps * Images * 3)] : []], (replay as CudaReplay)?.NodeCount ?? 0);

            void Once()
            {
                foreach ((int kind, int a, int b, int c) in operations)
                {
                    switch (kind)
                    {
                        case 0 or 1 or 2:
                            backend.Add(values[a], values[b], values[c]);
                            break;
                        case 3:
                            backend.Log(log, step, [values[a], values[b], values[c]]);
                            break;
                        case 4:
                            backend.Advance(step);
                            break;
                        case 5 when a == 0:
                            backend.Advance(other);
                            break;
                        default:
                            backend.Fill(values[a], b);
                            break;
                    }
                }
            }
        }
    }

    [Fact]
    public void Halves_that_overflow_in_a_replayed_step_are_noticed_behind_it()
    {
        using CudaBackend backend = CudaBackend.Open();
        using Tensors t = new(backend);
        NetworkCase one = NetworkCase.All["block3_conv1"];
        INetworkProgram program = t.Own(backend.Compile(one.Network, one.Spec with { Precision = Precision.Fp16 }));
        ITensor image = t.Zeros(program.InputShape), gradient = t.Zeros(program.InputShape), given = t.Zeros(program.Tap.Shape);
        using IReplay replay = backend.Record(() =>
        {
            program.Forward(image);
            program.Backward([given], gradient);
        });
        Assert.DoesNotContain("check_finite_f16", FakeCuda.LastGraph());
        long before = FakeCuda.Calls("cuLaunchKernel");
        replay.Run(5);
        replay.Wait();

        // Behind the five, once: the two convolutions that another convolution follows.
        Assert.Equal(2, FakeCuda.Calls("cuLaunchKernel") - before);
        backend.Fill(image, 60_000);
        replay.Run(1);
        Assert.Contains("Half precision overflowed", Assert.Throws<NumbersFailedException>(() => replay.Wait()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_class_of_a_millionth_has_its_gradient_in_half_precision_too()
    {
        NetworkCase one = NetworkCase.All["softmax"];
        ProgramSpec spec = one.Spec with { Taps = [one.Spec.Taps[0] with { Channels = [[5], [5], [5]] }] };
        (double[] before, _) = Reference(one with { Spec = spec });
        Network unlikely = Network.FromWeights(new LoweredClass(one.Network.Weights, 5, Math.Log(before[0] / 1e-6)));
        NetworkCase rare = one with { Network = unlikely, Spec = spec with { Taps = [spec.Taps[0] with { Layer = unlikely.Topology.Find("predictions")! }] } };
        (double[] p, double[] expected) = Reference(rare);
        Assert.InRange(p[0], 0.5e-6, 2e-6);
        using CudaBackend backend = CudaBackend.Open();
        using Tensors t = new(backend);
        (double[] tap, double[] gradient) = rare.Run(t, Precision.Fp16);
        Assert.InRange(tap[0] / p[0], 0.9, 1.1);

        // Image by image, since each has its own power of two.
        int each = gradient.Length / 3;
        for (int n = 0; n < 3; n++)
        {
            double[] e = expected[(n * each)..((n + 1) * each)], g = gradient[(n * each)..((n + 1) * each)];
            double error = Math.Sqrt(g.Zip(e, (a, b) => (a - b) * (a - b)).Sum() / e.Sum(b => b * b));
            Assert.True(error < 0.14, $"image {n} (p = {p[n]:R}): {error}");
        }

        static (double[], double[]) Reference(NetworkCase one)
        {
            using VggCuda.Engine.Backends.Reference.ReferenceBackend reference = new();
            using Tensors t = new(reference);
            return one.Run(t, Precision.Fp32);
        }
    }

    [Fact]
    public void Dense_layers_of_a_large_batch_in_half_precision_are_not_summed_in_halves()
    {
        // The stand-in refuses a product of halves where cuBLAS might.
        using CudaBackend backend = CudaBackend.Open();
        using Tensors t = new(backend);
        NetworkCase one = NetworkCase.All["predictions"];
        NetworkCase nine = one with { Spec = one.Spec with { Batch = 9, Taps = [one.Spec.Taps[0] with { Channels = [.. Enumerable.Range(0, 9).Select(i => (System.Collections.Immutable.ImmutableArray<int>)[i % 6])] }] } };
        nine.Run(t, Precision.Fp16);
        Assert.True(FakeCuda.Calls("cublasGemmEx") >= 6);
        Assert.Equal("", FakeCuda.Violations());
    }

    /// <summary>Does the steps, one by one or as they were recorded, and waits for their end.</summary>
    internal static void Repeat(CudaBackend backend, IReplay? replay, Action once, int steps)
    {
        if (replay is null)
        {
            for (int i = 0; i < steps; i++)
            {
                once();
            }
        }
        else
        {
            replay.Run(steps);
            replay.Wait();
        }

        backend.Synchronize();
    }

    // Weights with the bias of one class of the predictions lowered.
    private sealed class LoweredClass(IWeightSource inner, int place, double by) : IWeightSource
    {
        public string Name => inner.Name;

        public IReadOnlyList<LayerWeights> Layers => inner.Layers;

        public string? ComputeSha256(CancellationToken cancellation = default) => null;

        public void Dispose()
        {
            // The inner one belongs to the samples.
        }

        public void Read(string layer, WeightPart part, long start, Span<float> destination, CancellationToken cancellation = default)
        {
            inner.Read(layer, part, start, destination, cancellation);
            if (layer == "predictions" && part == WeightPart.Bias && place >= start && place < start + destination.Length)
            {
                destination[(int)(place - start)] -= (float)by;
            }
        }
    }
}
