using VggCuda.Engine.Model;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>What a spec makes of a network: the layers to compute, their maps, and what they take in memory.</summary>
internal sealed class NetworkShape
{
    private static readonly int[] None = [];

    /// <summary>Works it out.</summary>
    /// <param name="network">The network.</param>
    /// <param name="spec">Checked against it.</param>
    /// <param name="level">Instruction set.</param>
    public NetworkShape(Network network, ProgramSpec spec, SimdLevel level)
    {
        spec.Validate(network);
        Spec = spec;
        Layer tap = spec.Taps[0].Layer;
        bool softmax = tap.Name == "predictions" && spec.Top == TopActivation.Softmax && spec.Taps[0].Point == TapPoint.AfterActivation;
        Slice = new TapSlice(spec, all: softmax);
        List<Layer> convolutions = [];
        List<Layer> dense = [];
        foreach (Layer layer in network.Topology.Layers)
        {
            if (layer.Index > tap.Index)
            {
                break;
            }

            if (layer.Kind == LayerKind.Convolution)
            {
                convolutions.Add(layer);
            }
            else if (layer.Kind == LayerKind.Dense)
            {
                dense.Add(layer);
            }
        }

        Dense = [.. dense];
        Maps = new MapShape[convolutions.Count];
        for (int i = 0; i < Maps.Length; i++)
        {
            Layer layer = convolutions[i];
            bool last = i == Maps.Length - 1;
            int channels = last && dense.Count == 0 ? Slice.Count : layer.Outputs;
            int height = spec.Height >> layer.Halvings;
            int width = spec.Width >> layer.Halvings;
            LaneKernels kernels = LaneKernels.For(level, channels);
            PlaneLayout map = new(spec.Batch, channels, kernels.Width, height, width);
            Layer next = network.Topology.Layers[layer.Index + 1];
            bool pooled = next.Kind == LayerKind.MaxPool && next.Index <= tap.Index;
            bool isTap = last && layer == tap;
            bool relu = !isTap || spec.Taps[0].Point == TapPoint.AfterActivation;
            PlaneLayout stored = pooled ? map.Pooled : map;
            BufferKey key = new(layer.Halvings + (pooled ? 1 : 0), stored.Lanes, 0);
            if (i > 0 && Maps[i - 1].Buffer == key)
            {
                key = key with { Slot = 1 };
            }

            int[]? slice = last && dense.Count == 0 ? Slice.Channels : null;
            Maps[i] = new MapShape(layer, kernels, map, stored, pooled, relu, key, slice);
        }
    }

    public ProgramSpec Spec { get; }

    public TapSlice Slice { get; }

    /// <summary>Dense layers to compute, in order.</summary>
    public Layer[] Dense { get; }

    /// <summary>One per convolution.</summary>
    public MapShape[] Maps { get; }

    /// <summary>The size of every buffer that maps share, in floats.</summary>
    public Dictionary<BufferKey, long> Buffers
    {
        get
        {
            Dictionary<BufferKey, long> sizes = [];
            foreach (MapShape map in Maps)
            {
                sizes[map.Buffer] = Math.Max(sizes.GetValueOrDefault(map.Buffer), map.Stored.Floats);
            }

            return sizes;
        }
    }

    /// <summary>Units wanted of a dense layer, null for all.</summary>
    public int[]? DenseSlice(int index) => index == Dense.Length - 1 ? Slice.Channels : null;

    /// <summary>Bytes of a convolution's transformed filters in one direction, or of the first layer's weights.</summary>
    public long FilterBytes(int index, bool backward)
    {
        MapShape map = Maps[index];
        if (index == 0)
        {
            return 27L * map.Map.Blocks * map.Map.Lanes * sizeof(float);
        }

        MapShape before = Maps[index - 1];
        return sizeof(float) * (backward
            ? TransformedFilters.Count(map.Map.Channels, before.Map.Channels, before.Map.Lanes, map.Map.Products)
            : TransformedFilters.Count(before.Map.Channels, map.Map.Channels, map.Map.Lanes, map.Map.Products));
    }

    /// <summary>Bytes of all weights in the engine's forms.</summary>
    public long WeightBytes
    {
        get
        {
            long bytes = 0;
            for (int i = 0; i < Maps.Length; i++)
            {
                bytes += FilterBytes(i, false) + (Spec.NeedsGradient || i == 0 ? FilterBytes(i, true) : 0);
            }

            for (int i = 0; i < Dense.Length; i++)
            {
                int outputs = (DenseSlice(i) ?? None).Length;
                bytes += (long)Dense[i].Inputs * DenseLayer.ColumnsFor(outputs == 0 ? Dense[i].Outputs : outputs) * sizeof(float);
            }

            return bytes;
        }
    }

    /// <summary>Bytes of maps, masks and what else lives from one pass to the next.</summary>
    public long ActivationBytes
    {
        get
        {
            long bytes = (Buffers.Values.Sum() + FirstConvolution.ImageFloats(Spec) + Spec.TapShape().Count) * sizeof(float);
            foreach (MapShape map in Maps)
            {
                bytes += MaskBytes(map);
            }

            for (int i = 0; i < Dense.Length; i++)
            {
                bytes += DenseLayer.BytesFor(Dense[i].Inputs, Dense[i].Outputs, Spec.Batch) + (2L * Spec.Batch * Dense[i].Inputs * sizeof(float));
            }

            return bytes;
        }
    }

    /// <summary>Bytes of a map's masks: none where no gradient will pass.</summary>
    public long MaskBytes(MapShape map) =>
        !Spec.NeedsGradient ? 0
        : map.IsPooled ? map.Map.PoolMasks * sizeof(ulong)
        : map.Relu ? map.Map.ReluMasks * sizeof(ushort)
        : 0;
}

/// <summary>Which buffer a map lies in: maps of one resolution and vector width take turns in two, so that borders stay zero.</summary>
internal readonly record struct BufferKey(int Halvings, int Lanes, int Slot);

/// <summary>A convolution's output.</summary>
/// <param name="Layer">The convolution.</param>
/// <param name="Kernels">Kernels of its vector width.</param>
/// <param name="Map">Its output before pooling.</param>
/// <param name="Stored">What is kept of it: the pooled map where a pooling follows.</param>
/// <param name="IsPooled">Whether a pooling follows.</param>
/// <param name="Relu">Whether its ReLU belongs to what is computed.</param>
/// <param name="Buffer">Where it lies; its gradient takes the same place in the backward pass.</param>
/// <param name="Slice">The outputs computed, null for all.</param>
internal sealed record MapShape(Layer Layer, LaneKernels Kernels, PlaneLayout Map, PlaneLayout Stored, bool IsPooled, bool Relu, BufferKey Buffer, int[]? Slice);
