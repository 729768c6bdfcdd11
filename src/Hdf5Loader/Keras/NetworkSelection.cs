using System.Collections.Immutable;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader.Format;

namespace VggCuda.Hdf5Loader.Keras;

/// <summary>The network that is meant among a file's models.</summary>
internal sealed class NetworkSelection
{
    private readonly ImmutableArray<Candidate> _candidates;

    private NetworkSelection(StoredModel root, ImmutableArray<Candidate> candidates)
    {
        Root = root;
        _candidates = candidates;
    }

    /// <summary>The outermost model: as the file has it, but for networks side by side in one model, which are models of their own here, and for those in pieces, which are whole.</summary>
    public StoredModel Root { get; }

    /// <summary>The models with convolutions of their own, for people.</summary>
    public ImmutableArray<ContainedNetwork> Networks => [.. _candidates.Select(c => new ContainedNetwork(c.Name, c.Model.Path, c.Match?.Architecture.Name, c.Failure is { } failure ? Describe(failure) : null))];

    /// <summary>Looks at all models of a file.</summary>
    /// <param name="source">The file, for messages.</param>
    /// <param name="root">The outermost model.</param>
    public static NetworkSelection Of(string source, StoredModel root)
    {
        root = Towers.Apart(root);
        StoredModel[] models = [.. root.All.Where(NetworkMatcher.IsCandidate)];
        if (models.Length > 1 && !models.Any(m => Try(source, m).Match is not null) && root.Unfolded is { } unfolded && Try(source, unfolded).Match is not null)
        {
            // Blocks of convolutions, each a layer of its own: together they are the network.
            (root, models) = (unfolded, [unfolded]);
        }

        ILookup<string, StoredModel> byName = models.ToLookup(m => m.Name);
        return new NetworkSelection(root, [.. models.Select(model =>
        {
            string name = model.Name.Length > 0 && byName[model.Name].Count() == 1 ? model.Name : model.Path.Length > 0 ? model.Path : "model";
            (NetworkMatch? match, Exception? failure) = Try(source, model);
            return new Candidate(name, model, match, failure);
        })]);
    }

    private static (NetworkMatch? Match, Exception? Failure) Try(string source, StoredModel model)
    {
        try
        {
            return (NetworkMatcher.Match(source, model), null);
        }
        catch (Exception failure) when (failure is Hdf5Exception or WeightsException)
        {
            return (null, failure);
        }
    }

    /// <summary>Chooses.</summary>
    /// <param name="name">The name or path of the model that is meant; null where there is but one.</param>
    /// <exception cref="Hdf5Exception">There is none, none of that name, or more than one; the message names the choices.</exception>
    /// <exception cref="WeightsException">By its names it is a known network, but a layer is missing or one too many.</exception>
    public NetworkMatch Choose(string? name)
    {
        if (name is not null)
        {
            Candidate[] named = [.. _candidates.Where(c => Is(c.Name) || Is(c.Model.Name) || Is(c.Model.Path))];
            return named.Length == 1
                ? named[0].Match ?? throw Rethrown(named[0].Failure!)
                : throw new Hdf5Exception($"has {(named.Length == 0 ? "no network" : "more than one network")} named '{name}'; its networks are {LayerText.Some([.. _candidates.Select(c => c.Name)])}.");
        }

        Candidate[] found = [.. _candidates.Where(c => c.Match is not null)];
        if (found.Length > 1)
        {
            throw new Hdf5Exception($"is a second nested VGG, beside '{found[0].Name}'; which one is meant cannot be told. Choose one with --network-name: {LayerText.Some([.. found.Select(c => c.Name)])}.").In(found[1].Name);
        }

        if (found.Length == 1)
        {
            return found[0].Match!;
        }

        if (Root.All.SelectMany(m => m.Layers).FirstOrDefault(l => l.Problem is not null) is { } unreadable)
        {
            throw new Hdf5Exception(unreadable.Problem!).In(unreadable.Name);
        }

        // The one that is nearest to a VGG has most to say.
        throw Rethrown(_candidates.OrderByDescending(c => c.Failure is WeightsException).ThenByDescending(c => c.Model.Layers.Count(l => l.ConvolutionKernel is not null)).FirstOrDefault()?.Failure
            ?? new Hdf5Exception($"is missing; a VGG has it. The file has no convolutions; its layers with weights: {LayerText.Some([.. Root.All.SelectMany(m => m.Layers).Where(l => l.Tensors.Length > 0).Select(l => l.Name)])}.").In(Architecture.Known[0].Convolutions[0]));

        bool Is(string other) => string.Equals(other, name, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>All layers with weights that a match does not read, and why, in the file's order.</summary>
    public ImmutableArray<IgnoredLayer> Ignored(NetworkMatch match)
    {
        List<IgnoredLayer> ignored = [];
        Walk(Root);
        return [.. ignored];

        void Walk(StoredModel model)
        {
            if (model == match.Model)
            {
                ignored.AddRange(match.Ignored);
                return;
            }

            foreach (StoredLayer layer in model.Layers)
            {
                if (layer.Model is { } inner)
                {
                    Walk(inner);
                }
                else if (layer.Tensors.Length > 0 || layer.Problem is not null || layer.Effect == LayerEffect.Preparation)
                {
                    ignored.Add(new IgnoredLayer(layer.Name, layer.Path, $"is outside the model '{match.Model.Name}'{(layer.Problem is { } problem ? $", and {problem}" : "")}"));
                }
            }
        }
    }

    /// <summary>A failure's message with the layer in front.</summary>
    public static string Describe(Exception failure) => failure switch
    {
        Hdf5Exception { Layer: { } layer } => $"layer '{layer}': {failure.Message}",
        WeightsException { Layer: { } layer } wrong => $"layer '{layer}': {wrong.Cause}",
        WeightsException wrong => wrong.Cause,
        _ => failure.Message,
    };

    private static Exception Rethrown(Exception failure) => failure is WeightsException wrong
        ? new WeightsException(wrong.WeightsSource, wrong.Layer, wrong.Cause, wrong)
        : ((Hdf5Exception)failure).Again();

    private sealed record Candidate(string Name, StoredModel Model, NetworkMatch? Match, Exception? Failure);
}
