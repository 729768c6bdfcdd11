using System.Collections.Immutable;
using System.Text.RegularExpressions;
using VggCuda.Hdf5Loader.Format;

namespace VggCuda.Hdf5Loader.Keras;

/// <summary>The layouts that list layers in <c>layer_names</c> and their tensors in <c>weight_names</c>: Keras 1, 2, and 3's older format.</summary>
/// <remarks>
/// <c>layer_names</c> has all layers in the model's order, those without weights too. A nested model is one layer with all its tensors in one list:
/// trainable ones first, then the frozen ones, so that the list is not in the model's order (<c>_legacy_weights</c> in Keras's <c>legacy_h5_format.py</c>).
/// </remarks>
internal static partial class NamedLayout
{
    /// <summary>Reads the model, or returns null where the group lists no layers.</summary>
    public static StoredFile? TryRead(Hdf5File file, Hdf5Object group, KerasLayout layout)
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

        string? json = file.Root.Text("model_config");
        ModelConfiguration? configuration = ModelConfiguration.TryParse(json);
        Dictionary<string, ConfiguredLayer> configured = [];
        foreach (ConfiguredLayer layer in configuration?.Layers ?? [])
        {
            configured.TryAdd(layer.Name, layer);
        }

        return new StoredFile
        {
            Layout = layout,
            Model = new StoredModel
            {
                Name = configuration?.Name ?? "",
                Path = group.Path,
                IsOrdered = true,
                IsComplete = true,
                Layers = [.. layerNames.Select(name => ReadLayer(file, group, name, configured.GetValueOrDefault(name)))],
            },
            KerasVersion = group.Text("keras_version") ?? file.Root.Text("keras_version"),
            Backend = backend,
            IsChannelsFirst = ModelConfiguration.IsChannelsFirst(json),
        };
    }

    /// <summary>Refuses Theano's kernels, which the names of a layer's tensors tell.</summary>
    public static void RefuseTheano(StoredLayer layer)
    {
        if (layer.Tensors.FirstOrDefault(t => TheanoName().IsMatch(t.Name)) is { } theano)
        {
            throw Theano($"its weight name '{theano.Name}' has no ':0'").In(layer.Name);
        }
    }

    private static Hdf5Exception Theano(string sign) => new(
        $"was saved with Keras's Theano backend ({sign}), whose kernels are rotated by 180 degrees and ordered (out, in, 3, 3). "
        + "Take the file named '..._tf_dim_ordering_tf_kernels.h5', or load it in Keras with the TensorFlow backend, call convert_all_kernels_in_model and save it again.");

    private static StoredLayer ReadLayer(Hdf5File file, Hdf5Object group, string name, ConfiguredLayer? configured)
    {
        StoredLayer layer = new()
        {
            Name = name,
            Key = name,
            Path = group.Path.Length == 0 ? name : $"{group.Path}/{name}",
            Class = configured?.Class ?? LayerClass.OfDefaultName(name),
            Settings = configured?.Settings,
        };
        try
        {
            Hdf5Object found = file.Find(group, name) ?? throw new Hdf5Exception("is listed in 'layer_names' but is not in the file; it is damaged or incomplete.");
            ImmutableArray<string> names = found.Names("weight_names") ?? throw new Hdf5Exception("has no attribute 'weight_names'; the file is damaged or was not written by Keras.");
            ImmutableArray<StoredTensor> tensors = [.. names.Select(weight => new StoredTensor(
                file, file.Find(found, weight) ?? throw new Hdf5Exception($"lists the weight '{weight}', which is not in the file; it is damaged or incomplete."), weight))];
            layer = layer with { Tensors = tensors };
            return layer with { Model = configured?.Model is { } model && ByConfiguration(layer, model) is { } told ? told : Split(layer) };
        }
        catch (Hdf5Exception failure)
        {
            return layer with { Problem = failure.Message };
        }
    }

    // The layers of a nested model as its configuration lists them. Null where the tensors' names do not fit it one to one.
    private static StoredModel? ByConfiguration(StoredLayer outer, ModelConfiguration configuration)
    {
        Dictionary<string, List<StoredTensor>> byLayer = [];
        foreach (StoredTensor tensor in outer.Tensors)
        {
            string name = Place.Of(tensor.Name).Layer;
            if (!byLayer.TryGetValue(name, out List<StoredTensor>? tensors))
            {
                byLayer[name] = tensors = [];
            }

            tensors.Add(tensor);
        }

        HashSet<string> used = [];
        bool unique = true;
        StoredModel model = Build(configuration, outer.Path);
        return unique && used.Count == byLayer.Count ? model : null;

        StoredModel Build(ModelConfiguration from, string path) => new()
        {
            Name = outer.Path == path ? outer.Name : from.Name,
            Path = path,
            IsOrdered = true,
            IsComplete = true,
            Layers = [.. from.Layers.Select(l =>
            {
                if (l.Model is { } inner)
                {
                    return new StoredLayer { Name = l.Name, Key = l.Name, Path = $"{path}/{l.Name}", Class = l.Class, Settings = l.Settings, Model = Build(inner, $"{path}/{l.Name}") };
                }

                List<StoredTensor>? tensors = byLayer.GetValueOrDefault(l.Name);
                unique &= tensors is null || used.Add(l.Name);
                return new StoredLayer { Name = l.Name, Key = l.Name, Path = $"{path}/{l.Name}", Class = l.Class, Settings = l.Settings, Tensors = [.. tensors ?? []] };
            })],
        };
    }

    // Without a configuration: a nested model's tensors by the layers in their names. Null where they are of one layer.
    private static StoredModel? Split(StoredLayer outer)
    {
        List<(Place Place, List<StoredTensor> Tensors)> layers = [];
        Dictionary<Place, List<StoredTensor>> known = [];
        foreach (StoredTensor tensor in outer.Tensors)
        {
            Place place = Place.Of(tensor.Name);
            if (!known.TryGetValue(place, out List<StoredTensor>? tensors))
            {
                known[place] = tensors = [];
                layers.Add((place, tensors));
            }

            tensors.Add(tensor);
        }

        if (layers.Count < 2)
        {
            return null;
        }

        ImmutableArray<StoredModel> models = [.. layers.GroupBy(l => (l.Place.Scope, l.Place.Copy)).Select(group => new StoredModel
        {
            Name = outer.Name,
            Path = outer.Path,
            IsOrdered = false,
            IsComplete = false,
            Layers = [.. group.Select(l => new StoredLayer
            {
                Name = l.Place.Layer,
                Key = l.Place.Layer,
                Path = $"{outer.Path}/{l.Place.Layer}",
                Class = LayerClass.OfDefaultName(l.Place.Layer),
                Tensors = [.. l.Tensors],
            })],
        })];
        return models.Length == 1 ? models[0] : new StoredModel
        {
            Name = outer.Name,
            Path = outer.Path,
            IsOrdered = false,
            IsComplete = false,
            Layers = [.. models.Zip(layers.Select(l => (l.Place.Scope, l.Place.Copy)).Distinct(), (model, key) =>
            {
                string part = key.Scope.Length == 0 ? "" : key.Scope.Split('/')[^1];
                string name = (part, key.Copy) is ("", "") ? "1" : part.Length == 0 ? (int.Parse(key.Copy, System.Globalization.CultureInfo.InvariantCulture) + 1).ToString(System.Globalization.CultureInfo.InvariantCulture) : part + (key.Copy.Length == 0 ? "" : "_" + key.Copy);
                return new StoredLayer { Name = name, Key = name, Path = $"{outer.Path}/{name}", Model = model with { Name = name, Path = $"{outer.Path}/{name}" } };
            })],
        };
    }

    [GeneratedRegex("_[Wb]$")]
    private static partial Regex TheanoName();

    [GeneratedRegex("_[Wb](_[0-9]+)?(:0)?$")]
    private static partial Regex Keras1Suffix();

    // Keras 2.2 put a number behind a tensor's name that was there already: kernel:0_2.
    [GeneratedRegex(":0_([0-9]{1,6})$")]
    private static partial Regex Repeated();

    /// <summary>Where a tensor of a nested model belongs, told by its name.</summary>
    /// <param name="Scope">What stands before the layer: the models that it lies in, or nothing.</param>
    /// <param name="Layer">The layer.</param>
    /// <param name="Copy">The number of a further model with the same layers in one process, or nothing.</param>
    private sealed record Place(string Scope, string Layer, string Copy)
    {
        /// <summary>Of vgg16/block1_conv1/kernel:0, block1_conv1_2/kernel:0, block1_conv1_W_1:0, block1_conv1/kernel:0_2.</summary>
        public static Place Of(string name)
        {
            string[] parts = name.Split('/');
            string layer = parts.Length > 1 ? parts[^2] : Keras1Suffix().Replace(name, "");
            string scope = parts.Length > 2 ? string.Join('/', parts[..^2]) : "";
            string copy = Repeated().Match(name) is { Success: true } repeated ? repeated.Groups[1].Value : "";
            (string stem, string number) = layer.LastIndexOf('_') is > 0 and var at && VggNames.IsLayer(layer[..at]) && layer[(at + 1)..].All(char.IsAsciiDigit) && layer.Length - at is > 1 and < 7
                ? (layer[..at], layer[(at + 1)..])
                : (layer, copy);
            return new Place(scope, stem, number);
        }
    }
}
