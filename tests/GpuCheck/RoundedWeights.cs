using VggCuda.Engine.Model;

namespace VggCuda.GpuCheck;

/// <summary>Another source's weights with ten bits behind the leading one, as fp16 and tf32 have them, each rounded up or down by chance: what any arithmetic of that precision may make of a network.</summary>
internal sealed class RoundedWeights(IWeightSource source, int seed) : IWeightSource
{
    private const int DroppedBits = 13;

    public string Name => source.Name;

    public IReadOnlyList<LayerWeights> Layers => source.Layers;

    public void Read(string layer, WeightPart part, long start, Span<float> destination, CancellationToken cancellation = default)
    {
        source.Read(layer, part, start, destination, cancellation);
        for (int i = 0; i < destination.Length; i++)
        {
            // By place, so that it does not matter in which pieces they are read.
            uint chance = Mixed((uint)(start + i) + ((uint)part * 0x9E3779B9) + ((uint)seed * 0x85EBCA6B) + Mixed((uint)layer.Length + (layer[^1] * 31u)));
            uint bits = BitConverter.SingleToUInt32Bits(destination[i]);
            destination[i] = BitConverter.UInt32BitsToSingle((bits + (chance >> (32 - DroppedBits))) & ~((1u << DroppedBits) - 1));
        }
    }

    public string? ComputeSha256(CancellationToken cancellation = default) => null;

    public void Dispose()
    {
    }

    // The finaliser of MurmurHash3.
    private static uint Mixed(uint x)
    {
        x = (x ^ (x >> 16)) * 0x85EBCA6B;
        x = (x ^ (x >> 13)) * 0xC2B2AE35;
        return x ^ (x >> 16);
    }
}
