using System.Collections.Immutable;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader.Format;

namespace VggCuda.Hdf5Loader.Keras;

/// <summary>What was made of a model's dense layers.</summary>
/// <param name="Layers">The network's; empty where they are none of its.</param>
/// <param name="Candidates">All that were looked at.</param>
/// <param name="Refusal">Why they are none of the network's, or null.</param>
/// <param name="Assumption">What the file does not say and was taken for granted, or null.</param>
internal sealed record HeadMatch(ImmutableArray<MatchedLayer> Layers, ImmutableArray<StoredLayer> Candidates, string? Refusal, string? Assumption);

/// <summary>Finds the dense layers that follow a network's convolutions: any number of them, by order and shape. Convolutions over the whole map count as dense, which they are.</summary>
internal static class HeadMatcher
{
    /// <summary>Finds them.</summary>
    /// <param name="model">The model.</param>
    /// <param name="convolutions">The network's convolutions in order.</param>
    /// <exception cref="Hdf5Exception">Layers with the names of a VGG's are not what they should be.</exception>
    public static HeadMatch Match(StoredModel model, ImmutableArray<StoredLayer> convolutions)
    {
        int from = model.IsOrdered ? model.Layers.IndexOf(convolutions[^1]) + 1 : 0;
        ImmutableArray<StoredLayer> behind = [.. model.Layers.Skip(from).Where(l => !convolutions.Contains(l))];
        if (behind.FirstOrDefault(l => l.Class == LayerClass.Dense && l.Tensors.Length > 2 && l.Model is null) is { } many)
        {
            throw Strange(model, many);
        }

        ImmutableArray<StoredLayer> named = [.. behind.Where(l => VggNames.IsDense(l.Name) && l.Tensors.Length > 0)];
        if (named.GroupBy(l => l.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new Hdf5Exception($"is the name of two layers, at '{twice.First().Path}' and '{twice.Last().Path}'; which one is meant cannot be told.").In(twice.Key);
        }

        ImmutableArray<StoredLayer> dense = [.. behind.Where(l => l.DenseKernel is not null || l.ConvolutionKernel is not null || named.Contains(l))];
        if (dense.IsEmpty)
        {
            return new HeadMatch([], [], null, null);
        }

        // Keras's own three names tell by themselves, where the order does not.
        bool isKeras = named.Length == Head.KerasNames.Length && dense.Length == named.Length;
        if (isKeras && !model.IsOrdered)
        {
            dense = [.. Head.KerasNames.Select(name => named.Single(l => l.Name == name))];
        }

        // Behind these, which end in a softmax, other layers are others.
        ImmutableArray<StoredLayer> candidates = dense;
        int end = dense.ToList().FindIndex(l => l.Name == Head.KerasNames[^1]);
        dense = end >= 0 ? dense[..(end + 1)] : dense;
        foreach (StoredLayer layer in dense)
        {
            NamedLayout.RefuseTheano(layer);
        }

        string? refusal = Others(model, behind, candidates, dense) ?? Chain(behind, dense, convolutions[^1], named.Length > 0) ?? Context(model, dense, named.Length > 0) ?? Activations(model, dense, named.Length > 0);
        if (refusal is not null)
        {
            // Further convolutions alone (a decoder's) are no dense layers, and nobody took them for any.
            return dense.Any(l => l.DenseKernel is not null || VggNames.IsCaffeDense(l.Name)) ? new HeadMatch([], candidates, refusal, null) : new HeadMatch([], [], null, null);
        }

        if (named.Length > 0 && dense[^1].Name is var last && last != Head.KerasNames[^1] && VggNames.IsDense(last))
        {
            throw new Hdf5Exception($"is missing; a VGG with dense layers has it behind '{last}', or another dense layer in its place.").In(Head.KerasNames[^1]);
        }

        ImmutableArray<string> names = [.. Head.Create(1, [.. dense.Select(_ => 1)]).Layers.Select(l => l.Name)];
        string? assumption = dense.All(l => l.Settings is not null) || isKeras ? null
            : "that the dense layers have ReLU between them and a softmax or nothing behind the last, which the file does not say";
        return new HeadMatch([.. dense.Select((layer, i) => new MatchedLayer(names[i], layer, Reason(layer, names[i], i)))], dense, null, assumption);

        string Reason(StoredLayer layer, string name, int i) => layer.Name == name ? "by its name"
            : VggNames.IsCaffeDense(layer.Name) ? "by its name, which is Caffe's"
            : i == dense.Length - 1 ? "the last dense layer: the classes"
            : $"{LayerText.Ordinal(i + 1)} dense layer, by order and shape";
    }

    /// <summary>The refusal of a convolution or dense layer that has other tensors than a kernel and a bias.</summary>
    public static Hdf5Exception Strange(StoredModel model, StoredLayer layer) => (layer.Tensors.Length > 2 && !model.IsOrdered && layer.Tensors[0].Name == "0"
        ? new Hdf5Exception($"has {layer.Tensors.Length} variables where a VGG's layers have a kernel and a bias. Quantised models and models with LoRA are not taken: save the model as it was before, or merge and dequantise it.")
        : new Hdf5Exception($"has weights of the shapes {string.Join(", ", layer.Tensors)}; a kernel of 4 or 2 dimensions and a bias of 1 were expected.")).In(layer.Name);

    /// <summary>What follows a layer's sums: its own activation, else that of the layer for it; null where the file does not say.</summary>
    public static string? ActivationOf(StoredModel model, StoredLayer layer)
    {
        if (layer.Settings is not { Activation: { } own } || own != "linear" || !model.IsOrdered)
        {
            return layer.Settings?.Activation;
        }

        for (int i = model.Layers.IndexOf(layer) + 1; i < model.Layers.Length; i++)
        {
            StoredLayer next = model.Layers[i];
            if (next.Effect == LayerEffect.Activation)
            {
                return next.Settings?.Activation ?? (next.Class is "relu" or "softmax" ? next.Class : "?");
            }

            if (next.Tensors.Length > 0 || next.Effect is LayerEffect.Changes or LayerEffect.MaxPool)
            {
                // Of a class that is an activation under another name, such as LeakyReLU.
                return next.Class is "leakyrelu" or "elu" or "prelu" or "thresholdedrelu" ? next.Class : "linear";
            }
        }

        return "linear";
    }

    // Layers that would make the head another function, before or behind its last layer; anywhere, where the order is not known.
    private static string? Others(StoredModel model, ImmutableArray<StoredLayer> behind, ImmutableArray<StoredLayer> candidates, ImmutableArray<StoredLayer> dense)
    {
        int first = behind.IndexOf(dense[0]);
        int last = behind.IndexOf(dense[^1]);
        int pools = 0;
        // Of these names it is known that they end the network.
        bool isLast = VggNames.IsDense(dense[^1].Name) || VggNames.IsCaffeDense(dense[^1].Name);
        for (int i = 0; i < behind.Length; i++)
        {
            StoredLayer layer = behind[i];
            if (candidates.Contains(layer) || (model.IsOrdered && i > last && isLast))
            {
                continue;
            }

            pools += layer.IsMaxPool && (!model.IsOrdered || i < first) ? 1 : 0;
            if (layer.Effect == LayerEffect.GlobalPool)
            {
                return $"they follow '{layer.Name}', which pools each channel to one value; here dense layers follow a flattened map";
            }

            if (layer.Effect == LayerEffect.Changes || (layer.Effect == LayerEffect.Preparation && model.IsOrdered))
            {
                string where = !model.IsOrdered ? "beside them, maybe among them" : i < last ? "before the last of them" : "behind them";
                return $"they have '{layer.Name}'{(layer.Class is { } name && name != layer.Name ? $" ({name})" : "")} {where}, which this program does not compute";
            }
        }

        return !model.IsOrdered || pools == 1 || !model.Layers.Any(l => l.IsMaxPool) ? null
            : $"they follow the last convolution after {(pools == 0 ? "no pooling" : $"{pools} poolings")}; a VGG has one there";
    }

    private static string? Chain(ImmutableArray<StoredLayer> behind, ImmutableArray<StoredLayer> dense, StoredLayer lastConvolution, bool strict)
    {
        long channels = lastConvolution.ConvolutionKernel?.Shape[3] ?? 0;
        for (int i = 0; i < dense.Length; i++)
        {
            if ((dense[i].DenseKernel ?? dense[i].ConvolutionKernel)?.Shape is not { } shape || channels < 1)
            {
                // Named as one of a VGG's, but of other tensors: refused where it is read.
                return null;
            }

            bool isMap = shape.Length == 4;
            long rows = isMap ? shape[2] : shape[0];
            long inputs = i == 0 ? channels : Outputs(dense[i - 1]);
            if (isMap && shape[0] == 3)
            {
                return $"they come behind '{dense[i].Name}', a further convolution of 3 x 3";
            }

            if (isMap && (dense[i].Settings?.Padding == "same" && shape[0] != 1 || shape[0] != shape[1] || (i > 0 && shape[0] != 1) || rows != inputs))
            {
                return $"'{dense[i].Name}' has the kernel {LayerText.Shape(shape)}, which is no dense layer over the whole map";
            }

            if (!isMap && (i == 0 ? Grid(rows, channels) == 0 : rows != inputs))
            {
                // Layers with a VGG's names are held to it.
                return strict ? null : i == 0
                    ? $"'{dense[i].Name}' has {rows} rows, which are no square map of the last convolution's {channels} channels: it does not follow the last pooling alone"
                    : $"'{dense[i].Name}' has {rows} rows, but '{dense[i - 1].Name}' before it {inputs} units: they are no chain, but branches";
            }
        }

        long first = dense[0].DenseKernel?.Shape[0] ?? (dense[0].ConvolutionKernel is { } kernel && kernel.Shape[0] == 1 ? kernel.Shape[2] : 0);
        bool flattened = behind.Any(l => l.Class == "flatten");
        return first == channels && !strict && !flattened && dense.Length != Head.KerasNames.Length
            ? $"'{dense[0].Name}' has as many rows as the last convolution has channels, so that it may follow a global pooling as well as a map of one pixel; the file does not say which"
            : null;
    }

    // Of a nested model without its configuration only the weights are known.
    private static string? Context(StoredModel model, ImmutableArray<StoredLayer> dense, bool named) =>
        model.IsComplete || named || dense.Length == Head.KerasNames.Length ? null
            : "they are of a model of which the file gives neither the order nor the layers without weights";

    private static string? Activations(StoredModel model, ImmutableArray<StoredLayer> dense, bool named)
    {
        foreach (StoredLayer layer in dense[..^1])
        {
            if (ActivationOf(model, layer) is { } activation and not "relu" and not "?")
            {
                return $"'{layer.Name}' among them has the activation '{activation}'; here dense layers have ReLU between them";
            }
        }

        string? last = ActivationOf(model, dense[^1]);
        return last is not null and not "softmax" and not "linear" and not "?"
            ? $"they end in '{dense[^1].Name}' with the activation '{last}'; here classes exclude one another (softmax)"
            : !named && Outputs(dense[^1]) == 1 ? $"they end in '{dense[^1].Name}' of one unit, a yes or no; here classes exclude one another (softmax)"
            : null;
    }

    private static long Outputs(StoredLayer dense) => (dense.DenseKernel ?? dense.ConvolutionKernel)!.Shape[^1];

    private static long Grid(long rows, long channels)
    {
        long side = (long)Math.Round(Math.Sqrt((double)rows / channels));
        return side >= 1 && side <= int.MaxValue && side * side <= long.MaxValue / channels && side * side * channels == rows ? side : 0;
    }
}
