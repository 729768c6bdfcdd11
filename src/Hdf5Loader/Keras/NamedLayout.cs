using System.Collections.Immutable;
using System.Text.RegularExpressions;
using VggCuda.Hdf5Loader.Format;

namespace VggCuda.Hdf5Loader.Keras;

/// <summary>The layouts that list layers in <c>layer_names</c> and their tensors in <c>weight_names</c>: Keras 1, 2, and 3's older format.</summary>
internal static partial class NamedLayout
{
    // A layer with more weights than a kernel and a bias is a nested model (or none of a VGG's).
    private const int WeightsPerLayer = 2;

    /// <summary>Reads the network, or returns null where the group lists no layers.</summary>
    public static StoredNetwork? TryRead(Hdf5File file, Hdf5Object group, KerasLayout layout)
    {
        if (group.Names("layer_names") is not { } layerNames)
        {
            return null;
        }

        string? backend = group.Text("backend") ?? file.Root.Text("backend");
        if (backend == "theano")
        {
            throw Theano("its attribute 'backend' is 'theano'");
        }

        List<StoredLayer> layers = [];
        StoredNetwork? nested = null;
        foreach (string name in layerNames)
        {
            try
            {
                if (ReadLayer(file, group, name) is not { } layer)
                {
                    continue;
                }

                layers.Add(layer.Layer);
                if (layer.Layer.Weights.Length > WeightsPerLayer && Split(layer.Layer, layer.Names) is { } inner && inner.Any(l => LayerMapping.IsConvolution(l.Name)))
                {
                    nested = nested is null
                        ? new StoredNetwork { Layout = layout, Layers = inner, NestedIn = name }
                        : throw new Hdf5Exception($"is a second nested VGG, beside '{nested.NestedIn}'; which one is meant cannot be told.");
                }
            }
            catch (Hdf5Exception failure)
            {
                throw failure.In(name);
            }
        }

        StoredNetwork network = nested is null
            ? new StoredNetwork { Layout = layout, Layers = [.. layers] }
            : nested with { IgnoredLayers = [.. layers.Select(l => l.Name).Where(n => n != nested.NestedIn)] };
        return network with { KerasVersion = group.Text("keras_version") ?? file.Root.Text("keras_version"), Backend = backend };
    }

    /// <summary>The refusal of Theano's kernels.</summary>
    public static Hdf5Exception Theano(string sign) => new(
        $"was saved with Keras's Theano backend ({sign}), whose kernels are rotated by 180 degrees and ordered (out, in, 3, 3). "
        + "Take the file named '..._tf_dim_ordering_tf_kernels.h5', or load it in Keras with the TensorFlow backend, call convert_all_kernels_in_model and save it again.");

    private static (StoredLayer Layer, ImmutableArray<string> Names)? ReadLayer(Hdf5File file, Hdf5Object group, string name)
    {
        Hdf5Object layer = file.Find(group, name) ?? throw new Hdf5Exception("is listed in 'layer_names' but is not in the file; it is damaged or incomplete.");
        ImmutableArray<string> names = layer.Names("weight_names") ?? throw new Hdf5Exception("has no attribute 'weight_names'; the file is damaged or was not written by Keras.");
        if (names.IsEmpty)
        {
            return null;
        }

        if (names.FirstOrDefault(n => TheanoName().IsMatch(n)) is string theano)
        {
            throw Theano($"its weight name '{theano}' has no ':0'");
        }

        ImmutableArray<Hdf5Dataset>.Builder weights = ImmutableArray.CreateBuilder<Hdf5Dataset>(names.Length);
        foreach (string weight in names)
        {
            Hdf5Object found = file.Find(layer, weight) ?? throw new Hdf5Exception($"lists the weight '{weight}', which is not in the file; it is damaged or incomplete.");
            weights.Add(found.IsDataset
                ? Hdf5Dataset.Read(file, found)
                : throw new Hdf5Exception($"lists the weight '{weight}', which is a group; the file is damaged."));
        }

        return (new StoredLayer(name, weights.MoveToImmutable()), names);
    }

    // Groups a nested model's weights by the layer in their names: vgg16/block1_conv1/kernel:0, block1_conv1_W_1:0.
    private static ImmutableArray<StoredLayer>? Split(StoredLayer outer, ImmutableArray<string> names)
    {
        List<(string Layer, List<Hdf5Dataset> Weights)> inner = [];
        for (int i = 0; i < names.Length; i++)
        {
            string[] parts = names[i].Split('/');
            string layer = parts.Length > 1 ? parts[^2] : Keras1Suffix().Replace(names[i], "");
            // A second model in one process gets '_1' behind its layers' names.
            layer = Counted().Match(layer) is { Success: true } counted && LayerMapping.IsLayerName(counted.Groups[1].Value) ? counted.Groups[1].Value : layer;
            if (inner.Count == 0 || inner[^1].Layer != layer)
            {
                inner.Add((layer, []));
            }

            inner[^1].Weights.Add(outer.Weights[i]);
        }

        return [.. inner.Select(l => new StoredLayer(l.Layer, [.. l.Weights]))];
    }

    [GeneratedRegex("_[Wb]$")]
    private static partial Regex TheanoName();

    [GeneratedRegex("_[Wb](_[0-9]+)?(:0)?$")]
    private static partial Regex Keras1Suffix();

    [GeneratedRegex("^(.+)_[0-9]+$")]
    private static partial Regex Counted();
}
