using System.Globalization;
using VggCuda.Engine.Model;
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

    /// <summary>How many classes it has; 0 without dense layers.</summary>
    public int ClassCount => Network.Topology.Head?.Classes ?? 0;

    /// <summary>Whether a layer's units are the classes.</summary>
    public bool IsClassifier(string layer) => Network.Topology.Classifier?.Name == layer;

    /// <summary>Starts hashing the weights in the background, so that it is done by the time the record is written.</summary>
    public void StartHashing() => _hash ??= Task.Run(() => _weights.ComputeSha256(_disposed.Token));

    /// <summary>SHA-256 of the weights, lower-case hex; null where the wait for it was cancelled.</summary>
    /// <param name="cancellation">Ends the wait: the hash of a large file may take longer than the run.</param>
    public string? Sha256(CancellationToken cancellation = default)
    {
        StartHashing();
        try
        {
            _hash!.Wait(cancellation);
        }
        catch (Exception exception) when (exception is OperationCanceledException or AggregateException)
        {
            // What the hash itself met is thrown below.
        }

        return _hash!.IsCompleted ? _hash.GetAwaiter().GetResult() : null;
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
