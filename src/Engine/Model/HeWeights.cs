using System.Collections.Immutable;
using System.Runtime.InteropServices;
using VggCuda.Engine.Hashing;

namespace VggCuda.Engine.Model;

/// <summary>A seeded, He-initialised VGG of any size, generated as it is read: what tests, benches and bug reports run on.</summary>
/// <remarks>
/// Kernel values are uniform in +-sqrt(6 / fan-in) (He et al., arXiv 1502.01852, eq. 10, in its uniform form), biases
/// uniform in +-0.1. Each value is a function of (seed, layer, part, index) by integer arithmetic, one multiplication
/// and one rounding, so the same seed gives the same bits on every machine and any part can be read by itself.
/// </remarks>
public sealed class HeWeights : IWeightSource
{
    private readonly ulong _seed;

    /// <summary>Creates the source.</summary>
    /// <param name="topology">The network's layer table.</param>
    /// <param name="seed">Any number.</param>
    public HeWeights(Topology topology, ulong seed)
    {
        Topology = topology ?? throw new ArgumentNullException(nameof(topology));
        _seed = seed;
        Layers = [.. topology.Layers.Where(l => l.HasWeights).Select(l => new LayerWeights(l.Name, [.. l.KernelShape], l.Outputs))];
    }

    /// <summary>The network's layer table.</summary>
    public Topology Topology { get; }

    /// <inheritdoc/>
    public string Name => $"synthetic weights, seed {_seed}";

    /// <inheritdoc/>
    public IReadOnlyList<LayerWeights> Layers { get; }

    /// <inheritdoc/>
    public void Read(string layer, WeightPart part, long start, Span<float> destination, CancellationToken cancellation = default)
    {
        Layer info = Topology.Find(layer) is { HasWeights: true } found
            ? found
            : throw new ArgumentException($"{Name} has no layer '{layer}'.", nameof(layer));
        long length = part == WeightPart.Bias ? info.Outputs : info.ParameterCount - info.Outputs;
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + destination.Length, length, nameof(start));
        int fanIn = info.Kind == LayerKind.Convolution ? 9 * info.Inputs : info.Inputs;
        float bound = part == WeightPart.Bias ? 0.1f : (float)Math.Sqrt(6.0 / fanIn);
        ulong stream = Mix(_seed ^ Mix(((ulong)info.Index << 1) | (part == WeightPart.Bias ? 1UL : 0UL)));
        for (int i = 0; i < destination.Length; i++)
        {
            if ((i & 0xFFFFF) == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            ulong bits = Mix(stream + (ulong)(start + i));
            // 24 bits to an odd multiple of 2^-24 in (-1, 1): exact in float.
            destination[i] = (((int)(bits >> 40) * 2) - 0xFFFFFF) * (1f / 0x1000000) * bound;
        }
    }

    /// <inheritdoc/>
    public string? ComputeSha256(CancellationToken cancellation = default)
    {
        using ContentHash hash = ContentHash.Sha256();
        float[] buffer = new float[1 << 16];
        foreach (Layer layer in Topology.Layers.Where(l => l.HasWeights))
        {
            Append(layer, WeightPart.Kernel, layer.ParameterCount - layer.Outputs);
            Append(layer, WeightPart.Bias, layer.Outputs);
        }

        return hash.Finish();

        void Append(Layer layer, WeightPart part, long length)
        {
            for (long start = 0; start < length; start += buffer.Length)
            {
                Span<float> piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - start));
                Read(layer.Name, part, start, piece, cancellation);
                hash.Append(MemoryMarshal.AsBytes(piece));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    // SplitMix64's finaliser (Steele, Lea, Flood, OOPSLA 2014).
    private static ulong Mix(ulong z)
    {
        z += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
