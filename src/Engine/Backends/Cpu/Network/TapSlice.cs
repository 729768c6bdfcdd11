using System.Collections.Immutable;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Which of the tap's channels are computed, and where each image's wanted ones are among them.</summary>
internal sealed class TapSlice
{
    public TapSlice(ProgramSpec spec, bool all)
    {
        Wanted = spec.Taps[0].ChannelCount;
        Positions = new int[spec.Batch * Wanted];
        int[]? union = null;
        if (!spec.Taps[0].Channels.IsDefaultOrEmpty && !all)
        {
            union = [.. spec.Taps[0].Channels.SelectMany(list => list).Where(c => c >= 0).Distinct().Order()];
            if (union.Length == 0)
            {
                // Nothing is wanted: one channel keeps every size above zero.
                union = [0];
            }

            if (union.Length == spec.Taps[0].Layer.Outputs)
            {
                union = null;
            }
        }

        Channels = union;
        Count = union?.Length ?? spec.Taps[0].Layer.Outputs;
        for (int image = 0; image < spec.Batch; image++)
        {
            for (int k = 0; k < Wanted; k++)
            {
                int channel = spec.Taps[0].Channels.IsDefaultOrEmpty ? k : spec.Taps[0].Channels[image][k];
                Positions[(image * Wanted) + k] = channel < 0 ? -1 : union is null ? channel : Array.BinarySearch(union, channel);
            }
        }
    }

    /// <summary>Channels computed, rising; null for all.</summary>
    public int[]? Channels { get; }

    /// <summary>Number of channels computed.</summary>
    public int Count { get; }

    /// <summary>Channels delivered per image.</summary>
    public int Wanted { get; }

    /// <summary>(image, wanted): index among the computed channels, -1 for none.</summary>
    public int[] Positions { get; }

    /// <summary>Part of the key under which sliced weights are shared.</summary>
    public static string KeyOf(int[]? channels) => channels is null ? "" : $"[{string.Join(',', channels)}]";
}
