using System.Collections.Immutable;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader.Format;

namespace VggCuda.Hdf5Loader.Keras;

/// <summary>Finds a known network among a model's layers: by Keras's names, by Caffe's, else by order and shape, as Keras itself loads.</summary>
/// <remarks>Looks at names, classes, order and dimensions; nothing but the layers that it gives need be readable. What would make the network another function is refused and not passed over.</remarks>
internal sealed class NetworkMatcher
{
    private readonly string _source;
    private readonly StoredModel _model;
    private readonly ImmutableArray<StoredLayer> _layers;

    private NetworkMatcher(string source, StoredModel model)
    {
        _source = source;
        _model = model;
        _layers = model.Layers;
    }

    /// <summary>Whether a model has convolutions of its own, so that it may be the network.</summary>
    public static bool IsCandidate(StoredModel model) => model.Layers.Any(IsConvolution);

    /// <summary>Finds the network.</summary>
    /// <param name="source">The file, for messages.</param>
    /// <param name="model">The model; what is nested in it is not looked into.</param>
    /// <exception cref="Hdf5Exception">It is no known network, or does something else than it.</exception>
    /// <exception cref="WeightsException">By its names it is one, but a layer is missing or one too many.</exception>
    public static NetworkMatch Match(string source, StoredModel model) => new NetworkMatcher(source, model).Match();

    private static bool IsConvolution(StoredLayer layer) => layer.ConvolutionKernel is not null || (VggNames.IsConvolution(layer.Name) && layer.Tensors.Length > 0);

    private static bool Is3x3(StoredLayer layer) => layer.ConvolutionKernel is { } kernel && kernel.Shape[0] == 3 && kernel.Shape[1] == 3;

    private NetworkMatch Match()
    {
        if (_layers.FirstOrDefault(l => l.Problem is not null) is { } unreadable)
        {
            throw new Hdf5Exception(unreadable.Problem!).In(unreadable.Name);
        }

        // Keras writes none of these without weights. A list of names that lost its length would otherwise make a shorter head.
        if (_layers.FirstOrDefault(l => l.Tensors.IsEmpty && l.Model is null && (l.Class is LayerClass.Dense or LayerClass.Convolution || VggNames.OfCaffe(l.Name) is not null || VggNames.IsCaffeDense(l.Name))) is { } empty)
        {
            throw new Hdf5Exception("has no weights, which a layer of its kind has; the file is damaged or incomplete.").In(empty.Name);
        }

        (Architecture architecture, ImmutableArray<MatchedLayer> convolutions) = ByKerasNames() ?? ByCaffeNames() ?? ByOrder();
        ImmutableArray<StoredLayer> taken = [.. convolutions.Select(c => c.Stored)];
        foreach (StoredLayer layer in taken)
        {
            NamedLayout.RefuseTheano(layer);
        }

        CheckBetween(architecture, taken);
        CheckSettings(taken);
        HeadMatch head = HeadMatcher.Match(_model, taken);
        HashSet<StoredLayer> used = [.. taken, .. head.Layers.Select(l => l.Stored)];
        return new NetworkMatch
        {
            Model = _model,
            Architecture = architecture,
            Layers = [.. convolutions, .. head.Layers],
            Ignored = [.. _layers.Where(l => !used.Contains(l) && (l.Tensors.Length > 0 || l.Model is not null || l.Effect == LayerEffect.Preparation)).Select(l => new IgnoredLayer(l.Name, l.Path, Reason(l)))],
            HeadRefusal = head.Refusal,
            Assumption = head.Assumption,
        };

        string Reason(StoredLayer layer) => layer switch
        {
            _ when head.Refusal is not null && head.Candidates.Contains(layer) => $"is one of the dense layers, which are not taken: {head.Refusal}",
            _ when !_model.IsOrdered && layer.Effect == LayerEffect.Preparation => "is taken to prepare pictures before the network; here they go straight into its first convolution",
            _ when !_model.IsOrdered => "is beside the network's layers",
            _ when _layers.IndexOf(layer) < _layers.IndexOf(taken[0]) => "comes before the network's first convolution; here pictures go straight into that",
            _ => "comes behind the network's layers",
        };
    }

    private (Architecture, ImmutableArray<MatchedLayer>)? ByKerasNames()
    {
        ImmutableArray<StoredLayer> named = [.. _layers.Where(l => IsConvolution(l) && VggNames.IsConvolution(l.Name))];
        if (named.IsEmpty)
        {
            return null;
        }

        Dictionary<string, StoredLayer> byName = [];
        foreach (StoredLayer layer in named)
        {
            if (!byName.TryAdd(layer.Name, layer))
            {
                throw new Hdf5Exception($"is the name of two layers, at '{byName[layer.Name].Path}' and '{layer.Path}'; which one is meant cannot be told.").In(layer.Name);
            }
        }

        Architecture architecture = Architecture.Recognise(_source, [.. byName.Keys]);
        return (architecture, [.. architecture.Convolutions.Select(name => new MatchedLayer(name, byName[name], "by its name"))]);
    }

    private (Architecture, ImmutableArray<MatchedLayer>)? ByCaffeNames()
    {
        Dictionary<string, StoredLayer> byName = [];
        foreach (StoredLayer layer in _layers.Where(IsConvolution))
        {
            if (VggNames.OfCaffe(layer.Name) is { } name && !byName.TryAdd(name, layer))
            {
                return null;
            }
        }

        return Architecture.Known.FirstOrDefault(a => a.Convolutions.Length == byName.Count && a.Convolutions.All(byName.ContainsKey)) is { } architecture
            ? (architecture, [.. architecture.Convolutions.Select(name => new MatchedLayer(name, byName[name], "by its name, which is Caffe's"))])
            : null;
    }

    private (Architecture, ImmutableArray<MatchedLayer>) ByOrder()
    {
        ImmutableArray<StoredLayer> found = [.. _layers.Where(IsConvolution)];
        if (_layers.FirstOrDefault(l => l.Class == LayerClass.Convolution && l.Tensors.Length > 0 && l.ConvolutionKernel is null) is { } strange)
        {
            throw HeadMatcher.Strange(_model, strange);
        }

        // Behind them may stand the dense layers as convolutions over the whole map (7 x 7, then 1 x 1).
        ImmutableArray<StoredLayer> convolutions = InOrder(found);
        ImmutableArray<StoredLayer> main = [.. convolutions.TakeWhile(Is3x3)];
        Architecture? architecture = Architecture.Known.FirstOrDefault(a => a.Convolutions.Length == main.Length);
        if (architecture is null || convolutions.Skip(main.Length).Any(Is3x3))
        {
            string known = string.Join(", ", Architecture.Known.Select(a => $"{a.Name} ({a.Convolutions.Length})"));
            int dense = _layers.Count(l => l.DenseKernel is not null);
            string theano = convolutions.Any(c => c.ConvolutionKernel is { } k && k.Shape[2] == 3 && k.Shape[3] == 3 && !Is3x3(c)) ? " Kernels of the shape (out, in, 3, 3) are Theano's, which this reader does not take." : "";
            string counts = $"has {convolutions.Length} convolutions and {dense} dense layers; known are {known}, all of 3 x 3.{theano} Its layers with weights: {LayerText.Some([.. _layers.Where(l => l.Tensors.Length > 0).Select(l => l.Name)])}.";
            throw _model.IsOrdered
                ? new Hdf5Exception($"is missing; a VGG has it, or in its place as many convolutions in a row as a known network. The model {counts}").In(Architecture.Known[0].Convolutions[0])
                : new Hdf5Exception(counts);
        }

        if (!_model.IsOrdered && _layers.FirstOrDefault(l => !found.Contains(l) && l.Effect is LayerEffect.AveragePool or LayerEffect.Changes && l.Class != LayerClass.Dense && l.DenseKernel is null) is { } other)
        {
            throw new Hdf5Exception("may lie between the convolutions, of which the file gives neither names nor order, and VGGs have no such layer. Save the whole model (model.save to .keras or .h5), which has the order.").In(other.Name);
        }

        string order = _model.IsOrdered ? "in the model's order" : "by its number";
        return (architecture, [.. main.Select((layer, i) => new MatchedLayer(architecture.Convolutions[i], layer, $"{LayerText.Ordinal(i + 1)} convolution {order}"))]);
    }

    // By the numbers in their paths (convolutions/conv2d_3, vgg_block_2/conv1), where these differ in nothing else; otherwise there is no order.
    private ImmutableArray<StoredLayer> InOrder(ImmutableArray<StoredLayer> convolutions)
    {
        if (_model.IsOrdered || convolutions.IsEmpty)
        {
            return convolutions;
        }

        List<(StoredLayer Layer, (string Stem, int Number)[] Path)> found = [.. convolutions.Select(c => (c, c.Path.Split('/').Select(Numbered).ToArray()))];
        bool ordered = true;
        found.Sort((a, b) => Compare(a.Path, b.Path));
        return ordered ? [.. found.Select(f => f.Layer)]
            : throw new Hdf5Exception($"has {convolutions.Length} convolutions whose order the file does not give: {LayerText.Some([.. convolutions.Select(c => c.Name)])}. Save the whole model (model.save to .keras or .h5), or name them as Keras does (block1_conv1).");

        int Compare((string Stem, int Number)[] a, (string Stem, int Number)[] b)
        {
            int at = a.Zip(b).TakeWhile(p => p.First == p.Second).Count();
            if (at == a.Length && at == b.Length)
            {
                return 0;
            }

            ordered &= at < a.Length && at < b.Length && a[at].Stem == b[at].Stem;
            return at < a.Length && at < b.Length ? a[at].Number.CompareTo(b[at].Number) : a.Length.CompareTo(b.Length);
        }

        static (string Stem, int Number) Numbered(string name)
        {
            string stem = name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9');
            return int.TryParse(name[stem.Length..], System.Globalization.CultureInfo.InvariantCulture, out int number) ? (stem.TrimEnd('_'), number) : (stem, 0);
        }
    }

    private void CheckBetween(Architecture architecture, ImmutableArray<StoredLayer> taken)
    {
        if (_layers.FirstOrDefault(l => l.Effect == LayerEffect.AveragePool) is { } average && (!_model.IsOrdered || _layers.IndexOf(average) < _layers.IndexOf(taken[^1])))
        {
            throw new Hdf5Exception($"pools by averages; {architecture.Name} takes maxima, so that its later layers see something else.").In(average.Name);
        }

        if (!_model.IsOrdered)
        {
            int listed = _layers.Count(l => l.IsMaxPool);
            int most = architecture.ConvolutionsPerBlock.Length;
            if (_model.IsComplete && listed > 0 && (listed < most - 1 || listed > most))
            {
                throw new Hdf5Exception($"has {listed} max-poolings, {architecture.Name} has {most}; this is another network.");
            }

            return;
        }

        int[] places = [.. taken.Select(l => _layers.IndexOf(l))];
        if (Enumerable.Range(1, places.Length - 1).FirstOrDefault(i => places[i] < places[i - 1]) is > 0 and var early)
        {
            throw new Hdf5Exception($"stands before '{taken[early - 1].Name}', {architecture.Name} has it behind.").In(taken[early].Name);
        }

        bool pools = _layers.Any(l => l.IsMaxPool);
        int pooled = 0;
        int next = 0;
        int[] blocks = [.. architecture.ConvolutionsPerBlock.SelectMany((count, block) => Enumerable.Repeat(block, count))];
        for (int i = places[0]; i <= places[^1]; i++)
        {
            StoredLayer layer = _layers[i];
            if (i == places[next])
            {
                if (pools && pooled != blocks[next])
                {
                    throw new Hdf5Exception($"has {pooled} poolings before it, {architecture.Name}'s {LayerText.Ordinal(next + 1)} convolution has {blocks[next]}; this is another network.").In(layer.Name);
                }

                next++;
                continue;
            }

            pooled += layer.IsMaxPool ? 1 : 0;
            if (layer.Effect is LayerEffect.Changes or LayerEffect.GlobalPool or LayerEffect.Preparation)
            {
                throw new Hdf5Exception($"{(layer.Class is { } name ? $"is of the class {name} and " : "")}lies between the convolutions; {architecture.Name} has no such layer, and without it the network would be another function.").In(layer.Name);
            }

            if (layer.Settings is { } settings && layer.Effect == LayerEffect.MaxPool && (settings.Window.Any(n => n != 2) || settings.Strides.Any(n => n != 2)))
            {
                throw new Hdf5Exception($"pools windows of {string.Join(" x ", settings.Window)} in steps of {string.Join(" x ", settings.Strides)}; {architecture.Name} pools 2 x 2 in steps of 2.").In(layer.Name);
            }
        }
    }

    private void CheckSettings(ImmutableArray<StoredLayer> taken)
    {
        foreach (StoredLayer layer in taken)
        {
            if (layer.Settings is not { } settings)
            {
                continue;
            }

            if (settings.Strides.Any(n => n != 1) || !settings.IsPlain)
            {
                throw new Hdf5Exception("has strides, dilation or groups; a VGG's convolutions have none.").In(layer.Name);
            }

            int at = _layers.IndexOf(layer);
            if (settings.Padding == "valid" && _model.IsOrdered && (at == 0 || _layers[at - 1].Class != "zeropadding2d"))
            {
                throw new Hdf5Exception("is not padded (padding 'valid', and no ZeroPadding2D before it); a VGG's convolutions keep the size.").In(layer.Name);
            }

            if (HeadMatcher.ActivationOf(_model, layer) is { } activation and not "relu" and not "?")
            {
                throw new Hdf5Exception($"has the activation '{activation}'; a VGG's convolutions have 'relu'.").In(layer.Name);
            }
        }
    }
}
