using System.Collections.Immutable;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Which channels of the last layer are computed: those that some tap there wants for some image. Of every layer below all are.</summary>
/// <param name="Channels">Rising; null for all.</param>
/// <param name="Count">Number of channels computed.</param>
internal sealed record ChannelSlice(int[]? Channels, int Count)
{
    /// <summary>What taps of one layer want of it.</summary>
    public static ChannelSlice Of(IReadOnlyCollection<TapSpec> taps, int outputs)
    {
        if (taps.Any(t => t.Channels.IsDefaultOrEmpty))
        {
            return new ChannelSlice(null, outputs);
        }

        int[] union = [.. taps.SelectMany(t => t.Channels).SelectMany(list => list).Where(c => c >= 0).Distinct().Order()];
        if (union.Length == 0)
        {
            // Nothing is wanted: one channel keeps every size above zero.
            union = [0];
        }

        return union.Length == outputs ? new ChannelSlice(null, outputs) : new ChannelSlice(union, union.Length);
    }

    /// <summary>For each image the places of the channels it wants among those computed, -1 for none: (image, wanted).</summary>
    public int[] PositionsOf(TapSpec tap, int images)
    {
        int wanted = tap.ChannelCount;
        int[] positions = new int[images * wanted];
        for (int image = 0; image < images; image++)
        {
            for (int k = 0; k < wanted; k++)
            {
                int channel = tap.Channels.IsDefaultOrEmpty ? k : tap.Channels[image][k];
                positions[(image * wanted) + k] = channel < 0 ? -1 : Channels is null ? channel : Array.BinarySearch(Channels, channel);
            }
        }

        return positions;
    }

    /// <summary>Part of the key under which sliced weights are shared.</summary>
    public static string KeyOf(int[]? channels) => channels is null ? "" : $"[{string.Join(',', channels)}]";
}
