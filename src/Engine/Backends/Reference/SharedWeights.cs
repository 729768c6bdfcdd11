using VggCuda.Engine.Model;

namespace VggCuda.Engine.Backends.Reference;

/// <summary>Kernel and bias of one layer in double precision, in Keras's order.</summary>
internal sealed record LayerValues(double[] Kernel, double[] Bias);

/// <summary>The weights in use: programs of one network share them, and the last one's end frees them.</summary>
internal sealed class SharedWeights(ReferenceBackend owner)
{
    private readonly Dictionary<(Network Network, string Layer), (LayerValues Values, int Users)> _entries = [];

    public LayerValues Acquire(Network network, Layer layer, CancellationToken cancellation)
    {
        if (_entries.TryGetValue((network, layer.Name), out (LayerValues Values, int Users) entry))
        {
            _entries[(network, layer.Name)] = (entry.Values, entry.Users + 1);
            return entry.Values;
        }

        LayerValues values = new(
            Read(network.Weights, layer, WeightPart.Kernel, layer.ParameterCount - layer.Outputs, cancellation),
            Read(network.Weights, layer, WeightPart.Bias, layer.Outputs, cancellation));
        _entries.Add((network, layer.Name), (values, 1));
        owner.Opened();
        return values;
    }

    public void Release(Network network, Layer layer)
    {
        (LayerValues values, int users) = _entries[(network, layer.Name)];
        if (users > 1)
        {
            _entries[(network, layer.Name)] = (values, users - 1);
            return;
        }

        _entries.Remove((network, layer.Name));
        owner.Closed();
    }

    private static double[] Read(IWeightSource source, Layer layer, WeightPart part, long length, CancellationToken cancellation)
    {
        double[] values = ReferenceBackend.NewArray(length, $"the weights of '{layer.Name}'");
        float[] piece = new float[Math.Min(length, 1 << 18)];
        for (long start = 0; start < length; start += piece.Length)
        {
            cancellation.ThrowIfCancellationRequested();
            Span<float> slice = piece.AsSpan(0, (int)Math.Min(piece.Length, length - start));
            source.Read(layer.Name, part, start, slice, cancellation);
            for (int i = 0; i < slice.Length; i++)
            {
                values[start + i] = slice[i];
            }
        }

        return values;
    }
}
