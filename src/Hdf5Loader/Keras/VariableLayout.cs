using System.Collections.Immutable;
using System.Globalization;
using VggCuda.Hdf5Loader.Format;

namespace VggCuda.Hdf5Loader.Keras;

/// <summary>The layouts of <c>.weights.h5</c> files: a group per layer named after its class and a number, its variables numbered in <c>vars</c>.</summary>
/// <remarks>
/// Keras's <c>saving_lib.py</c>: a Functional or Sequential model's layers lie below <c>layers</c> (before Keras 2.15 <c>_layer_checkpoint_dependencies</c>), counted through
/// for each class in the model's order; whatever else a model keeps lies below the attribute's name, lists counted in the same way. A layer that was met before is not written
/// again, so that numbers may have gaps where a model has attributes besides. From Keras 3.6 on <c>vars</c> has the layer's name as an attribute. The order between classes is
/// lost, but where a <c>.keras</c> archive holds the configuration.
/// </remarks>
internal static class VariableLayout
{
    private const string Keras3 = "layers";
    private const string Keras2 = "_layer_checkpoint_dependencies";

    // What a model keeps beside its layers: optimiser state (moving averages of weights among it), metrics, losses.
    private static readonly HashSet<string> Passed =
        ["vars", "optimizer", "metrics", "_metrics", "compile_metrics", "_compile_metrics", "loss_tracker", "_loss_tracker", "loss", "_compile_loss", "seed_generator", "_seed_generator", Keras2, Keras3];

    /// <summary>Reads the model, or returns null where there is no group of layers and none that has variables.</summary>
    public static StoredFile? TryRead(Hdf5File file, string? configuration)
    {
        bool old = !file.Root.Links.ContainsKey(Keras3) && file.Root.Links.ContainsKey(Keras2);
        if (!old && !file.Root.Links.ContainsKey(Keras3) && !file.Root.Links.Keys.Any(name => !Passed.Contains(name) && Holds(name)))
        {
            return null;
        }

        ModelConfiguration? configured = ModelConfiguration.TryParse(configuration);
        Reader reader = new(file);
        return new StoredFile
        {
            Layout = old ? KerasLayout.Checkpoint : KerasLayout.Keras3Weights,
            Model = reader.ReadModel(file.Root, "", configured, 0),
            IsChannelsFirst = ModelConfiguration.IsChannelsFirst(configuration),
        };

        bool Holds(string name) => file.Root.Links[name].Kind == LinkKind.Hard && file.Find(file.Root, name) is { IsDataset: false } group
            && (group.Links.ContainsKey("vars") || group.Links.ContainsKey(Keras3) || group.Links.Any(l => l.Value.Kind == LinkKind.Hard && file.Find(group, l.Key)?.Links.ContainsKey("vars") == true));
    }

    private sealed class Reader(Hdf5File file)
    {
        private const int MostGroups = 10_000;
        private readonly HashSet<ulong> _visited = [];

        public StoredModel ReadModel(Hdf5Object group, string name, ModelConfiguration? configuration, int depth)
        {
            Visit(group, depth);
            string? given = Given(group);
            List<StoredLayer> layers = [];
            Hdf5Object? container = Container(group);
            if (container is not null)
            {
                _visited.Add(container.Header.Address);
                Dictionary<string, ConfiguredLayer> configured = ByKey(configuration);
                List<(string Class, int Number, string Key)> keys = [.. container.Links.Keys.Where(k => k != "vars").Select(k => (LayerClass.Split(k).Class, LayerClass.Split(k).Number, k))];
                List<string> attributes = Attributes(group);
                if (attributes.Count == 0)
                {
                    CheckCounting(keys);
                }

                keys.Sort((a, b) => string.CompareOrdinal(a.Class, b.Class) is var order && order != 0 ? order : a.Number.CompareTo(b.Number));
                layers.AddRange(keys.SelectMany(k => ReadSaveable(container, k.Key, k.Key, k.Class, configured.GetValueOrDefault(k.Key), depth + 1)));
                if (configuration is not null && attributes.Count == 0 && layers.Where(l => l.Tensors.Length > 0 || l.Model is not null).All(l => configured.ContainsKey(l.Key)))
                {
                    // The configuration has all layers in the model's order, also those that the file has no group for.
                    ILookup<string, StoredLayer> found = layers.ToLookup(l => l.Key);
                    return Model([.. configured.Select(c => found[c.Key].FirstOrDefault() ?? new StoredLayer
                    {
                        Name = c.Value.Name,
                        Key = c.Key,
                        Path = $"{container.Path}/{c.Key}",
                        Class = c.Value.Class,
                        Settings = c.Value.Settings,
                    })], true);
                }
            }

            foreach (string attribute in Attributes(group))
            {
                layers.AddRange(ReadSaveable(group, attribute, attribute, LayerClass.OfDefaultName(attribute), null, depth + 1));
            }

            return Model([.. layers], false);

            StoredModel Model(ImmutableArray<StoredLayer> all, bool ordered) => new()
            {
                Name = given ?? configuration?.Name ?? name,
                Path = group.Path,
                IsOrdered = ordered,
                IsComplete = container is not null,
                Layers = all,
            };
        }

        // One layer; a nested model; or, of a list or of a layer with layers of its own, all that it holds.
        private List<StoredLayer> ReadSaveable(Hdf5Object parent, string key, string name, string? layerClass, ConfiguredLayer? configured, int depth)
        {
            StoredLayer layer = new()
            {
                Name = configured?.Name ?? name,
                Key = key,
                Path = parent.Path.Length == 0 ? key : $"{parent.Path}/{key}",
                Class = configured?.Class ?? layerClass,
                Settings = configured?.Settings,
            };
            List<StoredLayer> layers = [];
            try
            {
                if (file.Find(parent, key) is not { IsDataset: false } group || _visited.Contains(group.Header.Address))
                {
                    return layers;
                }

                if (Container(group) is not null)
                {
                    StoredModel model = ReadModel(group, key, configured?.Model, depth);
                    layers.Add(layer with { Name = model.Name, Class = layer.Class ?? "model", Model = model });
                    return layers;
                }

                Visit(group, depth);
                if (file.Find(group, "vars") is { IsDataset: false } variables)
                {
                    layers.Add(layer with { Name = variables.Text("name") ?? layer.Name, Tensors = ReadVariables(variables) });
                }

                foreach (string attribute in Attributes(group))
                {
                    string inner = LayerClass.Split(attribute).Class;
                    bool isClass = LayerClass.EffectOf(inner) != LayerEffect.Unknown;
                    layers.AddRange(ReadSaveable(group, attribute, $"{name}_{attribute}", isClass ? inner : null, null, depth + 1));
                }
            }
            catch (Hdf5Exception failure)
            {
                layers.Add(layer with { Problem = failure.Message });
            }

            return layers;
        }

        private ImmutableArray<StoredTensor> ReadVariables(Hdf5Object variables)
        {
            int count = variables.Links.Count;
            ImmutableArray<StoredTensor>.Builder tensors = ImmutableArray.CreateBuilder<StoredTensor>(count);
            bool numbered = variables.Links.ContainsKey("0");
            List<string> names = numbered ? [.. Enumerable.Range(0, count).Select(i => i.ToString(CultureInfo.InvariantCulture))] : [.. variables.Links.Keys];
            foreach (string name in names)
            {
                tensors.Add(new StoredTensor(file, file.Find(variables, name) ?? throw new Hdf5Exception($"has {count} variables, but none is called '{name}'; the file is damaged."), name));
            }

            return tensors.MoveToImmutable();
        }

        private Hdf5Object? Container(Hdf5Object group) =>
            (group.Links.ContainsKey(Keras3) ? file.Find(group, Keras3) : group.Links.ContainsKey(Keras2) ? file.Find(group, Keras2) : null) is { IsDataset: false } container ? container : null;

        private static List<string> Attributes(Hdf5Object group) => [.. group.Links.Keys.Where(name => !Passed.Contains(name))];

        private string? Given(Hdf5Object group) => group.Links.ContainsKey("vars") && file.Find(group, "vars") is { IsDataset: false } variables && variables.Text("name") is { Length: > 0 } name ? name : null;

        // Keras counts through without gaps: a number that is missing is a layer that is.
        private static void CheckCounting(List<(string Class, int Number, string Key)> keys)
        {
            foreach (IGrouping<string, (string Class, int Number, string Key)> group in keys.GroupBy(k => k.Class))
            {
                List<int> numbers = [.. group.Select(k => k.Number).Order()];
                int gap = numbers.Where((number, i) => number != i).FirstOrDefault(-1);
                if (gap >= 0 && group.Any(k => LayerClass.EffectOf(k.Class) != LayerEffect.Unknown))
                {
                    throw new Hdf5Exception($"is the {LayerText.Ordinal(numbers.IndexOf(gap) + 1)} of its class, but is not numbered so: a layer is missing or there twice; the file is damaged.").In(group.First(k => k.Number == gap).Key);
                }
            }
        }

        // Group names as Keras makes them of the configuration's layers.
        private static Dictionary<string, ConfiguredLayer> ByKey(ModelConfiguration? configuration)
        {
            Dictionary<string, int> counts = [];
            Dictionary<string, ConfiguredLayer> byKey = [];
            foreach (ConfiguredLayer layer in configuration?.Layers ?? [])
            {
                string stem = layer.GroupName;
                int number = counts.GetValueOrDefault(stem);
                counts[stem] = number + 1;
                byKey.TryAdd(number == 0 ? stem : string.Create(CultureInfo.InvariantCulture, $"{stem}_{number}"), layer);
            }

            return byKey;
        }

        private void Visit(Hdf5Object group, int depth)
        {
            if (!_visited.Add(group.Header.Address) || _visited.Count > MostGroups || depth > Hdf5Layout.MaxDepth)
            {
                throw new Hdf5Exception($"has groups in a circle, more than {MostGroups} of them, or deeper than {Hdf5Layout.MaxDepth}; the file is damaged.");
            }
        }
    }
}
