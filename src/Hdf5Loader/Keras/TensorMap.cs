using System.Collections.Immutable;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader.Format;

namespace VggCuda.Hdf5Loader.Keras;

/// <summary>Which stored tensors are which of a network's.</summary>
internal sealed class TensorMap
{
    private readonly Dictionary<(string, WeightPart), Hdf5Dataset> _tensors = [];

    private TensorMap(ImmutableArray<LayerWeights> layers) => Layers = layers;

    /// <summary>The layers in model order, under Keras's names.</summary>
    public ImmutableArray<LayerWeights> Layers { get; }

    /// <summary>The tensors with the layers as the file names them, in model order.</summary>
    public ImmutableArray<(string Layer, Hdf5Dataset Dataset)> Tensors { get; private init; }

    /// <summary>The tensor, or null where there is no such layer.</summary>
    public Hdf5Dataset? Find(string layer, WeightPart part) => _tensors.GetValueOrDefault((layer, part));

    /// <summary>Kernel or bias, told by the number of dimensions.</summary>
    public static WeightPart? PartOf(int dimensions) => dimensions switch
    {
        1 => WeightPart.Bias,
        2 or 4 => WeightPart.Kernel,
        _ => null,
    };

    /// <summary>Reads what the layers of a match are stored as.</summary>
    /// <exception cref="Hdf5Exception">A layer has other weights than a kernel and a bias. Shapes are checked by <see cref="Network.FromWeights"/>.</exception>
    public static TensorMap Read(NetworkMatch match)
    {
        List<(string Layer, Hdf5Dataset Dataset)> tensors = [];
        ImmutableArray<LayerWeights>.Builder layers = ImmutableArray.CreateBuilder<LayerWeights>();
        Dictionary<(string, WeightPart), Hdf5Dataset> byPart = [];
        bool? bigEndian = null;
        foreach (MatchedLayer layer in match.Layers)
        {
            try
            {
                Hdf5Dataset[] weights = [.. layer.Stored.Tensors.Select(t => t.Read())];
                layers.Add(Describe(layer.Name, weights));
                foreach (Hdf5Dataset dataset in weights)
                {
                    byPart.Add((layer.Name, PartOf(dataset.Shape.Length)!.Value), dataset);
                    tensors.Add((layer.Stored.Name, dataset));
                    if ((bigEndian ??= dataset.Number.BigEndian) != dataset.Number.BigEndian)
                    {
                        throw new Hdf5Exception("is stored in another byte order than the layers before it; the file is damaged.");
                    }
                }
            }
            catch (Hdf5Exception failure)
            {
                throw failure.In(layer.Stored.Name);
            }
        }

        TensorMap map = new(layers.ToImmutable()) { Tensors = [.. tensors] };
        foreach (KeyValuePair<(string, WeightPart), Hdf5Dataset> tensor in byPart)
        {
            map._tensors.Add(tensor.Key, tensor.Value);
        }

        return map;
    }

    private static LayerWeights Describe(string name, Hdf5Dataset[] weights)
    {
        Hdf5Dataset? kernel = weights.FirstOrDefault(w => PartOf(w.Shape.Length) == WeightPart.Kernel);
        Hdf5Dataset? bias = weights.FirstOrDefault(w => PartOf(w.Shape.Length) == WeightPart.Bias);
        if (weights.Length != 2 || kernel is null || bias is null)
        {
            throw new Hdf5Exception($"has weights of the shapes {string.Join(", ", weights.Select(w => LayerText.Shape(w.Shape)))}; a kernel of 4 or 2 dimensions and a bias of 1 were expected.");
        }

        // A convolution over a whole map is a dense layer, whose rows are the map's values in the same order.
        ImmutableArray<long> shape = kernel.Shape.Length == 4 && !VggNames.IsConvolution(name) ? [kernel.Shape[0] * kernel.Shape[1] * kernel.Shape[2], kernel.Shape[3]] : kernel.Shape;
        return shape.Concat(bias.Shape).All(d => d <= int.MaxValue)
            ? new LayerWeights(name, [.. shape.Select(d => (int)d)], (int)bias.Shape[0])
            : throw new Hdf5Exception("has a dimension beyond all sense; the file is damaged.");
    }
}
