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
    private readonly NativeBuffer?[] _masks;
    private readonly NativeBuffer[] _biases;

    /// <summary>Reads the weights and plans the passes.</summary>
    public ProgramPlan(CpuBackend backend, Network network, NetworkShape shape, CancellationToken cancellation)
    {
        _backend = backend;
        _shape = shape;
        _source = network.Weights;
        _cancellation = cancellation;
        _masks = new NativeBuffer?[shape.Maps.Length];
        _biases = new NativeBuffer[shape.Maps.Length];
        try
        {
            foreach ((BufferKey key, long floats) in shape.Buffers)
            {
                _buffers[key] = Own(NativeBuffer.OfFloats(floats));
            }

            for (int i = 0; i < shape.Maps.Length; i++)
            {
                long bytes = shape.MaskBytes(shape.Maps[i]);
                _masks[i] = bytes == 0 ? null : Own(new NativeBuffer(bytes, clear: true));
                _biases[i] = Bias(shape.Maps[i].Layer, shape.Maps[i].Slice, shape.Maps[i].Map.Lanes);
            }

            First = PlanFirst();
            Forward = new ConvolutionPass[shape.Maps.Length - 1];
            Backward = new ConvolutionPass[Spec.NeedsGradient ? shape.Maps.Length - 1 : 0];
            for (int i = 1; i < shape.Maps.Length; i++)
            {
                PlanConvolution(i);
            }

            MapShape last = shape.Maps[^1];
            if (shape.Dense.Length > 0)
            {
                Top = PlanTop(last);
            }
            else
            {
                ushort* masks = last.IsPooled || _masks[^1] is null ? null : (ushort*)_masks[^1]!.Pointer;
                MapTap = new MapTap(last.Stored, shape.Slice, DataOf(last), masks);
            }

            AttachWorkspace();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public ProgramSpec Spec => _shape.Spec;

    public FirstConvolution First { get; }

    /// <summary>The pooling right behind it, where there is one.</summary>
    public FirstPooling? FirstPooling { get; private set; }

    /// <summary>The second convolution and those after it.</summary>
    public ConvolutionPass[] Forward { get; }

    /// <summary>The same backwards, the last one first.</summary>
    public ConvolutionPass[] Backward { get; }

    /// <summary>The dense layers, where the tap is one of them.</summary>
    public DenseTop? Top { get; }

    /// <summary>The tap, where it is a convolution or pooling layer.</summary>
    public MapTap? MapTap { get; }

    public void Dispose()
    {
        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }

        _owned.Clear();
    }

    private float* DataOf(MapShape map) => _buffers[map.Buffer].Floats;

    private FirstConvolution PlanFirst()
    {
        MapShape map = _shape.Maps[0];
        FirstLayerWeights weights = _backend.Weights.Take(
            _source,
            $"{map.Layer.Name} {TapSlice.KeyOf(map.Slice)}",
            _owned,
            () =>
            {
                using NativeBuffer raw = KernelReader.Read(_backend.Pool, _source, map.Layer, map.Slice, map.Map.Lanes, _cancellation);
                return new FirstLayerWeights(raw.Floats, map.Map.Channels, map.Map.Lanes);
            });
        void* masks = _masks[0] is null ? null : _masks[0]!.Pointer;
        float* data = DataOf(map);
        if (map.IsPooled)
        {
            FirstPooling = Own(new FirstPooling(map.Map, data, (ulong*)masks));
            data = FirstPooling.Whole;
            masks = null;
        }

        return Own(new FirstConvolution(Spec, map.Kernels, map.Map, weights, _biases[0].Floats, map.Relu, data, (ushort*)masks));
    }

    private void PlanConvolution(int index)
    {
        MapShape from = _shape.Maps[index - 1];
        MapShape to = _shape.Maps[index];
        (TransformedFilters forward, TransformedFilters? backward) = Filters(from, to);
        ConvolutionSource source = new(from.Kernels, from.Stored, DataOf(from));
        Epilogue epilogue = to.IsPooled ? Epilogue.BiasReluPool : to.Relu ? Epilogue.BiasRelu : Epilogue.Bias;
        NativeBuffer? masks = _masks[index];
        void* bits = masks is null ? null : masks.Pointer;
        ConvolutionTarget target = new(to.Kernels, epilogue, to.Map, DataOf(to), _biases[index].Floats, bits);
        Forward[index - 1] = new ConvolutionPass(source, forward, target, _backend.Pool.Threads);
        if (backward is null)
        {
            return;
        }

        ConvolutionSource gradient = to.IsPooled
            ? new ConvolutionSource(to.Kernels, to.Map, DataOf(to), (ulong*)bits)
            : new ConvolutionSource(to.Kernels, to.Map, DataOf(to));
        // Behind a pooling there is nothing to mask: its own masks leave out what ReLU leaves out.
        void* arriving = from.IsPooled ? null : _masks[index - 1]!.Pointer;
        ConvolutionTarget image = new(from.Kernels, Epilogue.Masked, from.Stored, DataOf(from), null, arriving);
        Backward[^index] = new ConvolutionPass(gradient, backward, image, _backend.Pool.Threads);
    }

    private (TransformedFilters Forward, TransformedFilters? Backward) Filters(MapShape from, MapShape to)
    {
        // The form depends on the size of the tiles, and so of the picture.
        string name = $"{to.Layer.Name} {TapSlice.KeyOf(to.Slice)} F{to.Map.TileEdge}";
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
                using NativeBuffer raw = KernelReader.Read(_backend.Pool, _source, to.Layer, to.Slice, to.Map.Lanes, _cancellation);
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

    private DenseTop PlanTop(MapShape last)
    {
        NativeBuffer[] matrices = new NativeBuffer[_shape.Dense.Length];
        NativeBuffer[] biases = new NativeBuffer[_shape.Dense.Length];
        for (int i = 0; i < matrices.Length; i++)
        {
            Layer layer = _shape.Dense[i];
            int[]? slice = _shape.DenseSlice(i);
            matrices[i] = _backend.Weights.Take(
                _source, $"{layer.Name} {TapSlice.KeyOf(slice)}", _owned, () => KernelReader.Read(_backend.Pool, _source, layer, slice, 16, _cancellation));
            biases[i] = Bias(layer, slice, 16);
        }

        return Own(new DenseTop(Spec, last.Stored, DataOf(last), _shape.Dense, _shape.Slice, matrices, biases, LaneKernels.For(_backend.Level, 16), _backend.Pool.Threads));
    }

    private NativeBuffer Bias(Layer layer, int[]? slice, int multiple) => _backend.Weights.Take(
        _source, $"{layer.Name} {TapSlice.KeyOf(slice)} bias {multiple}", _owned, () => KernelReader.ReadBias(_source, layer, slice, multiple, _cancellation));

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
