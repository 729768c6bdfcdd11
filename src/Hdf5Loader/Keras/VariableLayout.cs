using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using VggCuda.Hdf5Loader.Format;

namespace VggCuda.Hdf5Loader.Keras;

/// <summary>The layouts of <c>.weights.h5</c> files: a group per layer named after its class and a number, its variables numbered in <c>vars</c>.</summary>
internal static partial class VariableLayout
{
    private const string Keras3 = "layers";
    private const string Keras2 = "_layer_checkpoint_dependencies";

    /// <summary>Reads the network, or returns null where there is no group of layers.</summary>
    public static StoredNetwork? TryRead(Hdf5File file)
    {
        foreach (string container in (string[])[Keras3, Keras2])
        {
            if (file.Root.Links.ContainsKey(container) && file.Find(file.Root, container) is Hdf5Object layers)
            {
                return Read(file, layers, container, container == Keras3 ? KerasLayout.Keras3Weights : KerasLayout.Checkpoint);
            }
        }

        return null;
    }

    private static StoredNetwork Read(Hdf5File file, Hdf5Object layers, string container, KerasLayout layout)
    {
        ImmutableArray<NumberedLayer> found = Collect(file, layers);
        string? nestedIn = null;
        ImmutableArray<string> ignored = [];
        if (!found.Any(l => l.Class == "conv2d"))
        {
            // The network may be a layer of another: its own layers lie in a group of the same name.
            foreach (string name in layers.Links.Keys)
            {
                if (file.Find(layers, $"{name}/{container}") is Hdf5Object inner && Collect(file, inner) is var innerLayers && innerLayers.Any(l => l.Class == "conv2d"))
                {
                    ignored = nestedIn is null
                        ? [.. found.Select(l => l.Layer.Name)]
                        : throw new Hdf5Exception($"has two nested networks, '{nestedIn}' and '{name}'; which one is meant cannot be told.");
                    (nestedIn, found) = (name, innerLayers);
                }
            }
        }

        bool named = found.Length > 0 && found.All(l => l.GivenName is not null);
        return new StoredNetwork
        {
            Layout = layout,
            IsCounted = !named,
            Layers = named ? [.. found.Select(l => l.Layer with { Name = l.GivenName! })] : [.. found.Select(l => l.Layer)],
            NestedIn = nestedIn,
            IgnoredLayers = ignored,
        };
    }

    private static ImmutableArray<NumberedLayer> Collect(Hdf5File file, Hdf5Object layers)
    {
        List<NumberedLayer> found = [];
        foreach (string name in layers.Links.Keys)
        {
            try
            {
                if (file.Find(layers, $"{name}/vars") is { IsDataset: false } variables && variables.Links.Count > 0)
                {
                    found.Add(ReadLayer(file, name, variables));
                }
            }
            catch (Hdf5Exception failure)
            {
                throw failure.In(name);
            }
        }

        return [.. found.OrderBy(l => l.Class, StringComparer.Ordinal).ThenBy(l => l.Number)];
    }

    private static NumberedLayer ReadLayer(Hdf5File file, string name, Hdf5Object variables)
    {
        int count = variables.Links.Count;
        ImmutableArray<Hdf5Dataset>.Builder weights = ImmutableArray.CreateBuilder<Hdf5Dataset>(count);
        if (count > 2)
        {
            throw new Hdf5Exception($"has {count} variables where a VGG's layers have a kernel and a bias. Quantised models and models with LoRA are not taken: save the model as it was before, or merge and dequantise it.");
        }

        for (int i = 0; i < count; i++)
        {
            string variable = i.ToString(CultureInfo.InvariantCulture);
            Hdf5Object dataset = file.Find(variables, variable) ?? throw new Hdf5Exception($"has {count} variables, but none is called '{variable}'; the file is damaged.");
            weights.Add(dataset.IsDataset ? Hdf5Dataset.Read(file, dataset) : throw new Hdf5Exception($"has a group where its variable {variable} should be; the file is damaged."));
        }

        Match match = CountedClass().Match(name);
        int number = match.Groups[2].Success && int.TryParse(match.Groups[2].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int parsed) ? parsed : 0;
        return new NumberedLayer(new StoredLayer(name, weights.MoveToImmutable()), match.Success ? match.Groups[1].Value : name, number, variables.Text("name"));
    }

    [GeneratedRegex("^([a-z][a-z0-9_]*?)(?:_([0-9]{1,6}))?$")]
    private static partial Regex CountedClass();

    private sealed record NumberedLayer(StoredLayer Layer, string Class, int Number, string? GivenName);
}
