using System.Collections.Immutable;
using System.Globalization;
using VggCuda.Cli.Hosting;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader;

namespace VggCuda.Cli.Networks;

/// <summary>From a user's words to a layer and its channels.</summary>
internal static class LayerChoice
{
    /// <summary>Names of the published VGG16's layers that an objective may look at, for completion and help.</summary>
    public static IEnumerable<string> AllNames => Topology.ImageNet.Layers.Where(l => l.CanBeTapped).Select(l => l.Name);

    /// <summary>Finds a layer by Keras's name or index.</summary>
    /// <exception cref="CommandException">There is none, or it has no filters.</exception>
    public static Layer Find(Network network, string nameOrIndex)
    {
        Topology topology = network.Topology;
        string[] names = [.. topology.Layers.Where(l => l.CanBeTapped).Select(l => l.Name)];
        // The file's own name for a layer will do as well.
        if ((topology.Find(nameOrIndex) ?? OwnName(network, nameOrIndex)) is not { } layer)
        {
            string missing = int.TryParse(nameOrIndex, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)
                ? $"There is no layer {nameOrIndex}; layers are numbered 0 to {topology.Layers.Length - 1}."
                : $"There is no layer '{nameOrIndex}'.{Nearest.Question(nameOrIndex, names, 1, always: true)}";
            throw CommandException.Usage($"{missing}\nLayers: {string.Join(", ", names)}.");
        }

        return layer.CanBeTapped
            ? layer
            : throw CommandException.Usage($"Layer '{layer.Name}' has no filters to look at.\nLayers: {string.Join(", ", names)}.");
    }

    private static Layer? OwnName(Network network, string name) =>
        network.Weights is KerasWeights weights && weights.Inspection.Taken.FirstOrDefault(l => l.Name == name) is { } taken ? network.Topology.Find(taken.TakenFor) : null;

    /// <summary>Reads filter numbers: "3", "3,5", several times.</summary>
    /// <exception cref="CommandException">No number, out of the layer's range, or twice the same.</exception>
    public static ImmutableArray<int> Filters(Layer layer, IEnumerable<string> texts)
    {
        ImmutableArray<int>.Builder filters = ImmutableArray.CreateBuilder<int>();
        foreach (string text in texts.SelectMany(t => t.Split(',')).Select(t => t.Trim()))
        {
            if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int filter))
            {
                throw CommandException.Usage($"--filter: '{text}' is no whole number; filters of {layer.Name} are 0 to {layer.Outputs - 1}.");
            }

            CheckRange(layer, filter);
            if (filters.Contains(filter))
            {
                throw CommandException.Usage($"--filter names filter {filter} twice; for several pictures of it use --count.");
            }

            filters.Add(filter);
        }

        return filters.ToImmutable();
    }

    /// <summary>Checks that a layer has a channel.</summary>
    /// <exception cref="CommandException">It has not; the message says the range.</exception>
    public static void CheckRange(Layer layer, int channel)
    {
        if (channel < 0 || channel >= layer.Outputs)
        {
            string what = layer.IsClassifier ? "class" : layer.Kind == LayerKind.Dense ? "unit" : "filter";
            string many = what == "class" ? "classes" : what + "s";
            throw CommandException.Usage($"Layer {layer.Name} has no {what} {channel}; its {many} are 0 to {layer.Outputs - 1}.");
        }
    }
}
