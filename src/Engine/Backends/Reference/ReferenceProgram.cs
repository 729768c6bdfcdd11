using System.Collections.Immutable;
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
    private readonly List<ITensor> _taps = [];
    private readonly List<ITensor?> _tapGradients = [];
    private double[] _input;
    private bool _ranForward;
    private bool _disposed;

    public ReferenceProgram(ReferenceBackend owner, SharedWeights weights, Network network, ProgramSpec spec, CancellationToken cancellation)
    {
        _owner = owner;
        _weights = weights;
        _network = network;
        Spec = spec;
        owner.Opened();
        try
        {
            for (int i = 0; i < spec.Taps.Length; i++)
            {
                _taps.Add(owner.Allocate(spec.TapShape(i)));
                _tapGradients.Add(spec.Taps[i].WantsGradient && spec.NeedsGradient ? owner.Allocate(spec.TapShape(i)) : null);
            }

            _input = ReferenceBackend.NewArray(spec.InputShape.Count, "the network's input");
            TensorShape shape = spec.InputShape;
            foreach (Layer layer in network.Topology.Layers.Where(l => l.Index > 0 && l.Index <= spec.Last.Index))
            {
                cancellation.ThrowIfCancellationRequested();
                TensorShape after = ShapeAfter(layer, spec);
                LayerValues? values = null;
                if (layer.HasWeights)
                {
                    values = weights.Acquire(network, layer, cancellation);
                    _acquired.Add(layer);
                }

                bool hasActivation = spec.HasRelu(layer) || spec.HasSoftmax(layer);
                _stages.Add(new Stage(
                    layer,
                    shape,
                    ReferenceBackend.NewArray(after.Count, $"the output of '{layer.Name}'"),
                    hasActivation && spec.IsTapped(layer, TapPoint.BeforeActivation) ? ReferenceBackend.NewArray(after.Count, $"the values of '{layer.Name}' before its activation") : null,
                    layer.Kind == LayerKind.MaxPool ? ReferenceBackend.NewArray<int>(after.Count, $"the choices of '{layer.Name}'") : null,
                    values,
                    spec.HasRelu(layer),
                    spec.HasSoftmax(layer)));
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
    public ImmutableArray<ITensor> Taps => _disposed ? throw Disposed() : [.. _taps];

    /// <summary>What the last forward pass found at a layer below or at the tap, all channels, before the selection of channels.</summary>
    internal ReadOnlySpan<double> OutputOf(string layer) => _stages.Single(s => s.Layer.Name == layer).Output;

    public static MemoryForecast Forecast(Network network, ProgramSpec spec)
    {
        long weights = 0;
        long activations = spec.InputShape.Count;
        for (int i = 0; i < spec.Taps.Length; i++)
        {
            activations += spec.TapShape(i).Count * (spec.Taps[i].WantsGradient && spec.NeedsGradient ? 2 : 1);
        }

        long largest = spec.InputShape.Count;
        foreach (Layer layer in network.Topology.Layers.Where(l => l.Index > 0 && l.Index <= spec.Last.Index))
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
        using BackendUse.Visit visit = _owner.InUse.Enter();
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

        for (int i = 0; i < _taps.Count; i++)
        {
            TapSpec tap = Spec.Taps[i];
            Stage stage = StageOf(tap);
            double[] values = tap.Point == TapPoint.BeforeActivation && stage.Before is not null ? stage.Before : stage.Output;
            ChannelSelection.Forward(values, _owner.ValuesOf(_taps[i], nameof(Taps)), Spec.TapShape(i), tap.Layer.Outputs, tap.Channels);
        }

        _ranForward = true;
    }

    /// <inheritdoc/>
    public ITensor TapGradient(int tap)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _tapGradients[tap] ?? throw new InvalidOperationException($"No gradient at tap {tap} was asked for; set TapSpec.WantsGradient and ProgramSpec.NeedsGradient.");
    }

    /// <inheritdoc/>
    public void Backward(ReadOnlySpan<ITensor?> tapGradients, ITensor? inputGradient, ITensor? step = null)
    {
        using BackendUse.Visit visit = _owner.InUse.Enter();
        ObjectDisposedException.ThrowIf(_disposed, this);
        ProgramChecks.Gradients(this, tapGradients, inputGradient, step);
        bool rescues = Spec.RescuedSteps > 0 && _owner.ValuesOf(step!, nameof(step))[0] < Spec.RescuedSteps;
        double[]?[] given = [.. tapGradients.ToArray().Select(g => g is null ? null : _owner.ValuesOf(g, nameof(tapGradients)))];
        double[]? result = inputGradient is null ? null : _owner.ValuesOf(inputGradient, InputShape, nameof(inputGradient));
        if (!_ranForward)
        {
            throw new InvalidOperationException("A backward pass needs a forward pass before it.");
        }

        int lowest = result is not null ? 0 : Enumerable.Range(0, Spec.Taps.Length).Where(i => _tapGradients[i] is not null).Min(i => Spec.Taps[i].Layer.Index);
        double[] gradient = new double[_stages[^1].Output.Length];
        for (int i = _stages.Count - 1; i >= 0; i--)
        {
            Stage stage = _stages[i];
            Meet(stage, TapPoint.AfterActivation, given, gradient);
            stage.BackThroughActivation(gradient, Spec.Relu, rescues);
            Meet(stage, TapPoint.BeforeActivation, given, gradient);
            if (stage.Layer.Index == lowest)
            {
                return;
            }

            gradient = stage.Backward(gradient, _owner.Cancellation);
        }

        InputPreprocessing.Backward(gradient, result!, Spec.Preprocessing);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        using BackendUse.Visit visit = _owner.InUse.Enter();
        _disposed = true;
        _taps.ForEach(t => t.Dispose());
        _tapGradients.ForEach(t => t?.Dispose());
        foreach (Layer layer in _acquired)
        {
            _weights.Release(_network, layer);
        }

        _acquired.Clear();
        _stages.Clear();
        _input = [];
        _owner.Closed();
    }

    private Stage StageOf(TapSpec tap) => _stages.Single(s => s.Layer == tap.Layer);

    /// <summary>Adds what is given at a layer's taps, then tells its taps what has arrived.</summary>
    private void Meet(Stage stage, TapPoint point, double[]?[] given, double[] gradient)
    {
        for (int i = 0; i < given.Length; i++)
        {
            if (Spec.Taps[i].Layer == stage.Layer && Spec.Taps[i].Point == point && given[i] is double[] own)
            {
                ChannelSelection.Add(own, gradient, Spec.TapShape(i), stage.Layer.Outputs, Spec.Taps[i].Channels);
            }
        }

        for (int i = 0; i < given.Length; i++)
        {
            if (Spec.Taps[i].Layer == stage.Layer && Spec.Taps[i].Point == point && _tapGradients[i] is ITensor wanted)
            {
                ChannelSelection.Forward(gradient, _owner.ValuesOf(wanted, nameof(TapGradient)), Spec.TapShape(i), stage.Layer.Outputs, Spec.Taps[i].Channels);
            }
        }
    }

    private static TensorShape ShapeAfter(Layer layer, ProgramSpec spec)
    {
        (int height, int width) = Topology.OutputSize(layer, spec.Height, spec.Width);
        return new TensorShape(spec.Batch, height, width, layer.Outputs);
    }

    private static ObjectDisposedException Disposed() => new(nameof(INetworkProgram), "The program has been disposed.");

    private sealed record Stage(Layer Layer, TensorShape InputShape, double[] Output, double[]? Before, int[]? Chosen, LayerValues? Weights, bool HasRelu, bool HasSoftmax)
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

            if (Before is not null)
            {
                Output.CopyTo(Before, 0);
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

        public void BackThroughActivation(double[] gradient, ReluRule rule, bool rescues)
        {
            if (HasSoftmax)
            {
                SoftmaxTop.Backward(Output, gradient, InputShape.N);
            }

            if (HasRelu && rescues)
            {
                Relu.Rescue(Output, gradient, InputShape.N);
            }
            else if (HasRelu)
            {
                Relu.Backward(Output, gradient, rule);
            }
        }

        public double[] Backward(double[] gradient, CancellationToken cancellation)
        {
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
