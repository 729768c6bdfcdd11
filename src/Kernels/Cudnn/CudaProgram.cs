using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Cudnn;

/// <summary>A network up to its tap on the GPU. Every address is fixed at compilation, so a step can be captured and replayed.</summary>
internal sealed unsafe class CudaProgram : INetworkProgram
{
    private readonly CudaBackend _backend;
    private readonly NetworkLayout _layout;
    private readonly List<IDisposable> _owned = [];
    private readonly List<Action> _forward = [];
    private readonly List<Action> _backward = [];
    private readonly ProgramMemory _memory;
    private readonly ulong _index;
    private readonly ulong _first;
    private readonly ulong _next;
    private readonly float _scale;
    private readonly ulong _status;
    private bool _hasForward;
    private bool _disposed;

    /// <summary>Builds a program; the caller has validated the spec and made its precision definite.</summary>
    public CudaProgram(CudaBackend backend, Network network, NetworkLayout layout, CancellationToken cancellation)
    {
        _backend = backend;
        _layout = layout;
        Spec = layout.Spec;
        try
        {
            Dictionary<(Node, bool), ConvolutionPlan> plans = SelectPlans(cancellation);
            WeightStore.WeightSet weights = Own(backend.Weights.Acquire(network, Needs(plans), Element, cancellation));
            _memory = new ProgramMemory(layout, backend.NetworkKernels, plans.Values.Select(p => p.WorkspaceBytes).DefaultIfEmpty(0).Max());
            DeviceMemory arena = Own(DeviceMemory.Allocate(backend.Context, _memory.TotalBytes, $"the activations of {Spec.Batch} images of {Spec.Height} x {Spec.Width} up to {Spec.Taps[0].Layer.Name}"));
            _memory.Base = arena.Pointer;

            // Bytes that no operation writes must still be numbers: padding is multiplied by zero weights.
            backend.Stream.Clear(arena.Pointer, arena.Bytes);
            Tap = Own((CudaTensor)backend.Allocate(Spec.TapShape()));
            int stored = layout.IsSoftmax ? layout.Tap.Layer.Outputs : layout.Tap.Outputs;
            (int[] index, int[] first, int[] next) = layout.TapTables(stored);
            DeviceMemory tables = Own(DeviceMemory.Allocate(backend.Context, 4L * (index.Length + first.Length + next.Length), "the list of wanted channels"));
            _index = tables.Pointer;
            _first = _index + (4UL * (ulong)index.Length);
            _next = _first + (4UL * (ulong)first.Length);
            fixed (int* all = (int[])[.. index, .. first, .. next])
            {
                backend.Stream.CopyToDevice(tables.Pointer, all, tables.Bytes);
                backend.Stream.Synchronize();
            }

            bool half = Element != ElementType.Float32;
            _status = half ? backend.StatusPointer : 0;
            _scale = Spec.Precision == Precision.Fp16 ? GradientScale(Spec.TapShape()) : 1;
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
    public System.Collections.Immutable.ImmutableArray<ITensor> Taps => [Tap];

    /// <inheritdoc cref="INetworkProgram.Tap"/>
    public ITensor Tap { get; } = null!;

    /// <inheritdoc/>
    public ITensor TapGradient(int tap) => throw new NotImplementedException();

    private ElementType Element => Elements.Of(Spec.Precision);

    private INetworkKernels Kernels => _backend.NetworkKernels;

    /// <summary>What fp16 gradients are multiplied by on the way: a power of two near 16 sqrt(h w), undone exactly at the image.</summary>
    /// <remarks>A convolution's tap gradient is about 1 / (h w), which for the lower layers lies below fp16's normal range; scaled it is at least 0.06, while a gradient of 1 everywhere still keeps well below the top of the range.</remarks>
    public static float GradientScale(TensorShape tap) => 16f * (1 << (int)Math.Ceiling(Math.Log2((double)tap.H * tap.W) / 2));

    /// <inheritdoc/>
    public void Forward(ITensor input)
    {
        CudaTensor image = Use(input, InputShape, "input");
        Kernels.Input(image.Pointer, _memory.Activation(0), Spec.Batch, Spec.Height, Spec.Width, Spec.Preprocessing, Element);
        RunForward();
    }

    /// <inheritdoc/>
    /// <remarks>One kernel reads the image through the table of shifts and writes the shifted image and the network's input. As in <see cref="IImageOperations.Shift"/>, a shift of a side or more counts as one less than the side.</remarks>
    public void ForwardShifted(ITensor source, ITensor shifted, ITensor shifts, ITensor step, ShiftMode mode)
    {
        CudaTensor image = Use(source, InputShape, "input");
        (_, CudaTensor to, CudaTensor table, CudaTensor row) = _backend.UseShift(source, shifted, shifts, step);
        Kernels.ShiftedInput(image.Pointer, to.Pointer, _memory.Activation(0), table.Pointer, row.Pointer, table.Shape.N, InputShape, mode, Spec.Preprocessing, Element);
        RunForward();
    }

    /// <inheritdoc/>
    public void Backward(ReadOnlySpan<ITensor?> tapGradients, ITensor? inputGradient)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ProgramChecks.Gradients(this, tapGradients, inputGradient);
        CudaTensor source = Use(tapGradients[0] ?? throw new NotImplementedException(), Spec.TapShape(), "gradient at the tap");
        CudaTensor target = Use(inputGradient ?? throw new NotImplementedException(), InputShape, "gradient at the input");
        if (!_hasForward)
        {
            throw new InvalidOperationException("Backward needs a forward pass before it.");
        }

        Scatter(source);
        foreach (Action operation in _backward)
        {
            operation();
        }

        Kernels.InputBackward(_memory.Gradient(0), target.Pointer, Spec.Batch, Spec.Height, Spec.Width, Spec.Preprocessing, Element, 1 / _scale, _status, NumberMarks.Backward(Spec.Taps[0].Layer));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }

        _owned.Clear();
    }

    /// <summary>Whether a backend compiled it, and so may run it.</summary>
    public bool IsOf(CudaBackend backend) => _backend == backend;

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
        Dictionary<(Node, bool), ConvolutionPlan> plans = [];
        foreach (Node node in _layout.Nodes.Where(n => n.Layer.Kind == LayerKind.Convolution))
        {
            cancellation.ThrowIfCancellationRequested();
            plans.Add((node, false), _backend.Plans.Select(_layout.Forward(node)));
            if (Spec.NeedsGradient)
            {
                plans.Add((node, true), _backend.Plans.Select(_layout.Backward(node)));
            }
        }

        return plans;
    }

    private List<(Node, WeightForm)> Needs(Dictionary<(Node, bool), ConvolutionPlan> plans)
    {
        List<(Node, WeightForm)> needs = [];
        foreach (Node node in _layout.Nodes.Where(n => n.Layer.HasWeights))
        {
            if (node.Layer.Kind == LayerKind.Dense)
            {
                needs.Add((node, WeightForm.Dense));
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

    private void AddForward(Dictionary<(Node, bool), ConvolutionPlan> plans, WeightStore.WeightSet weights)
    {
        for (int i = 0; i < _layout.Nodes.Count; i++)
        {
            Node node = _layout.Nodes[i];
            (ulong x, ulong y, ulong argmax) = (_memory.Activation(i), _memory.Activation(i + 1), _memory.Argmax(i));
            switch (node.Layer.Kind)
            {
                case LayerKind.Convolution:
                    ConvolutionPlan plan = plans[(node, false)];
                    BoundConvolution bound = Own(plan.Bind(new ConvolutionAddresses(x, weights[node, WeightForm.Forward], weights[node, BiasForm(plan)], 0, y, _memory.Workspace)));
                    _forward.Add(() => bound.Run(_backend.Cudnn, Kernels));
                    if (Element == ElementType.Float16 && i + 1 < _layout.Nodes.Count && _layout.Nodes[i + 1].Layer.Kind == LayerKind.Convolution)
                    {
                        // A pooling and the gathering look for themselves; bfloat16 has float32's range.
                        _forward.Add(() => _backend.CheckFinite.Launch(y, Spec.Batch * node.OutputCount, _status, NumberMarks.Forward(node.Layer)));
                    }

                    break;
                case LayerKind.MaxPool:
                    _forward.Add(() => Kernels.MaxPool(x, y, argmax, Spec.Batch, node.Height, node.Width, node.Inputs, Element, _status, NumberMarks.Forward(node.Layer)));
                    break;
                default:
                    DenseStep dense = new(_backend, node, Spec.Batch, Spec.Precision, weights[node, WeightForm.Dense], weights[node, WeightForm.FloatBias]);
                    ulong scratch = _memory.Scratch(i);
                    _forward.Add(() => dense.Forward(x, y, scratch));
                    break;
            }
        }

        Node tap = _layout.Tap;
        ulong result = _memory.Activation(_layout.Nodes.Count);
        int wanted = Spec.Taps[0].ChannelCount;
        ulong delivered = ((CudaTensor)Tap).Pointer;
        int mark = NumberMarks.Forward(tap.Layer);
        if (_layout.IsSoftmax)
        {
            _forward.Add(() =>
            {
                Kernels.Softmax(result, _memory.Probabilities, Spec.Batch, tap.Layer.Outputs, tap.Outputs, Element);
                Kernels.TapGather(_memory.Probabilities, _index, delivered, Spec.Batch, 1, tap.Layer.Outputs, wanted, ElementType.Float32, _status, mark);
            });
        }
        else
        {
            int positions = tap.OutputHeight * tap.OutputWidth;
            _forward.Add(() => Kernels.TapGather(result, _index, delivered, Spec.Batch, positions, tap.Outputs, wanted, Element, _status, mark));
        }
    }

    private void AddBackward(Dictionary<(Node, bool), ConvolutionPlan> plans, WeightStore.WeightSet weights)
    {
        for (int i = _layout.Nodes.Count - 1; i >= 0; i--)
        {
            Node node = _layout.Nodes[i];
            ulong dy = i + 1 < _layout.Nodes.Count ? _memory.Gradient(i + 1) : _memory.TapGradient;
            (ulong x, ulong dx, ulong argmax) = (_memory.Activation(i), _memory.Gradient(i), _memory.Argmax(i));
            switch (node.Layer.Kind)
            {
                case LayerKind.Convolution:
                    ConvolutionPlan plan = plans[(node, true)];
                    ulong kernel = weights[node, plan.Variant.NeedsTurnedWeights() ? WeightForm.Turned : WeightForm.Forward];
                    BoundConvolution bound = Own(plan.Bind(new ConvolutionAddresses(dy, kernel, 0, x, dx, _memory.Workspace)));
                    _backward.Add(() => bound.Run(_backend.Cudnn, Kernels));
                    break;
                case LayerKind.MaxPool:
                    _backward.Add(() => Kernels.MaxPoolBackward(dy, argmax, dx, Spec.Batch, node.Height, node.Width, node.Inputs, Element));
                    break;
                default:
                    DenseStep dense = new(_backend, node, Spec.Batch, Spec.Precision, weights[node, WeightForm.Dense], weights[node, WeightForm.FloatBias]);
                    _backward.Add(() => dense.Backward(dy, x, dx));
                    break;
            }
        }
    }

    private void Scatter(CudaTensor source)
    {
        Node tap = _layout.Tap;
        int wanted = Spec.Taps[0].ChannelCount;
        if (_layout.IsSoftmax)
        {
            Kernels.SoftmaxBackward(source.Pointer, _memory.Probabilities, _first, _next, _memory.TapGradient, Spec.Batch, tap.Layer.Outputs, tap.Outputs, wanted, Element, _scale);
            return;
        }

        ulong mask = _layout.IsTapMasked ? _memory.Activation(_layout.Nodes.Count) : 0;
        Kernels.TapScatter(source.Pointer, _first, _next, mask, _memory.TapGradient, Spec.Batch, tap.OutputHeight * tap.OutputWidth, tap.Outputs, wanted, Element, _scale);
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
}

/// <summary>Numbers that kernels leave behind where they met a value that is not finite.</summary>
internal static class NumberMarks
{
    private const int BackwardOffset = 100;

    /// <summary>In the activations of a layer.</summary>
    public static int Forward(Layer layer) => layer.Index + 1;

    /// <summary>In the image's gradient.</summary>
    public static int Backward(Layer tap) => tap.Index + 1 + BackwardOffset;

    /// <summary>In words.</summary>
    public static string Describe(int mark, Topology? topology)
    {
        int index = (mark > BackwardOffset ? mark - BackwardOffset : mark) - 1;
        string name = topology is not null && index >= 0 && index < topology.Layers.Length ? topology.Layers[index].Name : $"layer {index}";
        return mark > BackwardOffset ? $"the image's gradient of {name}" : $"the activations of {name}";
    }
}
