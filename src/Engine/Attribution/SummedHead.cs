using System.Numerics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Attribution;

/// <summary>The first dense layer's weights, summed over the positions of the map that it reads: what leads from the gradient of its units to the mean of the map's, and is as many times smaller as the map has positions.</summary>
/// <remarks>
/// <para>Between the last convolution and the first dense layer there is only a pooling, which hands each pooled value's gradient to one place. So the
/// sum over positions of dz/dA_k is the sum over units u of dz/du times the sum over the pooled positions of k's weights.</para>
/// <para>In float32, a row of channels for each unit; added up in double.</para>
/// </remarks>
internal sealed class SummedHead(Network network)
{
    private const int ChannelsAtOnce = 32;
    private readonly int _channels = network.Topology.Widths[^1];
    private float[] _sums = [];

    /// <summary>The layer whose weights these are.</summary>
    public Layer First { get; } = FirstDense(network.Topology);

    /// <summary>Whether they tell the mean gradient of a layer: nothing but poolings lies between it and the dense layers, of which there are two at least.</summary>
    public static bool Serves(Topology topology, Layer layer)
    {
        Layer first = FirstDense(topology);
        return !first.IsClassifier && topology.Layers.All(l => l.Index <= layer.Index || l.Index >= first.Index || l.Kind is LayerKind.MaxPool or LayerKind.Flatten);
    }

    /// <summary>Reads and adds up the weights, once.</summary>
    /// <exception cref="WeightsException">They cannot be read.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void Load(CancellationToken cancellation)
    {
        if (_sums.Length > 0)
        {
            return;
        }

        int units = First.Outputs;
        float[] rows = new float[_channels * units];
        double[] added = new double[rows.Length];
        ParallelOptions options = new() { CancellationToken = cancellation };
        int parts = (_channels + ChannelsAtOnce - 1) / ChannelsAtOnce;
        try
        {
            // Rows of the kernel are (y, x, channel); in their order, since sources in compressed chunks are slow otherwise.
            for (int row = 0; row < First.Inputs; row += _channels)
            {
                long start = (long)row * units;
                Parallel.For(0, parts, options, part => AddUp(start, part * ChannelsAtOnce * units, rows, added, cancellation));
            }
        }
        catch (AggregateException error)
        {
            ExceptionDispatchInfo.Throw(error.InnerExceptions[0]);
        }

        float[] sums = new float[rows.Length];
        for (int channel = 0; channel < _channels; channel++)
        {
            for (int unit = 0; unit < units; unit++)
            {
                sums[(unit * _channels) + channel] = (float)added[(channel * units) + unit];
            }
        }

        _sums = sums;
    }

    /// <summary>The mean over positions of a logit's gradient, for each channel.</summary>
    /// <param name="units">Its gradient before the first dense layer's activation.</param>
    /// <param name="positions">Positions of the map.</param>
    public double[] MeanGradient(ReadOnlySpan<double> units, int positions)
    {
        double[] means = new double[_channels];
        for (int unit = 0; unit < units.Length; unit++)
        {
            if (units[unit] != 0)
            {
                Add(_sums.AsSpan(unit * _channels, _channels), units[unit], means);
            }
        }

        foreach (ref double mean in means.AsSpan())
        {
            mean /= positions;
        }

        return means;
    }

    private static Layer FirstDense(Topology topology) => topology.Layers.First(l => l.Kind == LayerKind.Dense);

    private void AddUp(long start, int from, float[] rows, double[] added, CancellationToken cancellation)
    {
        int count = Math.Min(ChannelsAtOnce * First.Outputs, rows.Length - from);
        Span<float> piece = rows.AsSpan(from, count);
        network.Weights.Read(First.Name, WeightPart.Kernel, start + from, piece, cancellation);
        Add(piece, 1, added.AsSpan(from, count));
    }

    // to += factor * from
    private static void Add(ReadOnlySpan<float> from, double factor, Span<double> to)
    {
        ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(from);
        Span<Vector<double>> sums = MemoryMarshal.Cast<double, Vector<double>>(to);
        for (int i = 0; i < vectors.Length; i++)
        {
            Vector.Widen(vectors[i], out Vector<double> low, out Vector<double> high);
            sums[2 * i] += factor * low;
            sums[(2 * i) + 1] += factor * high;
        }

        for (int i = vectors.Length * Vector<float>.Count; i < from.Length; i++)
        {
            to[i] += factor * from[i];
        }
    }
}
