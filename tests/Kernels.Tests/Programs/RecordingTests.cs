using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Kernels.Tests.Fake;
using VggCuda.Kernels.Tests.Operations;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Kernels.Tests.Programs;

/// <summary>What a recorded step takes together gives what its operations give one by one, to the bit, in whatever order and with whatever tensors in common they come.</summary>
public class RecordingTests
{
    private const int Pictures = 6, Numbers = 6, Steps = 3;

    public RecordingTests()
    {
        FakeCuda.Require();

        // A test before this one may have left plans of a cuDNN that lacked the fused graphs.
        FakeCuda.ForgetPlans();
    }

    public static TheoryData<int, int, int, int> Shapes => new()
    {
        // One value; lines that are no whole fours; whole fours in several parts; lines that are none, in images that are.
        { 1, 1, 1, 1 }, { 3, 5, 7, 3 }, { 2, 20, 24, 3 }, { 2, 4, 5, 3 }, { 3, 30, 37, 3 },

        // More rows than a product makes at once.
        { 2, 70, 8, 3 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Operations_that_go_together_give_what_they_give_one_by_one(int images, int height, int width, int channels)
    {
        using CudaBackend backend = CudaBackend.Open();
        TensorShape shape = new(images, height, width, channels);
        Random random = new(7);
        int launches = 0, calls = 0;
        for (int trial = 0; trial < 60; trial++)
        {
            (string Kind, int[] At)[] operations = Draw(random, trial % 3 == 0 ? 0 : 1);
            (double[] alone, _) = Run(backend, shape, operations, recorded: false);
            (double[] together, int nodes) = Run(backend, shape, operations, recorded: true);
            using (ThreadOrder order = new(reversed: true))
            {
                Assert.Equal(together, Run(backend, shape, operations, recorded: true).Values);
            }

            Assert.True(alone.SequenceEqual(together), $"trial {trial}: {string.Join(", ", operations.Select(o => $"{o.Kind}({string.Join(' ', o.At)})"))}");
            launches += nodes;
            calls += operations.Length;
        }

        Assert.True(launches < calls * 3 / 4, $"{launches} launches for {calls} operations");
        Assert.Equal("", FakeCuda.Violations());
    }

    [Fact]
    public void What_changes_a_map_or_its_target_meanwhile_comes_between()
    {
        (string, int[])[][] all =
        [
            [("Product", [0, 1, 0, 0, 0, 0]), ("NormalizeRms", [1, 0, 0, 0, 0, 0]), ("Sigmoid", [1, 2, 0, 0, 0, 0])],
            [("Product", [0, 1, 0, 0, 0, 0]), ("NormalizeRms", [1, 0, 0, 0, 0, 0]), ("Multiply", [1, 2, 0, 0, 0, 0])],
            [("Multiply", [0, 1, 0, 0, 0, 0]), ("NormalizeRms", [1, 0, 0, 0, 0, 0]), ("Product", [1, 2, 0, 0, 0, 0])],
            [("Product", [0, 1, 0, 0, 0, 0]), ("Momentum", [4, 5, 0, 0, 0, 0]), ("Sigmoid", [1, 4, 0, 0, 0, 0])],
            [("Product", [0, 1, 0, 0, 0, 0]), ("Momentum", [4, 5, 0, 0, 0, 0]), ("Multiply", [1, 5, 0, 0, 0, 0])],
            [("Multiply", [0, 1, 0, 0, 0, 0]), ("Momentum", [4, 5, 0, 0, 0, 0]), ("Product", [1, 4, 0, 0, 0, 0])],
            [("Product", [0, 1, 0, 0, 0, 0]), ("Product", [1, 2, 0, 0, 0, 0]), ("Sigmoid", [1, 3, 0, 0, 0, 0]), ("Sigmoid", [2, 4, 0, 0, 0, 0])],
            [("Multiply", [0, 1, 0, 0, 0, 0]), ("Product", [1, 0, 0, 0, 0, 0]), ("Sigmoid", [0, 1, 0, 0, 0, 0])],
        ];
        using CudaBackend backend = CudaBackend.Open();
        foreach ((string, int[])[] operations in all)
        {
            TensorShape shape = new(2, 9, 4, 3);
            Assert.Equal(Run(backend, shape, operations, recorded: false).Values, Run(backend, shape, operations, recorded: true).Values);
        }
    }

    public static TheoryData<string, Precision> Programs()
    {
        TheoryData<string, Precision> data = [];
        foreach (string name in (string[])["block1_conv1 before", "block2_conv2, lists filled up", "block3_conv1", "block3_pool", "fc1 before", "predictions", "softmax"])
        {
            foreach (Precision precision in (Precision[])[Precision.Fp32, Precision.Fp16, Precision.Bf16])
            {
                data.Add(name, precision);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public void A_programs_ends_go_together_with_what_stands_beside_them_and_give_the_same(string name, Precision precision)
    {
        // F and B: forwards and backwards, v: forwards from the view; w: the view, y: another; M: the mean at the tap; N and V: norm and variation; O: an optimiser; T: something that reads the tap.
        string[] scripts = ["FMBNVO", "FMB", "FB", "FMBB", "FFMB", "FBM", "FMTB", "FNMVB", "FMBVN", "FMBNONVFMBN", "FMNB", "FMOBN", "wvMB", "wyvMB", "wwvvMB", "wFMBOv", "FMBOwOvMB", "vMBw", "wNvMB"];
        NetworkCase one = NetworkCase.All[name];
        using CudaBackend backend = CudaBackend.Open();
        using Tensors all = new(backend);
        using INetworkProgram program = backend.Compile(one.Network, one.Spec with { Precision = precision });
        Dictionary<string, int> layers = new() { ["block1_conv1 before"] = 1, ["block2_conv2, lists filled up"] = 5, ["block3_conv1"] = 7, ["block3_pool"] = 10, ["fc1 before"] = 19, ["predictions"] = 21, ["softmax"] = 21 };
        foreach (string script in scripts)
        {
            double[] alone = Step(backend, program, one, script, recorded: false).Values;
            (double[] together, int nodes) = Step(backend, program, one, script, recorded: true);
            Assert.True(alone.SequenceEqual(together), script);
            if (script == "FMBNVO")
            {
                // The way in, the layers, the tap with its mean and the scattering, the gradient with the norm's sums, both regularisers and the gradient's squares, the optimiser.
                Assert.Equal(Expected(one), nodes - (2 * layers[name]));
            }
        }

        Assert.Equal("", FakeCuda.Violations());
    }

    // Beside two launches a layer; more for a softmax both ways, and for regularisers one by one where lines are no whole fours.
    private static int Expected(NetworkCase one) =>
        5 + (one.Spec.Top == TopActivation.Softmax ? 2 : 0) + (one.Spec.Width % 4 == 0 ? 0 : 2);

    private static (double[] Values, int Nodes) Step(CudaBackend backend, INetworkProgram program, NetworkCase one, string script, bool recorded)
    {
        using Tensors t = new(backend);
        TensorShape shape = program.InputShape, perImage = TensorShape.PerImage(shape.N);
        ITensor image = t.Zeros(shape), gradient = t.Zeros(shape), velocity = t.Zeros(shape), given = t.Put(program.Tap.Shape, one.TapGradients());
        ITensor view = t.Zeros(shape), maps = t.Put(new TensorShape(4, shape.N, 1, 6), Samples.Maps(4, shape, shape, 79)), step = t.Scalar(2), first = t.Scalar(0);
        ITensor mean = t.Zeros(perImage), norm = t.Zeros(perImage), variation = t.Zeros(perImage), dot = t.Zeros(perImage);
        using IReplay? replay = recorded ? backend.Record(Once) : null;
        backend.Upload(image, one.Images());
        foreach (ITensor tensor in (ITensor[])[gradient, velocity, view, mean, norm, variation, dot])
        {
            backend.Fill(tensor, 0);
        }

        StepTests.Repeat(backend, replay, Once, 2);
        return ([.. new[] { image, gradient, velocity, view, mean, norm, variation, dot, program.Tap }.SelectMany(t.Get)], (replay as CudaReplay)?.NodeCount ?? 0);

        void Once()
        {
            foreach (char letter in script)
            {
                switch (letter)
                {
                    case 'F':
                        program.Forward(image);
                        break;
                    case 'B':
                        program.Backward([given], gradient);
                        break;
                    case 'M':
                        backend.ChannelMean(program.Tap, -1.5, mean);
                        break;
                    case 'N':
                        backend.LpNorm(image, 6, 10, norm, gradient);
                        break;
                    case 'V':
                        backend.TotalVariation(image, 2, 10, variation, gradient);
                        break;
                    case 'v':
                        program.Forward(view);
                        break;
                    case 'w':
                        backend.Warp(image, view, maps, step, 127.5);
                        break;
                    case 'y':
                        backend.Warp(image, view, maps, first, 0);
                        break;
                    case 'T':
                        backend.Dot(program.Tap, given, 1, dot);
                        break;
                    default:
                        backend.NormalizeRms(gradient, 1e-7);
                        backend.Momentum(image, gradient, velocity, 0.5, 0.9);
                        break;
                }
            }
        }
    }

    // Either any operations, or those of a step in their order with some left out, doubled or exchanged, and here and there another tensor.
    private static (string Kind, int[] At)[] Draw(Random random, int ordered)
    {
        string[] kinds = ["LpNorm", "Add", "TotalVariation", "Add", "NormalizeRms", "RmsProp", "Adam", "Momentum", "Fill", "KeepBest", "Log", "Copy", "CopyNumbers", "Advance", "Multiply", "Product", "Sigmoid"];
        if (ordered == 0)
        {
            return [.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => (kinds[random.Next(kinds.Length)], Any(random)))];
        }

        string optimizer = kinds[5 + random.Next(3)];
        List<(string, int[])> step =
        [
            ("Multiply", [4, 5, 0, 0, 0, 0]), ("Product", [5, 3, 0, 0, 0, 0]), ("Product", [3, 5, 1, 0, 0, 0]), ("Sigmoid", [5, 0, 0, 0, 0, 0]),
            ("Product", [0, 5, 1, 0, 0, 0]), ("Multiply", [5, 3, 0, 0, 0, 0]),
            ("LpNorm", [0, 1, 0, 1, 0, 0]), ("Add", [0, 0, 0, 0, 1, 5]), ("TotalVariation", [0, 1, 0, 2, 0, 0]), ("Add", [0, 0, 0, 5, 2, 5]), ("NormalizeRms", [1, 0, 0, 0, 0, 0]),
            (optimizer, [0, 1, 0, 0, 0, 0]), ("Fill", [0, 0, 0, 3, 0, 0]), ("KeepBest", [0, 4, 0, 5, 3, 4]), ("Log", [0, 1, 0, 0, 1, 5]), ("Copy", [0, 5, 0, 0, 0, 0]), ("Advance", [0, 0, 0, 0, 0, 0]),
        ];
        for (int changes = random.Next(4); changes > 0; changes--)
        {
            int at = random.Next(step.Count);
            switch (random.Next(4))
            {
                case 0:
                    step.RemoveAt(at);
                    break;
                case 1:
                    step.Insert(random.Next(step.Count), step[at]);
                    break;
                case 2:
                    int other = random.Next(step.Count);
                    (step[at], step[other]) = (step[other], step[at]);
                    break;
                default:
                    step[at] = (step[at].Item1, Any(random));
                    break;
            }
        }

        return [.. step];
    }

    // Four different pictures, numbers that may be the same.
    private static int[] Any(Random random)
    {
        int[] pictures = [.. Enumerable.Range(0, Pictures)];
        random.Shuffle(pictures);
        return [.. pictures.Take(2), random.Next(2), random.Next(Numbers), random.Next(Numbers), random.Next(Numbers)];
    }

    private static (double[] Values, int Nodes) Run(CudaBackend backend, TensorShape shape, (string Kind, int[] At)[] operations, bool recorded)
    {
        using Tensors t = new(backend);
        TensorShape perImage = TensorShape.PerImage(shape.N);
        ITensor[] pictures = [.. Enumerable.Range(0, Pictures).Select(_ => t.Zeros(shape))];
        ITensor[] numbers = [.. Enumerable.Range(0, Numbers).Select(_ => t.Zeros(perImage))];
        ITensor[] steps = [t.Zeros(TensorShape.PerImage(1)), t.Zeros(TensorShape.PerImage(1))];
        ITensor factors = t.Put(shape with { N = 1 }, Samples.Uniform(shape with { N = 1 }, -2, 2, 20));
        TensorShape square = new(1, shape.H, shape.H, 1);
        ITensor matrix = t.Put(square, Samples.Uniform(square, -1, 1, 21));
        using ILossLog log = backend.CreateLog(Steps + 1, shape.N, 3);
        using IReplay? replay = recorded ? backend.Record(Once) : null;
        for (int i = 0; i < Pictures; i++)
        {
            backend.Upload(pictures[i], Samples.Uniform(shape, i == 2 || i == 3 ? 0 : -2, 2, (uint)i));
        }

        for (int i = 0; i < Numbers; i++)
        {
            // One image's total is no number, so that it is never the best.
            backend.Upload(numbers[i], [.. Enumerable.Range(0, shape.N).Select(n => i == 0 && n == 2 ? double.NaN : i + 0.5 - (n * i))]);
        }

        backend.Fill(steps[0], 0);
        backend.Fill(steps[1], 1);
        StepTests.Repeat(backend, replay, Once, Steps);
        double[] written = new double[(Steps + 1) * shape.N * 3];
        log.Read(0, written);

        // Recording has logged a first step of its own; a row that no step of ours has written differs.
        bool isLogged = operations.Count(o => o.Kind == "Log") == 1 && operations.Count(o => o.Kind == "Advance") == 1 && operations.All(o => o.Kind is not ("Log" or "Advance") || o.At[2] == 0)
            && Array.FindIndex(operations, o => o.Kind == "Log") < Array.FindIndex(operations, o => o.Kind == "Advance");
        return ([.. pictures.Concat(numbers).Concat(steps).SelectMany(t.Get), .. isLogged ? written[..(Steps * shape.N * 3)] : []], (replay as CudaReplay)?.NodeCount ?? 0);

        void Once()
        {
            foreach ((string kind, int[] at) in operations)
            {
                (ITensor x, ITensor y) = (pictures[at[0]], pictures[at[1]]);
                ITensor[] others = [.. pictures.Where(p => p != x && p != y)];
                (ITensor a, ITensor b, ITensor c, ITensor step) = (numbers[at[3]], numbers[at[4]], numbers[at[5]], steps[at[2]]);
                switch (kind)
                {
                    case "LpNorm":
                        backend.LpNorm(x, 6, 10, a, y);
                        break;
                    case "TotalVariation":
                        backend.TotalVariation(x, 2, 10, a, y);
                        break;
                    case "Add":
                        backend.Add(a, b, c);
                        break;
                    case "NormalizeRms":
                        backend.NormalizeRms(x, 1e-7);
                        break;
                    case "RmsProp":
                        backend.RmsProp(x, y, others[0], 0.5, 0.9, 1e-7);
                        break;
                    case "Adam":
                        backend.Adam(x, y, others[0], others[1], step, 0.5, 0.9, 0.999, 1e-8);
                        break;
                    case "Momentum":
                        backend.Momentum(x, y, others[0], 0.5, 0.9);
                        break;
                    case "Fill":
                        backend.Fill(a, double.PositiveInfinity);
                        break;
                    case "KeepBest":
                        backend.KeepBest(a, step, x, b, c, y);
                        break;
                    case "Log":
                        backend.Log(log, step, [a, b, c]);
                        break;
                    case "Copy":
                        backend.Copy(x, y);
                        break;
                    case "Multiply":
                        backend.Multiply(x, factors, y);
                        break;
                    case "Product":
                        backend.Product(matrix, x, y, shape.W * shape.C, transposed: at[2] == 1);
                        break;
                    case "Sigmoid":
                        backend.Sigmoid(x, y, -1, 2);
                        break;
                    case "CopyNumbers":
                        backend.Copy(a, b);
                        break;
                    default:
                        backend.Advance(step);
                        break;
                }
            }
        }
    }
}
