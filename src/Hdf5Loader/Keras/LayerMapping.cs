using System.Collections.Immutable;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader.Format;

namespace VggCuda.Hdf5Loader.Keras;

/// <summary>Which stored tensors are which of a known network's.</summary>
internal sealed class LayerMapping
{
    private readonly Dictionary<(string, WeightPart), Hdf5Dataset> _tensors = [];

    private LayerMapping(ImmutableArray<LayerWeights> layers) => Layers = layers;

    /// <summary>The layers in model order, under Keras's names.</summary>
    public ImmutableArray<LayerWeights> Layers { get; }

    /// <summary>Whether a known network has a convolution of that name.</summary>
    public static bool IsConvolution(string name) => Architecture.Known.Any(a => a.Convolutions.Contains(name));

    /// <summary>Whether a known network has a layer with weights of that name.</summary>
    public static bool IsLayerName(string name) => IsConvolution(name) || Head.KerasNames.Contains(name);

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
    /// <param name="name">The file, for messages.</param>
    /// <param name="network">What it holds.</param>
    /// <exception cref="WeightsException">A layer is missing or extra.</exception>
    /// <exception cref="Hdf5Exception">A layer has other weights than a kernel and a bias. Shapes are checked by <see cref="Network.FromWeights"/>.</exception>
    public static LayerMapping Create(string name, StoredNetwork network)
    {
        ImmutableArray<StoredLayer> layers = network.IsCounted ? ByOrder(network.Layers) : ByName(name, network.Layers);
        LayerMapping mapping = new([.. layers.Select(Describe)]);
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

    private static ImmutableArray<StoredLayer> ByName(string name, ImmutableArray<StoredLayer> stored)
    {
        Architecture architecture = Architecture.Recognise(name, [.. stored.Select(l => l.Name)]);
        Dictionary<string, StoredLayer> byName = stored.ToDictionary(l => l.Name, StringComparer.Ordinal);
        return [.. architecture.Convolutions.Concat(Head.KerasNames.Where(byName.ContainsKey)).Select(n => byName[n])];
    }

    private static ImmutableArray<StoredLayer> ByOrder(ImmutableArray<StoredLayer> stored)
    {
        ImmutableArray<StoredLayer> convolutions = [.. stored.Where(l => IsOfClass(l, "conv2d"))];
        ImmutableArray<StoredLayer> dense = [.. stored.Where(l => IsOfClass(l, "dense"))];
        if (stored.FirstOrDefault(l => !convolutions.Contains(l) && !dense.Contains(l)) is StoredLayer extra)
        {
            throw new Hdf5Exception("is no layer of a VGG; is this another network?").In(extra.Name);
        }

        ImmutableArray<string> head = Head.KerasNames;
        if (Architecture.Known.FirstOrDefault(a => a.Convolutions.Length == convolutions.Length) is not { } architecture || (dense.Length != head.Length && dense.Length != 0))
        {
            string known = string.Join(", ", Architecture.Known.Select(a => $"{a.Name} ({a.Convolutions.Length})"));
            throw new Hdf5Exception($"has {convolutions.Length} convolutions and {dense.Length} dense layers; known are {known}, with {head.Length} dense layers or none. The file's layers with weights: {Some(stored)}.");
        }

        return [.. convolutions.Select((l, i) => l with { Name = architecture.Convolutions[i] }), .. dense.Select((l, i) => l with { Name = head[i] })];
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
