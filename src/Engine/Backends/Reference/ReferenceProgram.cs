using VggCuda.Engine.Backends.Reference.Layers;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Backends.Reference;

/// <summary>The network up to its tap, layer by layer; every layer's output is kept for the way back.</summary>
internal sealed class ReferenceProgram : INetworkProgram
{
    private readonly ReferenceBackend _owner;
    private readonly SharedWeights _weights;
    private readonly Network _network;
    private readonly List<Stage> _stages = [];
    private readonly List<Layer> _acquired = [];
    private readonly ITensor _tap;
    private double[] _input;
    private bool _ranForward;
    private bool _disposed;

    public ReferenceProgram(ReferenceBackend owner, SharedWeights weights, Network network, ProgramSpec spec, CancellationToken cancellation)
    {
        _owner = owner;
        _weights = weights;
        _network = network;
        Spec = spec;
        _tap = owner.Allocate(spec.TapShape);
        owner.Opened();
        try
        {
            _input = ReferenceBackend.NewArray(spec.InputShape.Count, "the network's input");
            TensorShape shape = spec.InputShape;
            foreach (Layer layer in network.Topology.Layers.Where(l => l.Index > 0 && l.Index <= spec.Tap.Index))
            {
                cancellation.ThrowIfCancellationRequested();
                TensorShape after = ShapeAfter(layer, spec);
                LayerValues? values = null;
                if (layer.HasWeights)
                {
                    values = weights.Acquire(network, layer, cancellation);
                    _acquired.Add(layer);
                }

                _stages.Add(new Stage(
                    layer,
                    shape,
                    ReferenceBackend.NewArray(after.Count, $"the output of '{layer.Name}'"),
                    layer.Kind == LayerKind.MaxPool ? ReferenceBackend.NewArray<int>(after.Count, $"the choices of '{layer.Name}'") : null,
                    values,
                    spec.HasRelu(layer),
                    layer == spec.Tap && spec.HasSoftmax));
                shape = after;
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
    public ITensor Tap => _disposed ? throw Disposed() : _tap;

    /// <summary>What the last forward pass found at a layer below or at the tap, all channels, before the selection of channels.</summary>
    internal ReadOnlySpan<double> OutputOf(string layer) => _stages.Single(s => s.Layer.Name == layer).Output;

    public static MemoryForecast Forecast(Network network, ProgramSpec spec)
    {
        long weights = 0;
        long activations = spec.TapShape.Count + spec.InputShape.Count;
        long largest = spec.InputShape.Count;
        foreach (Layer layer in network.Topology.Layers.Where(l => l.Index > 0 && l.Index <= spec.Tap.Index))
        {
            long count = ShapeAfter(layer, spec).Count;
            weights += layer.ParameterCount;
            activations += layer.Kind == LayerKind.MaxPool ? count + ((count + 1) / 2) : count;
            largest = Math.Max(largest, count);
        }

        return new MemoryForecast(weights * sizeof(double), activations * sizeof(double), spec.NeedsGradient ? 2 * largest * sizeof(double) : 0);
    }

    /// <inheritdoc/>
    public void Forward(ITensor input)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        double[] image = _owner.ValuesOf(input, InputShape, nameof(input));
        _ranForward = false;
        InputPreprocessing.Forward(image, _input, Spec.Preprocessing);
        double[] x = _input;
        foreach (Stage stage in _stages)
        {
            stage.Forward(x, _owner.Cancellation);
            x = stage.Output;
        }

        ChannelSelection.Forward(x, _owner.ValuesOf(_tap, nameof(Tap)), Spec.TapShape, Spec.Tap.Outputs, Spec.Channels);
        _ranForward = true;
    }

    /// <inheritdoc/>
    public void Backward(ITensor tapGradient, ITensor inputGradient)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!Spec.NeedsGradient)
        {
            throw new InvalidOperationException("This program was compiled without a backward pass; set ProgramSpec.NeedsGradient.");
        }

        double[] atTap = _owner.ValuesOf(tapGradient, Spec.TapShape, nameof(tapGradient));
        double[] result = _owner.ValuesOf(inputGradient, InputShape, nameof(inputGradient));
        if (!_ranForward)
        {
            throw new InvalidOperationException("A backward pass needs a forward pass before it.");
        }

        double[] gradient = new double[_stages[^1].Output.Length];
        ChannelSelection.Backward(atTap, gradient, Spec.TapShape, Spec.Tap.Outputs, Spec.Channels);
        for (int i = _stages.Count - 1; i >= 0; i--)
        {
            gradient = _stages[i].Backward(gradient, _owner.Cancellation);
        }

        InputPreprocessing.Backward(gradient, result, Spec.Preprocessing);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _tap.Dispose();
        foreach (Layer layer in _acquired)
        {
            _weights.Release(_network, layer);
        }

        _acquired.Clear();
        _stages.Clear();
        _input = [];
        _owner.Closed();
    }

    private static TensorShape ShapeAfter(Layer layer, ProgramSpec spec)
    {
        (int height, int width) = Topology.OutputSize(layer, spec.Height, spec.Width);
        return new TensorShape(spec.Batch, height, width, layer.Outputs);
    }

    private static ObjectDisposedException Disposed() => new(nameof(INetworkProgram), "The program has been disposed.");

    private sealed record Stage(Layer Layer, TensorShape InputShape, double[] Output, int[]? Chosen, LayerValues? Weights, bool HasRelu, bool HasSoftmax)
    {
        public void Forward(double[] input, CancellationToken cancellation)
        {
            switch (Layer.Kind)
            {
                case LayerKind.Convolution:
                    Convolution.Forward(input, Weights!.Kernel, Weights.Bias, Output, InputShape, Layer.Outputs, cancellation);
                    break;
                case LayerKind.MaxPool:
                    MaxPool.Forward(input, Output, Chosen!, InputShape);
                    break;
                case LayerKind.Dense:
                    Dense.Forward(input, Weights!.Kernel, Weights.Bias, Output, InputShape.N, cancellation);
                    break;
                default:
                    input.CopyTo(Output, 0);
                    break;
            }

            if (HasRelu)
            {
                Relu.Forward(Output);
            }

            if (HasSoftmax)
            {
                SoftmaxTop.Forward(Output, InputShape.N);
            }
        }

        public double[] Backward(double[] gradient, CancellationToken cancellation)
        {
            if (HasSoftmax)
            {
                SoftmaxTop.Backward(Output, gradient, InputShape.N);
            }

            if (HasRelu)
            {
                Relu.Backward(Output, gradient);
            }

            if (Layer.Kind == LayerKind.Flatten)
            {
                return gradient;
            }

            double[] result = new double[InputShape.Count];
            switch (Layer.Kind)
            {
                case LayerKind.Convolution:
                    Convolution.Backward(gradient, Weights!.Kernel, result, InputShape, Layer.Outputs, cancellation);
                    break;
                case LayerKind.MaxPool:
                    MaxPool.Backward(gradient, Chosen!, result);
                    break;
                default:
                    Dense.Backward(gradient, Weights!.Kernel, result, InputShape.N, cancellation);
                    break;
            }

            return result;
        }
    }
}
