using System.Collections.Immutable;
using System.Runtime.InteropServices;
using VggCuda.Engine.Hashing;

namespace VggCuda.Engine.Model;

/// <summary>Weights held in managed memory: small networks, tests, embedders with weights of their own.</summary>
public sealed class MemoryWeights : IWeightSource
{
    private readonly Dictionary<(string, WeightPart), float[]> _values = [];
    private readonly List<LayerWeights> _layers = [];

    /// <summary>Creates an empty source.</summary>
    /// <param name="name">What to call it in messages.</param>
    public MemoryWeights(string name) => Name = name;

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<LayerWeights> Layers => _layers;

    /// <summary>Copies every value of another source into memory.</summary>
    public static MemoryWeights CopyOf(IWeightSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        MemoryWeights copy = new(source.Name);
        foreach (LayerWeights layer in source.Layers)
        {
            float[] kernel = new float[layer.KernelShape.Aggregate(1L, (a, b) => a * b)];
            float[] bias = new float[layer.BiasLength];
            source.Read(layer.Layer, WeightPart.Kernel, 0, kernel);
            source.Read(layer.Layer, WeightPart.Bias, 0, bias);
            copy.Add(layer.Layer, [.. layer.KernelShape], kernel, bias);
        }

        return copy;
    }

    /// <summary>Adds a layer; the arrays are kept, not copied.</summary>
    /// <exception cref="ArgumentException">The kernel's length does not fit its shape.</exception>
    /// <exception cref="WeightsException">A value is not finite.</exception>
    public void Add(string layer, int[] kernelShape, float[] kernel, float[] bias)
    {
        ArgumentNullException.ThrowIfNull(kernelShape);
        ArgumentNullException.ThrowIfNull(kernel);
        ArgumentNullException.ThrowIfNull(bias);
        if (kernelShape.Aggregate(1L, (a, b) => a * b) != kernel.Length)
        {
            throw new ArgumentException($"{kernel.Length} values for the shape ({string.Join(", ", kernelShape)}).", nameof(kernel));
        }

        if (!Array.TrueForAll(kernel, float.IsFinite) || !Array.TrueForAll(bias, float.IsFinite))
        {
            throw new WeightsException(Name, layer, "holds values that are not finite.");
        }

        _layers.Add(new LayerWeights(layer, [.. kernelShape], bias.Length));
        _values[(layer, WeightPart.Kernel)] = kernel;
        _values[(layer, WeightPart.Bias)] = bias;
    }

    /// <inheritdoc/>
    public void Read(string layer, WeightPart part, long start, Span<float> destination, CancellationToken cancellation = default)
    {
        if (!_values.TryGetValue((layer, part), out float[]? values))
        {
            throw new ArgumentException($"{Name} has no layer '{layer}'.", nameof(layer));
        }

        values.AsSpan(checked((int)start), destination.Length).CopyTo(destination);
    }

    /// <inheritdoc/>
    public string? ComputeSha256(CancellationToken cancellation = default)
    {
        using ContentHash hash = ContentHash.Sha256();
        foreach (LayerWeights layer in _layers)
        {
            hash.Append(MemoryMarshal.AsBytes<float>(_values[(layer.Layer, WeightPart.Kernel)]));
            hash.Append(MemoryMarshal.AsBytes<float>(_values[(layer.Layer, WeightPart.Bias)]));
        }

        return hash.Finish();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
