using System.Collections.Immutable;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader.Format;

namespace VggCuda.Hdf5Loader.Keras;

/// <summary>Which stored tensors are which of VGG16's.</summary>
internal sealed class Vgg16Mapping
{
    private static readonly ImmutableArray<string> Convolutions =
        [.. Topology.ImageNet.Layers.Where(l => l.Kind == LayerKind.Convolution).Select(l => l.Name)];

    private static readonly ImmutableArray<string> Dense =
        [.. Topology.ImageNet.Layers.Where(l => l.Kind == LayerKind.Dense).Select(l => l.Name)];

    private readonly Dictionary<(string, WeightPart), Hdf5Dataset> _tensors = [];

    private Vgg16Mapping(ImmutableArray<LayerWeights> layers) => Layers = layers;

    /// <summary>The layers in model order, under VGG16's names.</summary>
    public ImmutableArray<LayerWeights> Layers { get; }

    public static bool IsLayerName(string name) => Convolutions.Contains(name) || Dense.Contains(name);

    /// <summary>The tensor, or null where there is no such layer.</summary>
    public Hdf5Dataset? Find(string layer, WeightPart part) => _tensors.GetValueOrDefault((layer, part));

    /// <summary>Kernel or bias, told by the number of dimensions.</summary>
    public static WeightPart? PartOf(Hdf5Dataset dataset) => dataset.Shape.Length switch
    {
        1 => WeightPart.Bias,
        2 or 4 => WeightPart.Kernel,
        _ => null,
    };

    /// <summary>Maps a stored network.</summary>
    /// <exception cref="Hdf5Exception">A layer is missing or extra, or has other weights than a kernel and a bias. Shapes are checked by <see cref="Network.FromWeights"/>.</exception>
    public static Vgg16Mapping Create(StoredNetwork network)
    {
        ImmutableArray<StoredLayer> layers = network.IsCounted ? ByOrder(network.Layers) : ByName(network.Layers);
        Vgg16Mapping mapping = new([.. layers.Select(Describe)]);
        bool? bigEndian = null;
        foreach (StoredLayer layer in layers)
        {
            foreach (Hdf5Dataset dataset in layer.Weights)
            {
                mapping._tensors.Add((layer.Name, PartOf(dataset)!.Value), dataset);
                if ((bigEndian ??= dataset.Number.BigEndian) != dataset.Number.BigEndian)
                {
                    throw new Hdf5Exception("is stored in another byte order than the layers before it; the file is damaged.").In(layer.Name);
                }
            }
        }

        return mapping;
    }

    private static ImmutableArray<StoredLayer> ByName(ImmutableArray<StoredLayer> stored)
    {
        Dictionary<string, StoredLayer> byName = stored.ToDictionary(l => l.Name, StringComparer.Ordinal);
        List<StoredLayer> layers = [];
        string[] wanted = Dense.Any(byName.ContainsKey) ? [.. Convolutions, .. Dense] : [.. Convolutions];
        foreach (string name in wanted)
        {
            layers.Add(byName.Remove(name, out StoredLayer? layer)
                ? layer
                : throw new Hdf5Exception($"is missing; a VGG16 has it. The file's layers with weights: {Some(stored)}.").In(name));
        }

        return stored.FirstOrDefault(l => byName.ContainsKey(l.Name)) is StoredLayer extra
            ? throw new Hdf5Exception("is no layer of VGG16; is this another network?").In(extra.Name)
            : [.. layers];
    }

    private static ImmutableArray<StoredLayer> ByOrder(ImmutableArray<StoredLayer> stored)
    {
        ImmutableArray<StoredLayer> convolutions = [.. stored.Where(l => IsOfClass(l, "conv2d"))];
        ImmutableArray<StoredLayer> dense = [.. stored.Where(l => IsOfClass(l, "dense"))];
        if (stored.FirstOrDefault(l => !convolutions.Contains(l) && !dense.Contains(l)) is StoredLayer extra)
        {
            throw new Hdf5Exception("is no layer of VGG16; is this another network?").In(extra.Name);
        }

        if (convolutions.Length != Convolutions.Length || (dense.Length != Dense.Length && dense.Length != 0))
        {
            throw new Hdf5Exception($"has {convolutions.Length} convolutions and {dense.Length} dense layers; a VGG16 has {Convolutions.Length}, and {Dense.Length} or none. The file's layers with weights: {Some(stored)}.");
        }

        return [.. convolutions.Select((l, i) => l with { Name = Convolutions[i] }), .. dense.Select((l, i) => l with { Name = Dense[i] })];
    }

    private static bool IsOfClass(StoredLayer layer, string name) => layer.Name == name || layer.Name.StartsWith(name + "_", StringComparison.Ordinal);

    private static string Some(ImmutableArray<StoredLayer> layers) => layers.Length == 0
        ? "none"
        : string.Join(", ", layers.Take(6).Select(l => l.Name)) + (layers.Length > 6 ? $", and {layers.Length - 6} more" : "");

    private static LayerWeights Describe(StoredLayer layer)
    {
        Hdf5Dataset? kernel = layer.Weights.FirstOrDefault(w => PartOf(w) == WeightPart.Kernel);
        Hdf5Dataset? bias = layer.Weights.FirstOrDefault(w => PartOf(w) == WeightPart.Bias);
        if (layer.Weights.Length != 2 || kernel is null || bias is null)
        {
            string found = string.Join(", ", layer.Weights.Select(w => $"({string.Join(", ", w.Shape)})"));
            throw new Hdf5Exception($"has weights of the shapes {found}; a kernel of 4 or 2 dimensions and a bias of 1 were expected.").In(layer.Name);
        }

        if (kernel.Shape.Concat(bias.Shape).Any(d => d > int.MaxValue))
        {
            throw new Hdf5Exception("has a dimension beyond all sense; the file is damaged.").In(layer.Name);
        }

        return new LayerWeights(layer.Name, [.. kernel.Shape.Select(d => (int)d)], (int)bias.Shape[0]);
    }
}
