using System.Globalization;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader;
using VggCuda.Hdf5Loader.Files;

namespace VggCuda.Cli.Networks;

/// <summary>The network that a command works on, with its names and where it came from. Owns the weights.</summary>
internal sealed class ChosenNetwork : IDisposable
{
    private readonly IWeightSource _weights;
    private readonly CancellationTokenSource _disposed = new();
    private Task<string?>? _hash;

    public ChosenNetwork(IWeightSource weights, string name, string? path, ClassNames? names)
    {
        _weights = weights;
        Network = Network.FromWeights(weights);
        Name = name;
        Path = path;
        Names = names;
    }

    public Network Network { get; }

    /// <summary>"bundled model", or the file's name without its folder.</summary>
    public string Name { get; }

    /// <summary>The file, or null for the bundled model.</summary>
    public string? Path { get; }

    /// <summary>What its classes are called, or null where nobody has said.</summary>
    public ClassNames? Names { get; }

    /// <summary>What its logits are divided by before a softmax, so that the probabilities fit what is right how often; 1 where nothing is known; looked up when it is wanted.</summary>
    public Lazy<double> Temperature { get; init; } = new(1.0);

    /// <summary>How many classes it has; 0 without dense layers.</summary>
    public int ClassCount => Network.Topology.Head?.Classes ?? 0;

    /// <summary>Why there are no classes, as a clause that follows the weights' name: "have no dense layers".</summary>
    public string WhyNoClasses => _weights is KerasWeights { Inspection.HeadRefusal: { } refusal }
        ? $"have no dense layers that are taken ({refusal})"
        : "have no dense layers";

    /// <summary>Whether a layer's units are the classes.</summary>
    public bool IsClassifier(string layer) => Network.Topology.Classifier?.Name == layer;

    /// <summary>Starts hashing the weights in the background, so that it is done by the time the record is written.</summary>
    public void StartHashing() => _hash ??= Task.Run(() => _weights.ComputeSha256(_disposed.Token));

    /// <summary>SHA-256 of the weights, lower-case hex; null where it was not there yet when the wait was cancelled.</summary>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="WeightsException">The file cannot be read, or was changed since it was opened.</exception>
    public string? Sha256(CancellationToken cancellation = default)
    {
        StartHashing();
        try
        {
            return _hash!.WaitAsync(cancellation).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>The name of a class, or null.</summary>
    public string? NameOf(int index) => Names is not null && index >= 0 && index < Names.Count ? Names[index] : null;

    /// <summary>"bird (class 20)", or "class 20" where it has no name.</summary>
    public string Describe(int index) =>
        NameOf(index) is { } name
            ? string.Create(CultureInfo.InvariantCulture, $"{name} (class {index})")
            : string.Create(CultureInfo.InvariantCulture, $"class {index}");

    public void Dispose()
    {
        _disposed.Cancel();
        try
        {
            // The hash reads the file; it must have let go before the file is closed.
            _hash?.Wait();
        }
        catch (AggregateException)
        {
            // Nobody waited for it: whatever it met was not asked for.
        }

        _weights.Dispose();
        _disposed.Dispose();
    }
}
