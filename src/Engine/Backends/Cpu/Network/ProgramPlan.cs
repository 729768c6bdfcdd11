using VggCuda.Engine.Model;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>A program's passes, wired to their weights and memory.</summary>
internal sealed unsafe class ProgramPlan : IDisposable
{
    private readonly List<IDisposable> _owned = [];
    private readonly Dictionary<BufferKey, NativeBuffer> _buffers = [];
    private readonly NetworkShape _shape;
    private readonly CpuBackend _backend;
    private readonly IWeightSource _source;
    private readonly CancellationToken _cancellation;
    private readonly NativeBuffer?[] _reluMasks;
    private readonly NativeBuffer?[] _poolMasks;
    private readonly NativeBuffer[] _biases;

    /// <summary>Reads the weights and plans the passes.</summary>
    public ProgramPlan(CpuBackend backend, Network network, NetworkShape shape, CancellationToken cancellation)
    {
        _backend = backend;
        _shape = shape;
        _source = network.Weights;
        _cancellation = cancellation;
        int count = shape.Maps.Length;
        _reluMasks = new NativeBuffer?[count];
        _poolMasks = new NativeBuffer?[count];
        _biases = new NativeBuffer[count];
        Taps = new CpuTap[Spec.Taps.Length];
        MapTaps = new MapTaps?[count];
        try
        {
            foreach ((BufferKey key, long floats) in shape.Buffers)
            {
                _buffers[key] = Own(NativeBuffer.OfFloats(floats));
            }

            for (int i = 0; i < Taps.Length; i++)
            {
                bool softmax = shape.Dense.Any(d => d.HasSoftmax && d.After.Contains(i));
                Taps[i] = Own(new CpuTap(backend, Spec, i, shape.SliceOf(Spec.Taps[i]), softmax));
            }

            for (int i = 0; i < count; i++)
            {
                MapShape map = shape.Maps[i];
                _reluMasks[i] = Masks(map.ReluMaskBytes);
                _poolMasks[i] = Masks(map.PoolMaskBytes);
                _biases[i] = Bias(map.Layer, map.Slice, map.Map.Lanes);
                MapTaps[i] = map.IsTapped || map.IsSplit || map.MeetsBeforeRelu ? new MapTaps(map, Taps, Spec, DataOf(map), WholeOf(map), ReluMasks(i), PoolMasks(i)) : null;
            }

            First = PlanFirst();
            Forward = new ConvolutionPass[count - 1];
            Backward = new ConvolutionPass[Spec.NeedsGradient ? count - 1 : 0];
            for (int i = 1; i < count; i++)
            {
                PlanConvolution(i);
            }

            Dense = shape.Dense.Length > 0 ? PlanDense() : null;
            Scales = Own(new GradientScales(Spec.Batch));
            AttachWorkspace();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public ProgramSpec Spec => _shape.Spec;

    public MapShape[] Maps => _shape.Maps;

    /// <summary>The program's taps, in the spec's order.</summary>
    public CpuTap[] Taps { get; }

    public FirstConvolution First { get; }

    /// <summary>The second convolution and those after it.</summary>
    public ConvolutionPass[] Forward { get; }

    /// <summary>The same backwards, the last one first.</summary>
    public ConvolutionPass[] Backward { get; }

    /// <summary>What happens to each map beside the convolutions; null where no tap looks at it and the convolution does all.</summary>
    public MapTaps?[] MapTaps { get; }

    /// <summary>The dense layers, where the last tap is one of them.</summary>
    public DenseLayers? Dense { get; }

    public GradientScales Scales { get; }

    public void Dispose()
    {
        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }

        _owned.Clear();
    }

    private float* DataOf(MapShape map) => _buffers[map.Buffer].Floats;

    // Where the convolution itself writes, and its backward pass reads.
    private float* WholeOf(MapShape map) => _buffers[map.IsPooled && map.IsSplit ? map.WholeBuffer : map.Buffer].Floats;

    private NativeBuffer? Masks(long bytes) => Spec.NeedsGradient && bytes > 0 ? Own(new NativeBuffer(bytes, clear: true)) : null;

    private ushort* ReluMasks(int index) => _reluMasks[index] is NativeBuffer masks ? (ushort*)masks.Pointer : null;

    private ulong* PoolMasks(int index) => _poolMasks[index] is NativeBuffer masks ? (ulong*)masks.Pointer : null;

    private FirstConvolution PlanFirst()
    {
        MapShape map = _shape.Maps[0];
        FirstLayerWeights weights = _backend.Weights.Take(
            _source,
            $"{map.Layer.Name} {ChannelSlice.KeyOf(map.Slice.Channels)}",
            _owned,
            () =>
            {
                using NativeBuffer raw = KernelReader.Read(_backend.Pool, _source, map.Layer, map.Slice.Channels, map.Map.Lanes, _cancellation);
                return new FirstLayerWeights(raw.Floats, map.Map.Channels, map.Map.Lanes);
            });
        return Own(new FirstConvolution(
            Spec, map.Kernels, map.Map, weights, _biases[0].Floats, map.HasRelu && !map.IsSplit, WholeOf(map), map.IsSplit ? null : ReluMasks(0)));
    }

    private void PlanConvolution(int index)
    {
        MapShape from = _shape.Maps[index - 1];
        MapShape to = _shape.Maps[index];
        (ConvolutionFilters forward, ConvolutionFilters? backward) = Filters(from, to);
        ConvolutionSource source = new(from.Kernels, from.Stored, DataOf(from));
        Epilogue epilogue = to.IsSplit || !to.HasRelu ? Epilogue.Bias : to.IsPooled ? Epilogue.BiasReluPool : Epilogue.BiasRelu;
        void* bits = to.IsSplit ? null : to.IsPooled ? PoolMasks(index) : ReluMasks(index);
        ConvolutionTarget target = new(to.Kernels, epilogue, to.Map, WholeOf(to), _biases[index].Floats, bits, Spec.Relu);
        Forward[index - 1] = new ConvolutionPass(source, forward, target, _backend.Pool.Threads);
        if (backward is null)
        {
            return;
        }

        ConvolutionSource gradient = to.IsPooled && !to.IsSplit
            ? new ConvolutionSource(to.Kernels, to.Map, DataOf(to), PoolMasks(index))
            : new ConvolutionSource(to.Kernels, to.Map, WholeOf(to));
        // Behind a pooling there is nothing to mask: its own masks leave out what ReLU leaves out.
        bool masked = from.PassesReluOnArrival && !from.IsPooled && Spec.Relu != ReluRule.Deconvnet;
        void* arriving = masked ? ReluMasks(index - 1) : null;
        ConvolutionTarget image = new(
            from.Kernels, Epilogue.Masked, from.Stored, DataOf(from), null, arriving, from.PassesReluOnArrival ? Spec.Relu : ReluRule.Plain);
        Backward[^index] = new ConvolutionPass(gradient, backward, image, _backend.Pool.Threads);
    }

    private (ConvolutionFilters Forward, ConvolutionFilters? Backward) Filters(MapShape from, MapShape to)
    {
        if (!NineWeights.Serve(from.Map.Channels, to.Map.Channels))
        {
            return Transformed(from, to);
        }

        NineWeights weights = _backend.Weights.Take(
            _source,
            $"{to.Layer.Name} {ChannelSlice.KeyOf(to.Slice.Channels)} nine",
            _owned,
            () =>
            {
                using NativeBuffer raw = KernelReader.Read(_backend.Pool, _source, to.Layer, to.Slice.Channels, to.Map.Lanes, _cancellation);
                return new NineWeights(_backend.Pool, raw.Floats, from.Map.Channels, to.Map.Channels, to.Map.Lanes);
            });
        return (StreamedFilters.Forward(weights, to.Kernels), Spec.NeedsGradient ? StreamedFilters.Backward(weights, from.Kernels) : null);
    }

    private (ConvolutionFilters Forward, ConvolutionFilters? Backward) Transformed(MapShape from, MapShape to)
    {
        // The form depends on the size of the tiles, and so of the picture.
        string name = $"{to.Layer.Name} {ChannelSlice.KeyOf(to.Slice.Channels)} F{to.Map.TileEdge}";
        string forwardKey = name + " forward";
        string backwardKey = name + " backward";
        int inputs = from.Map.Channels;
        int outputs = to.Map.Channels;
        bool needForward = !_backend.Weights.Has(_source, forwardKey);
        bool needBackward = Spec.NeedsGradient && !_backend.Weights.Has(_source, backwardKey);
        TransformedFilters? forward = null;
        TransformedFilters? backward = null;
        if (needForward || needBackward)
        {
            try
            {
                forward = needForward ? new TransformedFilters(inputs, outputs, to.Map.Lanes, to.Map.Products) : null;
                backward = needBackward ? new TransformedFilters(outputs, inputs, from.Map.Lanes, to.Map.Products) : null;
                using NativeBuffer raw = KernelReader.Read(_backend.Pool, _source, to.Layer, to.Slice.Channels, to.Map.Lanes, _cancellation);
                using FilterBuilder builder = new(to.Kernels, raw.Floats, inputs, outputs, from.Map.Lanes, to.Map.TileEdge, forward, backward, _backend.Pool.Threads);
                _backend.Pool.Run(builder);
            }
            catch
            {
                forward?.Dispose();
                backward?.Dispose();
                throw;
            }
        }

        forward = _backend.Weights.Take(_source, forwardKey, _owned, () => forward!);
        backward = Spec.NeedsGradient ? _backend.Weights.Take(_source, backwardKey, _owned, () => backward!) : null;
        return (forward, backward);
    }

    private DenseLayers PlanDense()
    {
        NativeBuffer[] matrices = new NativeBuffer[_shape.Dense.Length];
        NativeBuffer[] biases = new NativeBuffer[_shape.Dense.Length];
        for (int i = 0; i < matrices.Length; i++)
        {
            Layer layer = _shape.Dense[i].Layer;
            int[]? slice = _shape.Dense[i].Slice.Channels;
            matrices[i] = _backend.Weights.Take(
                _source, $"{layer.Name} {ChannelSlice.KeyOf(slice)}", _owned, () => KernelReader.Read(_backend.Pool, _source, layer, slice, 16, _cancellation));
            biases[i] = Bias(layer, _shape.Dense[i].Slice, 16);
        }

        return Own(new DenseLayers(_shape, DataOf(_shape.LastMap), Taps, matrices, biases, LaneKernels.For(_backend.Level, 16), _backend.Pool.Threads));
    }

    private NativeBuffer Bias(Layer layer, ChannelSlice slice, int multiple) => _backend.Weights.Take(
        _source,
        $"{layer.Name} {ChannelSlice.KeyOf(slice.Channels)} bias {multiple}",
        _owned,
        () => KernelReader.ReadBias(_source, layer, slice.Channels, multiple, _cancellation));

    /// <summary>Scratch memory that a program's passes need: shared, and for each thread; bytes.</summary>
    public static (long Shared, long PerThread) WorkspaceOf(NetworkShape shape, int threads)
    {
        long shared = 0;
        long own = FirstConvolution.BytesPerThread;
        for (int i = 1; i < shape.Maps.Length; i++)
        {
            MapShape from = shape.Maps[i - 1];
            MapShape to = shape.Maps[i];
            Include(new ConvolutionSchedule(from.Stored, from.Map.Channels, to.Map.Channels, to.Kernels, threads));
            if (shape.Spec.NeedsGradient)
            {
                Include(new ConvolutionSchedule(to.Map, to.Map.Channels, from.Map.Channels, from.Kernels, threads));
            }
        }

        return (shared, own);

        void Include(ConvolutionSchedule schedule)
        {
            shared = Math.Max(shared, schedule.SharedBytes);
            own = Math.Max(own, schedule.BytesPerThread);
        }
    }

    private void AttachWorkspace()
    {
        (long shared, long own) = WorkspaceOf(_shape, _backend.Pool.Threads);
        Workspace workspace = Own(new Workspace(shared, own, _backend.Pool.Threads));
        First.Attach(workspace);
        foreach (ConvolutionPass pass in Forward.Concat(Backward))
        {
            pass.Attach(workspace);
        }
    }

    private T Own<T>(T resource)
        where T : IDisposable
    {
        _owned.Add(resource);
        return resource;
    }
}
