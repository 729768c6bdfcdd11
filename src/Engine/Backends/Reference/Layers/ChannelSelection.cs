using System.Collections.Immutable;

namespace VggCuda.Engine.Backends.Reference.Layers;

/// <summary>The channels that a program delivers of its tap layer: tap[n, y, x, k] = layer[n, y, x, list[n][k]], 0 for -1.</summary>
internal static class ChannelSelection
{
    /// <summary>From all channels of the layer to those wanted; no lists: all.</summary>
    public static void Forward(double[] layer, double[] tap, TensorShape tapShape, int channels, ImmutableArray<ImmutableArray<int>> lists)
    {
        for (int i = 0; i < tap.Length; i++)
        {
            int source = Source(i, tapShape, channels, lists);
            tap[i] = source < 0 ? 0 : layer[source];
        }
    }

    /// <summary>The transpose: what a channel named twice gets is added up.</summary>
    public static void Backward(double[] tapGradient, double[] layerGradient, TensorShape tapShape, int channels, ImmutableArray<ImmutableArray<int>> lists)
    {
        Array.Clear(layerGradient);
        Add(tapGradient, layerGradient, tapShape, channels, lists);
    }

    /// <summary>The transpose, added to what is there.</summary>
    public static void Add(double[] tapGradient, double[] layerGradient, TensorShape tapShape, int channels, ImmutableArray<ImmutableArray<int>> lists)
    {
        for (int i = 0; i < tapGradient.Length; i++)
        {
            int source = Source(i, tapShape, channels, lists);
            if (source >= 0)
            {
                layerGradient[source] += tapGradient[i];
            }
        }
    }

    private static int Source(int index, TensorShape tapShape, int channels, ImmutableArray<ImmutableArray<int>> lists)
    {
        int k = index % tapShape.C;
        int position = index / tapShape.C;
        int image = position / (tapShape.H * tapShape.W);
        int channel = lists.IsDefaultOrEmpty ? k : lists[image][k];
        return channel < 0 ? -1 : (position * channels) + channel;
    }
}
