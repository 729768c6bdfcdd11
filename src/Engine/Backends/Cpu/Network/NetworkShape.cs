using VggCuda.Engine.Model;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>What a spec makes of a network: the layers to compute, their maps, and what they take in memory.</summary>
internal sealed class NetworkShape
{
    /// <summary>Works it out.</summary>
    /// <param name="network">The network.</param>
    /// <param name="spec">Checked against it.</param>
    /// <param name="level">Instruction set.</param>
    public NetworkShape(Network network, ProgramSpec spec, SimdLevel level)
    {
        spec.Validate(network);
        Spec = spec;
        Layer last = spec.Last;
        Layer[] layers = [.. network.Topology.Layers.Where(l => l.Index <= last.Index)];
        Layer[] convolutions = [.. layers.Where(l => l.Kind == LayerKind.Convolution)];
        Dense = [.. layers.Where(l => l.Kind == LayerKind.Dense).Select(ShapeOf)];
        Maps = new MapShape[convolutions.Length];
        for (int i = 0; i < Maps.Length; i++)
        {
            Layer next = network.Topology.Layers[convolutions[i].Index + 1];
            Layer? pooling = next.Kind == LayerKind.MaxPool && next.Index <= last.Index ? next : null;
            bool isLast = i == Maps.Length - 1 && Dense.Length == 0;
            Maps[i] = ShapeOf(convolutions[i], pooling, isLast, i == 0 ? null : Maps[i - 1], level);
        }
    }

    public ProgramSpec Spec { get; }

    /// <summary>Dense layers to compute, in order.</summary>
    public DenseShape[] Dense { get; }

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
                Include(map.Buffer, map.Stored);
                if (map.IsPooled && map.IsSplit)
                {
                    Include(map.WholeBuffer, map.Map);
                }
            }

            return sizes;

            void Include(BufferKey key, PlaneLayout layout) => sizes[key] = Math.Max(sizes.GetValueOrDefault(key), layout.Floats);
        }
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

            return bytes + Dense.Sum(d => (long)d.Layer.Inputs * DenseLayer.ColumnsFor(d.Slice.Count) * sizeof(float));
        }
    }

    /// <summary>Bytes of maps, masks, taps and what else lives from one pass to the next.</summary>
    public long ActivationBytes
    {
        get
        {
            long floats = Buffers.Values.Sum() + FirstConvolution.ImageFloats(Spec);
            for (int i = 0; i < Spec.Taps.Length; i++)
            {
                floats += Spec.TapShape(i).Count * (Spec.NeedsGradient && Spec.Taps[i].WantsGradient ? 2 : 1);
            }

            return (floats * sizeof(float)) + (Spec.NeedsGradient ? Maps.Sum(m => m.ReluMaskBytes + m.PoolMaskBytes) : 0) + DenseLayers.BytesFor(this);
        }
    }

    /// <summary>The last map: what the dense layers read where there are any.</summary>
    public MapShape LastMap => Maps[^1];

    /// <summary>The units or channels that a tap can look at.</summary>
    public ChannelSlice SliceOf(TapSpec tap)
    {
        if (tap.Layer.Kind == LayerKind.Dense)
        {
            return Dense.Single(d => d.Layer == tap.Layer).Slice;
        }

        bool isLast = tap.Layer.Index >= LastMap.Layer.Index;
        return isLast ? LastMap.Slice : new ChannelSlice(null, tap.Layer.Outputs);
    }

    // Bytes of a convolution's filters in one direction (those that serve both count forwards), or of the first layer's weights.
    private long FilterBytes(int index, bool backward)
    {
        MapShape map = Maps[index];
        if (index == 0)
        {
            return 27L * map.Map.Blocks * map.Map.Lanes * sizeof(float);
        }

        MapShape before = Maps[index - 1];
        if (NineWeights.Serve(before.Map.Channels, map.Map.Channels))
        {
            return backward ? 0 : sizeof(float) * NineWeights.Count(before.Map.Channels, map.Map.Channels, map.Map.Lanes);
        }

        return sizeof(float) * (backward
            ? TransformedFilters.Count(map.Map.Channels, before.Map.Channels, before.Map.Lanes, map.Map.Products)
            : TransformedFilters.Count(before.Map.Channels, map.Map.Channels, map.Map.Lanes, map.Map.Products));
    }

    private DenseShape ShapeOf(Layer layer)
    {
        int[] after = TapsOf(layer, TapPoint.AfterActivation);
        int[] before = TapsOf(layer, TapPoint.BeforeActivation);
        bool softmax = Spec.HasSoftmax(layer);
        bool relu = Spec.HasRelu(layer);
        bool sliced = layer == Spec.Last && !softmax;
        return new DenseShape
        {
            Layer = layer,
            Slice = sliced ? ChannelSlice.Of([.. Spec.Taps.Where(t => t.Layer == layer)], layer.Outputs) : new ChannelSlice(null, layer.Outputs),
            HasRelu = relu,
            HasSoftmax = softmax,
            After = after,
            Before = before,
            MeetsBeforeRelu = relu && (Spec.RescuedSteps > 0 || MeetsBeforeRelu(after)),
        };
    }

    private MapShape ShapeOf(Layer layer, Layer? pooling, bool isLast, MapShape? previous, SimdLevel level)
    {
        int[] pooled = pooling is null ? [] : [.. TapsOf(pooling, TapPoint.AfterActivation), .. TapsOf(pooling, TapPoint.BeforeActivation)];
        int[] after = TapsOf(layer, TapPoint.AfterActivation);
        int[] before = TapsOf(layer, TapPoint.BeforeActivation);
        ChannelSlice slice = isLast
            ? ChannelSlice.Of([.. Spec.Taps.Where(t => t.Layer == layer || t.Layer == pooling)], layer.Outputs)
            : new ChannelSlice(null, layer.Outputs);
        LaneKernels kernels = LaneKernels.For(level, slice.Count);
        PlaneLayout map = new(Spec.Batch, slice.Count, kernels.Width, Spec.Height >> layer.Halvings, Spec.Width >> layer.Halvings);
        bool relu = Spec.HasRelu(layer);
        bool later = relu && (Spec.RescuedSteps > 0 || MeetsBeforeRelu(after));
        bool split = later || after.Length + before.Length > 0;
        return new MapShape
        {
            Layer = layer,
            Kernels = kernels,
            Map = map,
            Stored = pooling is null ? map : map.Pooled,
            IsPooled = pooling is not null,
            IsFirst = previous is null,
            HasRelu = relu,
            Slice = slice,
            Buffer = FreeBuffer(layer.Halvings + (pooling is null ? 0 : 1), previous, map.Lanes),
            WholeBuffer = FreeBuffer(layer.Halvings, previous, map.Lanes),
            Pooled = pooled,
            After = after,
            Before = before,
            MeetsBeforeRelu = later,
            WantsDead = Spec.Relu == ReluRule.Deconvnet || pooled.Any(IsGradientWanted) || (split && later),
        };
    }

    private static BufferKey FreeBuffer(int halvings, MapShape? previous, int lanes)
    {
        BufferKey first = new(halvings, lanes, 0);
        return previous?.Buffer == first ? first with { Slot = 1 } : first;
    }

    // Where a tap's own gradient is wanted, or the rule looks at the sum of what arrives and what is given.
    private bool MeetsBeforeRelu(int[] after) => after.Any(IsGradientWanted) || (Spec.Relu != ReluRule.Plain && after.Length > 0);

    private bool IsGradientWanted(int tap) => Spec.NeedsGradient && Spec.Taps[tap].WantsGradient;

    private int[] TapsOf(Layer layer, TapPoint point) =>
        [.. Enumerable.Range(0, Spec.Taps.Length).Where(i => Spec.Taps[i].Layer == layer && Spec.Taps[i].Point == point)];
}
