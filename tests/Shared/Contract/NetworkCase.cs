using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Tests.Shared.Contract;

/// <summary>A program and the range of its images.</summary>
/// <param name="Network">One of the seeded networks.</param>
/// <param name="Spec">What to compute.</param>
/// <param name="Low">Lowest value of an image.</param>
/// <param name="High">Highest value of an image.</param>
public sealed record NetworkCase(Network Network, ProgramSpec Spec, double Low = 0, double High = 255)
{
    /// <summary>Tap kinds, both tap points, both tops, both preprocessings, lists of channels, sizes that divide nothing.</summary>
    public static IReadOnlyDictionary<string, NetworkCase> All { get; } = new Dictionary<string, NetworkCase>
    {
        ["block1_conv1"] = Of(Samples.WithoutTop, "block1_conv1", 65, 33, 1),
        ["block1_conv1 before"] = Of(Samples.WithTop, "block1_conv1", 37, 41, 2, s => s with { Taps = [s.Taps[0] with { Point = TapPoint.BeforeActivation }], Preprocessing = Preprocessing.Raw }),
        ["block1_conv2, a channel each"] = Of(Samples.WithoutTop, "block1_conv2", 33, 47, 3, s => s with { Taps = [s.Taps[0] with { Channels = [[3], [0], [4]] }] }),
        ["block1_pool"] = Of(Samples.WithoutTop, "block1_pool", 65, 33, 2, s => s with { Preprocessing = Preprocessing.Raw }),
        ["block2_conv2, lists filled up"] = Of(Samples.WithTop, "block2_conv2", 37, 41, 3, s => s with { Taps = [s.Taps[0] with { Channels = [[12, 0, 5], [1, -1, -1], [7, 3, -1]] }] }),
        ["block3_conv1"] = Of(Samples.WithoutTop, "block3_conv1", 65, 33, 2, s => s with { Taps = [s.Taps[0] with { Channels = [[1], [4]] }], Preprocessing = Preprocessing.Raw }),
        ["block3_conv1 before"] = Of(Samples.WithoutTop, "block3_conv1", 47, 39, 2, s => s with { Taps = [s.Taps[0] with { Channels = [[1], [4]], Point = TapPoint.BeforeActivation }] }),
        ["block3_pool"] = Of(Samples.WithoutTop, "block3_pool", 63, 50, 1, s => s with { Taps = [s.Taps[0] with { Channels = [[2, 11]] }] }),
        ["block4_conv3"] = Of(Samples.WithoutTop, "block4_conv3", 49, 51, 2),
        ["block5_conv3"] = Of(Samples.WithoutTop, "block5_conv3", 70, 37, 1, s => s with { Taps = [s.Taps[0] with { Channels = [[16]] }] }),
        ["block5_conv3 before"] = Of(Samples.WithTop, "block5_conv3", 61, 35, 2, s => s with { Taps = [s.Taps[0] with { Point = TapPoint.BeforeActivation }], Preprocessing = Preprocessing.Raw }),
        ["block5_pool, one twice"] = Of(Samples.WithoutTop, "block5_pool", 65, 97, 2, s => s with { Taps = [s.Taps[0] with { Channels = [[4, 4], [0, 16]] }] }),
        ["fc1"] = Of(Samples.WithTop, "fc1", 37, 41, 2),
        ["fc1 before"] = Of(Samples.WithTop, "fc1", 63, 32, 2, s => s with { Taps = [s.Taps[0] with { Point = TapPoint.BeforeActivation, Channels = [[10], [0]] }] }),
        ["fc2, lists filled up"] = Of(Samples.WithLargerTop, "fc2", 65, 70, 2, s => s with { Taps = [s.Taps[0] with { Channels = [[6, 2], [3, -1]] }] }),
        ["predictions"] = Of(Samples.WithTop, "predictions", 32, 32, 3, s => s with { Taps = [s.Taps[0] with { Channels = [[5], [0], [2]] }], Preprocessing = Preprocessing.Raw }),
        ["predictions, all"] = Of(Samples.WithLargerTop, "predictions", 69, 94, 1),
        ["predictions before, lists filled up"] = Of(Samples.WithTop, "predictions", 45, 33, 2, s => s with { Taps = [s.Taps[0] with { Point = TapPoint.BeforeActivation, Channels = [[1, -1], [4, 3]] }], Top = TopActivation.Softmax }),
        // Near the mean colour, so that no class takes all.
        ["softmax"] = Of(Samples.WithTop, "predictions", 37, 41, 3, s => s with { Top = TopActivation.Softmax, Taps = [s.Taps[0] with { Channels = [[5], [0], [2]] }] }, 110, 120),
        ["softmax, all"] = Of(Samples.WithLargerTop, "predictions", 64, 64, 2, s => s with { Top = TopActivation.Softmax, Preprocessing = Preprocessing.Raw }, -3, 4),
        // Other heads than Keras's of three layers.
        ["one dense layer"] = Of(Samples.OneDense, "animals", 65, 70, 2, s => s with { Taps = [s.Taps[0] with { Channels = [[5], [1]] }] }),
        ["one dense layer, softmax"] = Of(Samples.OneDense, "animals", 64, 64, 2, s => s with { Top = TopActivation.Softmax }, 110, 120),
        ["four dense layers"] = Of(Samples.FourDense, "dense_3", 37, 41, 2, s => s with { Taps = [s.Taps[0] with { Channels = [[5], [0]] }] }),
        ["four dense layers, the third"] = Of(Samples.FourDense, "dense_2", 45, 33, 2, s => s with { Taps = [s.Taps[0] with { Point = TapPoint.BeforeActivation }] }),
        // The other networks of the table, where their blocks differ from VGG16's.
        ["VGG11, block1_pool"] = Of(Samples.Vgg11, "block1_pool", 33, 35, 2, s => s with { Taps = [s.Taps[0] with { Channels = [[4, 0], [2, -1]] }] }),
        ["VGG11, block2_conv1"] = Of(Samples.Vgg11, "block2_conv1", 41, 38, 2, s => s with { Preprocessing = Preprocessing.Raw }),
        ["VGG11, softmax"] = Of(Samples.Vgg11, "predictions", 32, 63, 2, s => s with { Top = TopActivation.Softmax, Taps = [s.Taps[0] with { Channels = [[5], [1]] }] }, 110, 120),
        ["VGG13, block5_conv2 before"] = Of(Samples.Vgg13, "block5_conv2", 64, 37, 2, s => s with { Taps = [s.Taps[0] with { Point = TapPoint.BeforeActivation, Channels = [[16], [2]] }] }),
        ["VGG13, block5_pool"] = Of(Samples.Vgg13, "block5_pool", 67, 64, 1),
        ["VGG19, block3_conv4"] = Of(Samples.Vgg19, "block3_conv4", 37, 45, 3, s => s with { Taps = [s.Taps[0] with { Channels = [[1], [6], [0]] }], Preprocessing = Preprocessing.Raw }),
        ["VGG19, block5_conv4"] = Of(Samples.Vgg19, "block5_conv4", 64, 50, 2),
        ["VGG19, predictions"] = Of(Samples.Vgg19, "predictions", 64, 71, 2, s => s with { Taps = [s.Taps[0] with { Channels = [[8], [3]] }], Preprocessing = Preprocessing.Raw }),
        ["VGG19, softmax, all"] = Of(Samples.Vgg19, "predictions", 64, 64, 1, s => s with { Top = TopActivation.Softmax }, 110, 120),
    };

    private static NetworkCase Of(Network network, string tap, int height, int width, int batch, Func<ProgramSpec, ProgramSpec>? change = null, double low = 0, double high = 255)
    {
        ProgramSpec spec = new() { Taps = [new TapSpec(network.Topology.Find(tap)!)], Batch = batch, Height = height, Width = width };
        return new NetworkCase(network, change is null ? spec : change(spec), low, high);
    }

    /// <summary>The same for one image of the batch.</summary>
    public NetworkCase Alone(int image) => this with
    {
        Spec = Spec with { Batch = 1, Taps = [.. Spec.Taps.Select(t => new TapSpec(t.Layer) { Point = t.Point, WantsGradient = t.WantsGradient, Channels = t.Channels.IsDefaultOrEmpty ? [] : [t.Channels[image]] })] },
    };

    /// <summary>Forward and backward with seeded images and tap gradients.</summary>
    /// <returns>Tap and gradient.</returns>
    public (double[] Tap, double[] Gradient) Run(Tensors t, Precision precision, int firstImage = 0)
    {
        INetworkProgram program = t.Own(t.Backend.Compile(Network, Spec with { Precision = precision }));
        ITensor image = t.Put(program.InputShape, Images(firstImage));
        ITensor gradient = t.Put(program.InputShape, Samples.Uniform(program.InputShape, -9, 9, 3));
        ITensor tapGradient = t.Put(program.Tap.Shape, TapGradients(firstImage));
        program.Forward(image);
        double[] tap = t.Get(program.Tap);
        program.Backward(tapGradient, gradient);
        return (tap, t.Get(gradient));
    }

    public double[] Images(int firstImage = 0) => Samples.Uniform(Spec.InputShape, Low, High, 500, firstImage);

    public double[] TapGradients(int firstImage = 0, int tap = 0) => Samples.Uniform(Spec.TapShape(tap), -1, 1, 900 + (uint)tap, firstImage);
}
