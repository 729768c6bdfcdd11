using VggCuda.Engine.Model;

namespace VggCuda.Bench.Weights;

/// <summary>All weights of another source in one piece of native memory: for those who compile several networks from one file, or want the file closed.</summary>
/// <remarks>Safe to read from several threads. Takes 4 bytes per weight and nothing beside.</remarks>
internal sealed class LoadedWeights : IWeightSource
{
    private readonly NativeBuffer _memory;
    private readonly Dictionary<(string, WeightPart), (long Start, int Count)> _places = [];

    private LoadedWeights(IWeightSource source, CancellationToken cancellation)
    {
        Name = source.Name;
        Layers = [.. source.Layers];
        long total = 0;
        foreach (LayerWeights layer in Layers)
        {
            Place(layer.Layer, WeightPart.Kernel, layer.KernelShape.Aggregate(1L, (a, b) => checked(a * b)));
            Place(layer.Layer, WeightPart.Bias, layer.BiasLength);
        }

        _memory = new NativeBuffer(Math.Max(1, total));
        try
        {
            foreach (((string layer, WeightPart part), (long start, int count)) in _places)
            {
                source.Read(layer, part, 0, _memory.Slice(start, count), cancellation);
            }
        }
        catch
        {
            _memory.Dispose();
            throw;
        }

        void Place(string layer, WeightPart part, long count)
        {
            _places.Add((layer, part), (total, checked((int)count)));
            total += count;
        }
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<LayerWeights> Layers { get; }

    /// <summary>Reads every weight of a source. The source stays its owner's and may be closed afterwards.</summary>
    /// <param name="source">Where the weights come from.</param>
    /// <param name="cancellation">Ends the reading early.</param>
    /// <exception cref="WeightsException">They cannot be read.</exception>
    /// <exception cref="OutOfMemoryException">There is not enough memory.</exception>
    public static LoadedWeights From(IWeightSource source, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new LoadedWeights(source, cancellation);
    }

    /// <summary>A tensor in place, C order.</summary>
    /// <exception cref="ArgumentException">There is no such tensor.</exception>
    /// <exception cref="ObjectDisposedException">The weights have been disposed.</exception>
    public ReadOnlySpan<float> Values(string layer, WeightPart part)
    {
        (long start, int count) = Find(layer, part);
        return _memory.Slice(start, count);
    }

    /// <inheritdoc/>
    public void Read(string layer, WeightPart part, long start, Span<float> destination, CancellationToken cancellation = default)
    {
        (long first, int count) = Find(layer, part);
        if (start < 0 || start > count - destination.Length)
        {
            throw new ArgumentOutOfRangeException(nameof(start), start, $"The {part} of '{layer}' has {count} values; {destination.Length} from {start} on are not all among them.");
        }

        _memory.Slice(first + start, destination.Length).CopyTo(destination);
    }

    /// <summary>Null: what the source was cannot be told from its weights.</summary>
    /// <param name="cancellation">Not used.</param>
    public string? ComputeSha256(CancellationToken cancellation = default) => null;

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    private (long Start, int Count) Find(string layer, WeightPart part) => _places.TryGetValue((layer, part), out (long, int) place)
        ? place
        : throw new ArgumentException($"{Name} has no layer '{layer}' with weights.", nameof(layer));
}
