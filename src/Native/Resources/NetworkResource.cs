using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader;
using VggCuda.Hdf5Loader.Files;
using VggCuda.Native.Abi;
using VggCuda.Native.Handles;

namespace VggCuda.Native.Resources;

/// <summary>vgg_network.</summary>
internal sealed class NetworkResource : Resource
{
    // Where the layers leave it open, the published network's.
    private const int OrdinarySize = 224;
    private static readonly BundledModel Bundled = new(typeof(NetworkResource).Assembly);
    private readonly KerasWeights _weights;

    private NetworkResource(KerasWeights weights, ClassNames? names, double temperature)
    {
        _weights = weights;
        Network = Network.FromWeights(weights);
        Names = names;
        Temperature = temperature;
    }

    public override string Kind => "network";

    public Network Network { get; }

    /// <summary>What its classes are called, or null where nobody has said.</summary>
    public ClassNames? Names { get; }

    /// <summary>What its logits are divided by before a softmax; 1 where nothing is known.</summary>
    public double Temperature { get; }

    /// <summary>Rows and columns of a picture where nobody says them.</summary>
    public int Side => Network.Topology.FixedInputSize ?? OrdinarySize;

    /// <summary>Opens a file, a published one, or the bundled model.</summary>
    public static NetworkResource Open(string? weights, string? networkName)
    {
        if (weights is not null && string.IsNullOrWhiteSpace(weights))
        {
            throw StatusException.Argument("The name of the weights is empty; give a path, \"imagenet\", or \"demo\" for the bundled model.");
        }

        if (WeightsFiles.Find(weights ?? WeightsFiles.Demo).Path is not { } path)
        {
            return new NetworkResource(Bundled.Open(networkName), Bundled.Names, Bundled.Temperature);
        }

        KerasWeights opened = KerasWeights.Open(path, networkName);
        try
        {
            ClassNames? names = opened.Topology.Head is { } head ? ClassNames.For(path, head.Classes) : null;
            return new NetworkResource(opened, names, 1);
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>A layer by Keras's index.</summary>
    public Layer Layer(nuint index) => index < (nuint)Network.Topology.Layers.Length
        ? Network.Topology.Layers[(int)index]
        : throw new StatusException(Status.Plan, $"There is no layer {index}; layers are numbered 0 to {Network.Topology.Layers.Length - 1}.");

    /// <summary>The class that objectives name, or null where classes have no names.</summary>
    public int? ClassOf(string name) => Names?.Find(name);

    public override void Dispose() => _weights.Dispose();
}
