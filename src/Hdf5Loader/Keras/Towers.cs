using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace VggCuda.Hdf5Loader.Keras;

/// <summary>Several VGGs side by side in one model, which must have names of their own then: left_block1_conv1, block1_conv1_2.</summary>
internal static partial class Towers
{
    // Fewer convolutions are no known network.
    private const int FewestConvolutions = 8;

    /// <summary>The model with each of several towers as a model within it, named after what is added to Keras's names. Models with one or none stay as they are.</summary>
    public static StoredModel Apart(StoredModel model)
    {
        model = model with { Layers = [.. model.Layers.Select(l => l.Model is { } inner ? l with { Model = Apart(inner) } : l)] };
        Dictionary<string, List<StoredLayer>> towers = [];
        foreach (StoredLayer layer in model.Layers)
        {
            if (layer.Model is null && KerasName().Match(layer.Name) is { Success: true } match)
            {
                string tower = $"{match.Groups[1].Value}_{match.Groups[3].Value}".Trim('_', '-', '/', '.');
                if (!towers.TryGetValue(tower, out List<StoredLayer>? layers))
                {
                    towers[tower] = layers = [];
                }

                layers.Add(layer with { Name = match.Groups[2].Value });
            }
        }

        (string Name, List<StoredLayer> Layers)[] whole = [.. towers.Where(t => t.Value.Count(l => l.ConvolutionKernel is not null && VggNames.IsConvolution(l.Name)) >= FewestConvolutions).Select(t => (t.Key, t.Value))];
        if (whole.Length < 2)
        {
            return model;
        }

        // What lies between their layers, or may, belongs to one of them.
        HashSet<string> apart = [.. whole.SelectMany(t => t.Layers).Select(l => l.Path)];
        int last = model.Layers.Select((l, i) => apart.Contains(l.Path) && l.ConvolutionKernel is not null ? i : -1).Max();
        IEnumerable<StoredLayer> others = (model.IsOrdered ? model.Layers.Take(last) : model.Layers.Where(l => l.Tensors.Length > 0 && l.DenseKernel is null)).Where(l => !apart.Contains(l.Path));
        return others.Any(l => l.Effect is LayerEffect.Changes or LayerEffect.GlobalPool or LayerEffect.AveragePool) ? model : model with
        {
            Layers =
            [
                .. whole.Select(tower => new StoredLayer
                {
                    Name = Title(tower.Name),
                    Key = Title(tower.Name),
                    Path = $"{model.Path}/{Title(tower.Name)}".TrimStart('/'),
                    Model = new StoredModel
                    {
                        Name = Title(tower.Name),
                        Path = $"{model.Path}/{Title(tower.Name)}".TrimStart('/'),
                        IsOrdered = model.IsOrdered,
                        IsComplete = false,
                        Layers = [.. tower.Layers],
                    },
                }),
                .. model.Layers.Where(l => !apart.Contains(l.Path)),
            ],
        };
    }

    private static string Title(string affix) => affix.Length == 0 ? "plain" : affix;

    [GeneratedRegex("^(.*?)(block[0-9]_conv[0-9]|block[0-9]_pool|fc1|fc2|predictions)((?:[_./-].*)?)$")]
    private static partial Regex KerasName();
}
