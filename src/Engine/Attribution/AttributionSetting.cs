using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Attribution;

/// <summary>Where a method works: the device, the network, how it is fed, how many images a pass may hold.</summary>
internal sealed record AttributionSetting(IBackend Backend, Network Network, Preprocessing Preprocessing, Precision Precision, int Batch)
{
    /// <summary>Rows and columns of the network's input.</summary>
    public int Side => Network.Topology.FixedInputSize!.Value;

    /// <summary>Programs that tell all logits; their gradient where <paramref name="imageGradient"/>.</summary>
    /// <param name="relu">How gradients pass a ReLU.</param>
    /// <param name="imageGradient">Whether a backward pass leads to the image.</param>
    /// <param name="layers">Layers to look at too: the values of the first, the gradient of the last, if it is wanted.</param>
    public Passes Passes(ReluRule relu, bool imageGradient, params ReadOnlySpan<TapSpec> layers) => new(
        Backend,
        Network,
        new ProgramSpec
        {
            Taps = [new TapSpec(Network.Topology.Classifier!), .. layers],
            Batch = 1,
            Height = Side,
            Width = Side,
            Preprocessing = Preprocessing,
            Precision = Precision,
            Relu = relu,
            NeedsGradient = imageGradient || layers is [.., { WantsGradient: true }],
        },
        imageGradient,
        Batch);
}
