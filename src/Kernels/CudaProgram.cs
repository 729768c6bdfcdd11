using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Kernels.Cudnn;
using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;
using VggCuda.Kernels.Programs;

namespace VggCuda.Kernels;

/// <summary>A network up to its highest tap on the GPU. Every address is fixed at compilation, so a step can be captured and replayed.</summary>
internal sealed unsafe class CudaProgram : INetworkProgram, IShiftedInput
{
    private readonly CudaBackend _backend;
    private readonly NetworkLayout _layout;
    private readonly List<IDisposable> _owned = [];
    private readonly List<Action> _forward = [];
    private readonly Action[] _backward;
    private readonly ProgramMemory _memory;
    private readonly TapTable[] _tables;
    private readonly TapTable _everyClass;
    private readonly ImmutableArray<ITensor> _taps;
    private readonly CudaTensor?[] _tapGradients;
    private readonly float _scale;
    private readonly DevicePointer _status;
    private bool _hasForward;
    private bool _disposed;

    /// <summary>Builds a program; the caller has validated the spec and made its precision definite.</summary>
    public CudaProgram(CudaBackend backend, Network network, NetworkLayout layout, CancellationToken cancellation)
    {
        _backend = backend;
        _layout = layout;
        _backward = new Action[layout.Nodes.Count];
        _tables = new TapTable[layout.Spec.Taps.Length];
        _tapGradients = new CudaTensor?[layout.Spec.Taps.Length];
        Spec = layout.Spec;
        try
        {
            Dictionary<(Node, bool), ConvolutionPlan> plans = SelectPlans(cancellation);
            WeightStore.WeightSet weights = Own(backend.Weights.Acquire(network, Needs(plans), Element, cancellation));
            _memory = new ProgramMemory(layout, plans.Values.Select(p => p.WorkspaceBytes).DefaultIfEmpty(0).Max());
            DeviceMemory arena = Own(DeviceMemory.Allocate(backend.Context, _memory.TotalBytes, $"the activations of {Spec.Batch} images of {Spec.Height} x {Spec.Width} up to {Spec.Last.Name}"));
            _memory.Base = arena.Pointer;

            // Bytes that no operation writes must still be numbers: padding is multiplied by zero weights.
            backend.Stream.Clear(arena.Pointer, arena.Bytes);
            List<ITensor> taps = [];
            for (int tap = 0; tap < Spec.Taps.Length; tap++)
            {
                taps.Add(Own(backend.Allocate(Spec.TapShape(tap))));
                _tapGradients[tap] = Spec.NeedsGradient && Spec.Taps[tap].WantsGradient ? Own((CudaTensor)backend.Allocate(Spec.TapShape(tap))) : null;
            }

            _taps = [.. taps];
            _everyClass = SendTables();
            bool half = Element != ElementType.Float32;
            _status = half ? backend.StatusPointer : DevicePointer.None;
            _scale = Spec.Precision == Precision.Fp16 ? GradientScale(Spec.Taps.First(t => t.Layer == Spec.Last).Shape(Spec.Batch, Spec.Height, Spec.Width)) : 1;
            AddForward(plans, weights);
            if (Spec.NeedsGradient)
            {
                AddBackward(plans, weights);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ProgramSpec Spec { get; }

    /// <inheritdoc/>
    public TensorShape InputShape => Spec.InputShape;

    /// <inheritdoc/>
    public ImmutableArray<ITensor> Taps
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _taps;
        }
    }

    private ElementType Element => Elements.Of(Spec.Precision);

    private long Pixels => (long)Spec.Batch * Spec.Height * Spec.Width;

    private NetworkKernels Kernels => _backend.NetworkKernels;

    /// <summary>What fp16 gradients are multiplied by on the way: a power of two near 16 sqrt(h w) of the highest tap, undone exactly at the image and where a gradient is read.</summary>
    /// <remarks>A convolution's tap gradient is about 1 / (h w), which for the lower layers lies below fp16's normal range; scaled it is at least 0.06, while a gradient of 1 everywhere still keeps well below the top of the range.</remarks>
    public static float GradientScale(TensorShape tap) => 16f * (1 << (int)Math.Ceiling(Math.Log2((double)tap.H * tap.W) / 2));

    /// <inheritdoc/>
    public ITensor TapGradient(int tap)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _tapGradients[tap] ?? throw new InvalidOperationException($"No gradient at tap {tap} was asked for; set TapSpec.WantsGradient and ProgramSpec.NeedsGradient.");
    }

    /// <inheritdoc/>
    public void Forward(ITensor input)
    {
        using BackendUse.Visit visit = _backend.InUse.Enter();
        PendingWarp? warp = _backend.TakeWarp(input);
        CudaTensor image = Use(input, InputShape, "input");
        _backend.LaunchPending();
        if (warp is null)
        {
            Kernels.Input.Forward(image.Pointer, _memory.Activation(0), Pixels, Spec.Preprocessing, Element);
        }
        else
        {
            Kernels.WarpedInput.Launch(
                warp.Source.Pointer, warp.Source.Shape, image.Pointer, InputShape, _memory.Activation(0), warp.Maps.Pointer, warp.Step.Pointer, warp.Maps.Shape.N, warp.Outside, Spec.Preprocessing, Element);
        }

        RunForward();
    }

    /// <inheritdoc/>
    /// <remarks>One kernel reads the image through the table of shifts and writes the shifted image and the network's input. As in <see cref="IImageOperations.Shift"/>, a shift of a side or more counts as one less than the side.</remarks>
    public void ForwardShifted(ITensor source, ITensor shifted, ITensor shifts, ITensor step, ShiftMode mode)
    {
        using BackendUse.Visit visit = _backend.InUse.Enter();
        CudaTensor image = Use(source, InputShape, "input");
        (_, CudaTensor to, CudaTensor table, CudaTensor row) = _backend.UseShift(source, shifted, shifts, step);
        _backend.LaunchPending();
        Kernels.ShiftedInput.Launch(image.Pointer, to.Pointer, _memory.Activation(0), table.Pointer, row.Pointer, table.Shape.N, InputShape, mode, Spec.Preprocessing, Element);
        RunForward();
    }

    /// <inheritdoc/>
    public void Backward(ReadOnlySpan<ITensor?> tapGradients, ITensor? inputGradient, ITensor? step = null)
    {
        using BackendUse.Visit visit = _backend.InUse.Enter();
        ObjectDisposedException.ThrowIf(_disposed, this);
        ProgramChecks.Gradients(this, tapGradients, inputGradient, step);
        CudaTensor?[] given = new CudaTensor?[tapGradients.Length];
        for (int tap = 0; tap < given.Length; tap++)
        {
            given[tap] = tapGradients[tap] is ITensor gradient ? Use(gradient, Spec.TapShape(tap), "gradient at the tap") : null;
        }

        DevicePointer counter = Spec.RescuedSteps > 0 ? Use(step!, TensorShape.PerImage(1), "step").Pointer : DevicePointer.None;
        CudaTensor? target = inputGradient is null ? null : Use(inputGradient, InputShape, "gradient at the input");
        if (!_hasForward)
        {
            throw new InvalidOperationException("Backward needs a forward pass before it.");
        }

        // The one tap's gradient is scattered where the tap is gathered, if that still waits.
        bool scattered = _backend.LaunchPending(_layout.IsSimple && !_layout.IsSoftmax ? Scattering(given[0]!) : null);
        int[] nodes = [.. Spec.Taps.Select(t => _layout.NodeOf(t.Layer))];
        int first = Enumerable.Range(0, given.Length).Where(t => given[t] is not null).Max(t => nodes[t]);
        int last = target is not null ? 0 : Enumerable.Range(0, given.Length).Where(t => _tapGradients[t] is not null).Min(t => nodes[t]);
        Begin(first, nodes);
        for (int node = first; node >= last; node--)
        {
            if (!scattered || node < first)
            {
                Meet(node, given, counter);
            }

            if (target is not null || node > last)
            {
                _backward[node]();
            }
        }

        if (target is not null)
        {
            _backend.MakeInputGradient(target, (image, shape, scratch) => MakeInputGradient(target.Pointer, image, shape, scratch));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        using BackendUse.Visit visit = _backend.InUse.Enter();
        _disposed = true;
        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }

        _owned.Clear();
    }

    private void MakeInputGradient(DevicePointer target, DevicePointer image, TensorShape shape, ReductionScratch? scratch)
    {
        (int mark, int pixelsEach) = (NumberMarks.Backward(Spec.Last), Spec.Height * Spec.Width);
        if (scratch is null)
        {
            Kernels.Input.Backward(_memory.Gradient(0), target, Pixels, Spec.Preprocessing, Element, 1 / _scale, _status, mark, _memory.Unlifting, pixelsEach);
        }
        else
        {
            Kernels.Input.BackwardAndSum(_memory.Gradient(0), target, Pixels, Spec.Preprocessing, Element, 1 / _scale, _status, mark, _memory.Unlifting, pixelsEach, image, shape, scratch);
        }
    }

    private void RunForward()
    {
        foreach (Action operation in _forward)
        {
            operation();
        }

        _hasForward = true;
    }

    private Dictionary<(Node, bool), ConvolutionPlan> SelectPlans(CancellationToken cancellation)
    {
        (Node, bool)[] wanted = [.. _layout.Nodes.Where(n => n.Layer.Kind == LayerKind.Convolution).SelectMany(n => Spec.NeedsGradient ? ((Node, bool)[])[(n, false), (n, true)] : [(n, false)])];
        List<ConvolutionPlan> plans = _backend.Plans.Select([.. wanted.Select(w => w.Item2 ? _layout.Backward(w.Item1) : _layout.Forward(w.Item1))], cancellation);
        return wanted.Zip(plans).ToDictionary(p => p.First, p => p.Second);
    }

    private List<(Node, WeightForm)> Needs(Dictionary<(Node, bool), ConvolutionPlan> plans)
    {
        List<(Node, WeightForm)> needs = [];
        foreach (Node node in _layout.Nodes.Where(n => n.Layer.HasWeights))
        {
            if (node.Layer.Kind == LayerKind.Dense)
            {
                needs.Add((node, DenseStep.Form(_layout.IsInt8)));
                needs.Add((node, WeightForm.FloatBias));
                continue;
            }

            needs.Add((node, WeightForm.Forward));
            needs.Add((node, BiasForm(plans[(node, false)])));
            if (plans.TryGetValue((node, true), out ConvolutionPlan? back) && back.Variant.NeedsTurnedWeights())
            {
                needs.Add((node, WeightForm.Turned));
            }
        }

        return needs;
    }

    private static WeightForm BiasForm(ConvolutionPlan plan) =>
        plan.Variant == ConvolutionVariant.FusedOwnBias ? WeightForm.OwnBias : WeightForm.FloatBias;

    // The tables of all taps in one piece of memory; behind them, where a softmax's gradients come together, the one that names every class once.
    private TapTable SendTables()
    {
        List<int> all = [];
        List<(int Index, int First, int Next)> places = [];
        IEnumerable<(int[] Index, int[] First, int[] Next)> tables = Enumerable.Range(0, Spec.Taps.Length).Select(_layout.TapTables);
        if (_layout.IsSoftmax && !_layout.IsSimple)
        {
            tables = tables.Append(_layout.EveryClass());
        }

        foreach ((int[] index, int[] first, int[] next) in tables)
        {
            places.Add((all.Count, all.Count + index.Length, all.Count + index.Length + first.Length));
            all.AddRange(index);
            all.AddRange(first);
            all.AddRange(next);
        }

        DeviceMemory memory = Own(DeviceMemory.Allocate(_backend.Context, (long)sizeof(int) * all.Count, "the lists of wanted channels"));
        fixed (int* values = all.ToArray())
        {
            _backend.Stream.CopyToDevice(memory.Pointer, values, memory.Bytes);
            _backend.Stream.Synchronize();
        }

        TapTable[] sent = [.. places.Select(p => new TapTable(At(p.Index), At(p.First), At(p.Next)))];
        sent.AsSpan(0, _tables.Length).CopyTo(_tables);
        return sent[^1];

        DevicePointer At(int place) => memory.Pointer + ((long)sizeof(int) * place);
    }

    private void AddForward(Dictionary<(Node, bool), ConvolutionPlan> plans, WeightStore.WeightSet weights)
    {
        for (int i = 0; i < _layout.Nodes.Count; i++)
        {
            Node node = _layout.Nodes[i];
            (DevicePointer x, DevicePointer y, DevicePointer argmax) = (_memory.Activation(i), _memory.Activation(i + 1), _memory.Argmax(i));
            DevicePointer own = node.KeepsBefore ? _memory.Before(i) : y;
            switch (node.Layer.Kind)
            {
                case LayerKind.Convolution:
                    ConvolutionPlan plan = plans[(node, false)];
                    BoundConvolution bound = Own(plan.Bind(new ConvolutionAddresses(x, weights[node, WeightForm.Forward], weights[node, BiasForm(plan)], DevicePointer.None, own, _memory.Workspace)));
                    _forward.Add(() => bound.Run(Kernels));
                    if (Element == ElementType.Float16 && i + 1 < _layout.Nodes.Count && _layout.Nodes[i + 1].Layer.Kind == LayerKind.Convolution)
                    {
                        // A pooling and the gathering look for themselves; bfloat16 has float32's range. What lives to the step's end can be looked at behind it.
                        void Look() => Kernels.Finite.Launch(own, Spec.Batch * node.OutputCount, _status, NumberMarks.Forward(node.Layer));
                        bool stays = Spec.NeedsGradient && _layout.IsMask(i) && !node.KeepsBefore;
                        _forward.Add(stays ? () => _backend.OutsideSteps(Look) : Look);
                    }

                    break;
                case LayerKind.MaxPool:
                    _forward.Add(() => Kernels.Pool.Forward(x, y, argmax, Spec.Batch, node.Height, node.Width, node.Inputs, Element, _status, NumberMarks.Forward(node.Layer)));
                    break;
                default:
                    DenseStep dense = Dense(node, weights);
                    DevicePointer scratch = _memory.Scratch(i);
                    _forward.Add(() => dense.Forward(x, own, scratch));
                    break;
            }

            if (node.KeepsBefore)
            {
                _forward.Add(() => Kernels.Relu.Forward(own, y, Spec.Batch * node.OutputCount, Element));
            }

            AddGathering(i, own, y);
        }
    }

    private void AddGathering(int i, DevicePointer before, DevicePointer after)
    {
        Node node = _layout.Nodes[i];
        int mark = NumberMarks.Forward(node.Layer);
        bool softmax = _layout.IsSoftmax && i + 1 == _layout.Nodes.Count;
        if (softmax)
        {
            _forward.Add(() => Kernels.Softmax.Forward(after, _memory.Probabilities, Spec.Batch, node.Layer.Outputs, node.Outputs, Element));
        }

        foreach (TapPoint point in (ReadOnlySpan<TapPoint>)[TapPoint.BeforeActivation, TapPoint.AfterActivation])
        {
            bool probabilities = softmax && point == TapPoint.AfterActivation;
            DevicePointer source = probabilities ? _memory.Probabilities : point == TapPoint.BeforeActivation ? before : after;
            foreach (int tap in _layout.TapsAt(i, point))
            {
                CudaTensor delivered = (CudaTensor)_taps[tap];
                TapReading reading = new(
                    source, _tables[tap].Index, delivered.Pointer, Spec.Batch, node.OutputPositions, probabilities ? node.Layer.Outputs : node.Outputs, Spec.Taps[tap].ChannelCount, probabilities ? ElementType.Float32 : Element, _status, mark);

                // Of a program of one tap it is the last of the way there, so that what it reads stays until the next.
                _forward.Add(_layout.IsSimple ? () => _backend.Gather(delivered, reading) : () => Kernels.Tap.Gather(reading));
            }
        }
    }

    private void AddBackward(Dictionary<(Node, bool), ConvolutionPlan> plans, WeightStore.WeightSet weights)
    {
        for (int i = 0; i < _layout.Nodes.Count; i++)
        {
            Node node = _layout.Nodes[i];
            (DevicePointer dy, DevicePointer x, DevicePointer dx, DevicePointer argmax) = (_memory.Gradient(i + 1), _memory.Activation(i), _memory.Gradient(i), _memory.Argmax(i));
            switch (node.Layer.Kind)
            {
                case LayerKind.Convolution:
                    ConvolutionPlan plan = plans[(node, true)];
                    DevicePointer kernel = weights[node, plan.Variant.NeedsTurnedWeights() ? WeightForm.Turned : WeightForm.Forward];
                    BoundConvolution bound = Own(plan.Bind(new ConvolutionAddresses(dy, kernel, DevicePointer.None, x, dx, _memory.Workspace)));
                    _backward[i] = () => bound.Run(Kernels);
                    break;
                case LayerKind.MaxPool:
                    _backward[i] = () => Kernels.Pool.Backward(dy, argmax, dx, Spec.Batch, node.Height, node.Width, node.Inputs, Element);
                    break;
                default:
                    DenseStep dense = Dense(node, weights);
                    DevicePointer mask = _layout.TakesMask(node) ? x : DevicePointer.None;
                    _backward[i] = () => dense.Backward(dy, mask, dx);
                    break;
            }
        }
    }

    private DenseStep Dense(Node node, WeightStore.WeightSet weights) =>
        new(
            Kernels,
            DenseStep.UsesCublas(Spec.Batch, _layout.IsInt8) ? _backend.Cublas : null,
            node,
            Spec.Batch,
            Spec.Precision,
            _layout.IsInt8,
            weights[node, DenseStep.Form(_layout.IsInt8)],
            weights[node, WeightForm.FloatBias]);

    // Nothing has come from above the highest node at which a gradient is given.
    private void Begin(int first, int[] nodes)
    {
        if (_layout.IsSimple)
        {
            return;
        }

        for (int tap = 0; tap < nodes.Length; tap++)
        {
            if (nodes[tap] > first && _tapGradients[tap] is CudaTensor unreached)
            {
                _backend.Stream.Clear(unreached.Pointer, unreached.Shape.Count * sizeof(float));
            }
        }

        Node top = _layout.Nodes[first];
        if (IsSoftmax(first))
        {
            _backend.Stream.Clear(_memory.ProbabilityGradient, (long)Spec.Batch * top.Outputs * sizeof(float));
        }
        else
        {
            _backend.Stream.Clear(_memory.Gradient(first + 1), Spec.Batch * top.OutputCount * Elements.Size(Element));
        }
    }

    // What happens to the gradient at a node's output before the node's own way back.
    private void Meet(int node, CudaTensor?[] given, DevicePointer step)
    {
        if (_layout.IsSimple)
        {
            if (node + 1 == _layout.Nodes.Count)
            {
                Scatter(given[0]!);
            }

            return;
        }

        DevicePointer gradient = _memory.Gradient(node + 1);
        bool pooling = _layout.Nodes[node].Layer.Kind == LayerKind.MaxPool;
        if (IsSoftmax(node))
        {
            Node top = _layout.Top;
            Join(node, TapPoint.AfterActivation, given, _memory.ProbabilityGradient, ElementType.Float32, 1);
            Kernels.Softmax.Backward(
                _memory.ProbabilityGradient, _memory.Probabilities, _everyClass.First, _everyClass.Next, gradient, Spec.Batch, top.Layer.Outputs, top.Outputs, top.Outputs, Element, _scale);
        }
        else
        {
            Join(node, TapPoint.AfterActivation, given, gradient, Element, _scale);
        }

        if (pooling)
        {
            // A pooling has no activation; the ReLU that may be passed here is that of the layer before it.
            Join(node, TapPoint.BeforeActivation, given, gradient, Element, _scale);
        }

        if (_layout.PassesRelu(node) && !_layout.FusesMask(node))
        {
            long count = _layout.Nodes[node].OutputCount;
            if (Spec.RescuedSteps > 0)
            {
                _backend.Stream.Clear(_memory.Passes, Spec.Batch * sizeof(int));
                Kernels.Relu.Rescue(gradient, _memory.Activation(node + 1), _memory.Passes, step, Spec.RescuedSteps, Spec.Batch, count, Element);
            }
            else
            {
                Kernels.Relu.Backward(gradient, _memory.Activation(node + 1), gradient, Spec.Batch * count, Spec.Relu, Element);
            }
        }

        if (!pooling)
        {
            Join(node, TapPoint.BeforeActivation, given, gradient, Element, _scale);
        }
    }

    // What is given joins what has come from above; then the taps are told what there is.
    private void Join(int i, TapPoint point, CudaTensor?[] given, DevicePointer gradient, ElementType type, float scale)
    {
        Node node = _layout.Nodes[i];
        int[] taps = _layout.TapsAt(i, point);
        foreach (int tap in taps)
        {
            if (given[tap] is CudaTensor own)
            {
                Kernels.TapGradient.Add(own.Pointer, _tables[tap].First, _tables[tap].Next, gradient, Spec.Batch, node.OutputPositions, node.Outputs, Spec.Taps[tap].ChannelCount, type, scale);
            }
        }

        foreach (int tap in taps)
        {
            if (_tapGradients[tap] is CudaTensor wanted)
            {
                Kernels.TapGradient.Read(gradient, _tables[tap].Index, wanted.Pointer, Spec.Batch, node.OutputPositions, node.Outputs, Spec.Taps[tap].ChannelCount, type, 1 / scale, _status, NumberMarks.Backward(node.Layer));
            }
        }
    }

    private bool IsSoftmax(int node) => _layout.IsSoftmax && node + 1 == _layout.Nodes.Count;

    private void Scatter(CudaTensor source)
    {
        Node top = _layout.Top;
        int wanted = Spec.Taps[0].ChannelCount;
        DevicePointer gradient = _memory.Gradient(_layout.Nodes.Count);
        if (_layout.IsSoftmax)
        {
            Kernels.Softmax.Backward(source.Pointer, _memory.Probabilities, _tables[0].First, _tables[0].Next, gradient, Spec.Batch, top.Layer.Outputs, top.Outputs, wanted, Element, _scale, _memory.Unlifting);
            return;
        }

        TapScattering s = Scattering(source);
        Kernels.Tap.Scatter(s.Gradient, s.First, s.Next, s.Mask, s.Target, Spec.Batch, top.OutputPositions, top.Outputs, wanted, Element, s.Scale);
    }

    private TapScattering Scattering(CudaTensor source)
    {
        DevicePointer mask = _layout.FusesMask(_layout.Nodes.Count - 1) ? _memory.Activation(_layout.Nodes.Count) : DevicePointer.None;
        return new TapScattering(source.Pointer, _tables[0].First, _tables[0].Next, mask, _memory.Gradient(_layout.Nodes.Count), _scale);
    }

    private CudaTensor Use(ITensor tensor, TensorShape shape, string name)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _backend.Enter();
        CudaTensor own = _backend.Require(tensor);
        return own.Shape == shape ? own : throw new ArgumentException($"The {name} is {own.Shape}; {shape} is needed.");
    }

    private T Own<T>(T resource)
        where T : IDisposable
    {
        _owned.Add(resource);
        return resource;
    }

    /// <summary>Where a tap's tables lie: see <see cref="NetworkLayout.TapTables"/>.</summary>
    private readonly record struct TapTable(DevicePointer Index, DevicePointer First, DevicePointer Next);
}
