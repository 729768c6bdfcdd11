using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Tests.Shared.Contract;

/// <summary>Several taps at once, gradients given at some of them and read at some of them, and the rules for ReLU.</summary>
/// <param name="Program">Network, spec and range of the images.</param>
/// <param name="Given">For each tap whether a gradient is given at it.</param>
/// <param name="WantsInput">Whether the gradient of the image is wanted.</param>
public sealed record TapsCase(NetworkCase Program, bool[] Given, bool WantsInput = true)
{
    public static IReadOnlyDictionary<string, TapsCase> All { get; } = new Dictionary<string, TapsCase>
    {
        ["logits of an inner layer"] = Of(Samples.WithTop, 37, 41, 2, [Tap("block5_conv3", wanted: true), Tap("predictions", channels: [[5], [0]])], [false, true]),
        ["logits, down to an inner layer alone"] = Of(Samples.WithTop, 37, 41, 2, [Tap("block5_conv3", wanted: true), Tap("predictions", channels: [[5], [0]])], [false, true], input: false),
        ["before and after"] = Of(Samples.WithoutTop, 47, 39, 2, [Tap("block3_conv2", TapPoint.BeforeActivation, wanted: true), Tap("block3_conv2", wanted: true)], [true, true]),
        ["before and after, inside"] = Of(Samples.WithoutTop, 47, 39, 2, [Tap("block4_conv1"), Tap("block2_conv1", wanted: true), Tap("block2_conv1", TapPoint.BeforeActivation, wanted: true)], [true, true, true]),
        ["under a pooling"] = Of(Samples.WithoutTop, 65, 33, 3, [Tap("block1_conv2", wanted: true), Tap("block1_pool", wanted: true), Tap("block2_conv2", TapPoint.BeforeActivation, wanted: true), Tap("block2_pool", wanted: true)], [true, true, true, true]),
        ["the first layer"] = Of(Samples.WithoutTop, 35, 33, 2, [Tap("block1_conv1", TapPoint.BeforeActivation, wanted: true), Tap("block1_conv1", wanted: true), Tap("block1_pool")], [true, true, true]),
        ["chosen channels"] = Of(Samples.WithoutTop, 33, 47, 3, [Tap("block4_conv3", channels: [[4], [1], [0]]), Tap("block2_conv2", channels: [[3, 0], [2, -1], [4, 4]], wanted: true), Tap("block3_pool", channels: [[1], [2], [0]])], [true, true, true]),
        ["dense layers"] = Of(Samples.WithLargerTop, 69, 94, 2, [Tap("fc1", wanted: true), Tap("fc1", TapPoint.BeforeActivation, wanted: true), Tap("fc2", channels: [[6, 2], [3, -1]], wanted: true), Tap("predictions"), Tap("block5_pool", wanted: true)], [true, true, true, true, false]),
        ["logits and probabilities"] = Of(Samples.WithTop, 37, 41, 3, [Tap("predictions", wanted: true), Tap("predictions", TapPoint.BeforeActivation, wanted: true)], [true, true], s => s with { Top = TopActivation.Softmax }, 110, 120),
        ["high layers without a gradient"] = Of(Samples.WithTop, 37, 41, 2, [Tap("predictions"), Tap("block2_conv2"), Tap("block4_conv2", wanted: true)], [false, true, true]),
        ["one tap twice"] = Of(Samples.WithoutTop, 33, 35, 1, [Tap("block3_conv3"), Tap("block3_conv3", wanted: true)], [true, true]),
        ["behind a first convolution"] = Of(Samples.Vgg11, 41, 38, 2, [Tap("block2_conv1"), Tap("block1_pool", wanted: true)], [true, true]),
        ["guided, from the classes of another network"] = Of(Samples.Vgg11, 32, 63, 2, [Tap("predictions", channels: [[5], [1]])], [true], s => s with { Relu = ReluRule.Guided }),
        ["guided"] = Of(Samples.WithTop, 37, 41, 2, [Tap("predictions", channels: [[5], [0]]), Tap("block3_conv1", wanted: true)], [true, false], s => s with { Relu = ReluRule.Guided }),
        // In WithTop block3_conv2 is dead in places, so that pooling windows tie behind it: rounding decides where their maximum is, and this rule alone lets such a gradient through the dead layer.
        ["deconvnet"] = Of(Samples.WithLargerTop, 65, 70, 2, [Tap("predictions", channels: [[5], [0]]), Tap("block3_conv1", wanted: true)], [true, false], s => s with { Relu = ReluRule.Deconvnet }),
        ["guided, one tap"] = Of(Samples.WithoutTop, 65, 33, 2, [Tap("block3_conv2", channels: [[1], [4]])], [true], s => s with { Relu = ReluRule.Guided, Preprocessing = Preprocessing.Raw }),
        ["deconvnet, before, one tap"] = Of(Samples.WithoutTop, 65, 33, 2, [Tap("block4_conv2", TapPoint.BeforeActivation)], [true], s => s with { Relu = ReluRule.Deconvnet }),

        // One of the two images has nothing above zero in the channel, so that it is rescued there and the other is not.
        ["rescued"] = Of(Samples.WithTop, 37, 41, 2, [Tap("block3_conv1", channels: [[3], [3]]), Tap("block2_conv2", wanted: true)], [true, false], s => s with { RescuedSteps = 2 }) with { Step = 1 },
        ["rescued, one tap"] = Of(Samples.WithTop, 37, 41, 2, [Tap("block3_conv1", channels: [[3], [1]])], [true], s => s with { RescuedSteps = 1 }),
        ["rescued, behind a pooling"] = Of(Samples.WithTop, 37, 41, 2, [Tap("block4_pool", channels: [[1], [1]], wanted: true)], [true], s => s with { RescuedSteps = 17 }) with { Step = 16 },
        ["rescued, a dense layer"] = Of(Samples.WithTop, 37, 41, 2, [Tap("fc1", channels: [[1], [2]]), Tap("block5_pool", wanted: true)], [true, false], s => s with { RescuedSteps = 3 }),
        ["rescued no longer"] = Of(Samples.WithTop, 37, 41, 2, [Tap("block3_conv1", channels: [[3], [3]]), Tap("block2_conv2", wanted: true)], [true, false], s => s with { RescuedSteps = 2 }) with { Step = 2 },
        ["rescued where nothing is dead"] = Of(Samples.WithLargerTop, 65, 70, 2, [Tap("predictions", channels: [[5], [0]])], [true], s => s with { RescuedSteps = 2 }),
    };

    /// <summary>The number of steps done before.</summary>
    public int Step { get; init; }

    /// <summary>The same for one image of the batch.</summary>
    public TapsCase Alone(int image) => this with { Program = Program.Alone(image) };

    /// <summary>Forward and backward with seeded images and gradients.</summary>
    /// <returns>Every tap's values, every gradient wanted at a tap, and the image's.</returns>
    public List<(string What, double[] Values, bool IsGradient)> Run(Tensors t, Precision precision, int firstImage = 0)
    {
        INetworkProgram program = t.Own(t.Backend.Compile(Program.Network, Program.Spec with { Precision = precision }));
        ITensor image = t.Put(program.InputShape, Program.Images(firstImage));
        ITensor? gradient = WantsInput ? t.Put(program.InputShape, Samples.Uniform(program.InputShape, -9, 9, 3)) : null;
        ITensor?[] given = [.. Given.Select((g, i) => g ? t.Put(program.Taps[i].Shape, Program.TapGradients(firstImage, i)) : null)];
        program.Forward(image);
        List<(string, double[], bool)> results = [.. program.Taps.Select((tap, i) => ($"tap {i}", t.Get(tap), false))];
        program.Backward(given, gradient, t.Scalar(Step));
        for (int i = 0; i < Given.Length; i++)
        {
            if (program.Spec.Taps[i].WantsGradient)
            {
                results.Add(($"gradient at tap {i}", t.Get(program.TapGradient(i)), true));
            }
        }

        if (gradient is not null)
        {
            results.Add(("gradient at the image", t.Get(gradient), true));
        }

        return results;
    }

    private static Func<Network, TapSpec> Tap(string layer, TapPoint point = TapPoint.AfterActivation, int[][]? channels = null, bool wanted = false) => network =>
        new TapSpec(network.Topology.Find(layer)!) { Point = point, WantsGradient = wanted, Channels = channels is null ? [] : [.. channels.Select(c => System.Collections.Immutable.ImmutableArray.Create(c))] };

    private static TapsCase Of(Network network, int height, int width, int batch, Func<Network, TapSpec>[] taps, bool[] given, Func<ProgramSpec, ProgramSpec>? change = null, double low = 0, double high = 255, bool input = true)
    {
        ProgramSpec spec = new() { Taps = [.. taps.Select(t => t(network))], Batch = batch, Height = height, Width = width };
        return new TapsCase(new NetworkCase(network, change is null ? spec : change(spec), low, high), given, input);
    }
}
