using System.Collections.Immutable;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>A network compiled for the CPU: its passes in order, and the memory that they share.</summary>
internal sealed unsafe class CpuProgram : INetworkProgram
{
    private readonly CpuBackend _backend;
    private readonly ProgramPlan _plan;
    private bool _forwardDone;
    private bool _disposed;

    public CpuProgram(CpuBackend backend, ProgramPlan plan)
    {
        _backend = backend;
        _plan = plan;
        Taps = [.. plan.Taps.Select(tap => tap.Values)];
        backend.Opened();
    }

    /// <inheritdoc/>
    public ProgramSpec Spec => _plan.Spec;

    /// <inheritdoc/>
    public TensorShape InputShape => _plan.Spec.InputShape;

    /// <inheritdoc/>
    public ImmutableArray<ITensor> Taps { get; }

    internal ProgramPlan Plan => _plan;

    /// <inheritdoc/>
    public ITensor TapGradient(int tap)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _plan.Taps[tap].Gradient
            ?? throw new InvalidOperationException($"No gradient at tap {tap} was asked for; set TapSpec.WantsGradient and ProgramSpec.NeedsGradient.");
    }

    /// <inheritdoc/>
    public void Forward(ITensor input)
    {
        using BackendUse.Visit visit = _backend.InUse.Enter();
        _forwardDone = false;
        RunFirstForward(input);
        for (int i = 0; i < _plan.Forward.Length; i++)
        {
            _plan.Forward[i].Run(_backend.Pool);
            _plan.MapTaps[i + 1]?.Forward(_backend.Pool);
        }

        _plan.Dense?.Forward(_backend.Pool);
        _forwardDone = true;
    }

    /// <inheritdoc/>
    public void Backward(ReadOnlySpan<ITensor?> tapGradients, ITensor? inputGradient, ITensor? step = null)
    {
        using BackendUse.Visit visit = _backend.InUse.Enter();
        ObjectDisposedException.ThrowIf(_disposed, this);
        ProgramChecks.Gradients(this, tapGradients, inputGradient, step);
        bool rescues = Spec.RescuedSteps > 0 && _backend.StepOf(step!) < Spec.RescuedSteps;
        Take(tapGradients);
        if (inputGradient is not null)
        {
            _backend.Own(inputGradient, nameof(inputGradient), InputShape);
        }

        if (!_forwardDone)
        {
            throw new InvalidOperationException("Backward needs the decisions of a forward pass; call Forward first.");
        }

        // Nothing is computed above the highest tap that is given something, nor below the lowest layer where something is wanted.
        int lowest = inputGradient is null ? LowestWanted() : 0;
        bool arrived = _plan.Dense is not null && _plan.Dense.Backward(_backend.Pool, _plan.Scales, lowest, rescues);
        for (int i = _plan.Maps.Length - 1; i >= 0; i--)
        {
            if (_plan.MapTaps[i] is MapTaps taps)
            {
                arrived = taps.Backward(_backend.Pool, _plan.Scales, arrived, rescues);
            }

            if (_plan.Maps[i].Layer.Index <= lowest)
            {
                return;
            }

            if (arrived && i > 0)
            {
                _plan.Backward[^i].Run(_backend.Pool);
            }
        }

        RunFirstBackward(inputGradient!);
    }

    // The stages on their own are for the bench.
    internal void RunFirstForward(ITensor input)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _plan.First.Forward(_backend.Pool, _backend.Own(input, nameof(input), InputShape).Data);
        _plan.MapTaps[0]?.Forward(_backend.Pool);
    }

    internal void RunDenseForward() => _plan.Dense!.Forward(_backend.Pool);

    internal void RunDenseBackward(ITensor tapGradient)
    {
        Take([tapGradient]);
        _plan.Dense!.Backward(_backend.Pool, _plan.Scales, 0, rescues: false);
    }

    internal void RunFirstBackward(ITensor inputGradient) =>
        _plan.First.Backward(_backend.Pool, _backend.Own(inputGradient, nameof(inputGradient), InputShape).Data, _plan.Scales.Inverses);

    private void Take(ReadOnlySpan<ITensor?> tapGradients)
    {
        for (int i = 0; i < tapGradients.Length; i++)
        {
            CpuTap tap = _plan.Taps[i];
            tap.Given = tapGradients[i] is ITensor gradient ? _backend.Own(gradient, nameof(tapGradients), tap.Values.Shape).Data : null;
        }

        for (int image = 0; image < Spec.Batch; image++)
        {
            float largest = 0;
            foreach (CpuTap tap in _plan.Taps)
            {
                // A softmax decides for itself.
                largest = tap.Given is null || tap.IsSoftmax ? largest : Math.Max(largest, GradientScales.Largest(tap.GivenTo(image)));
            }

            _plan.Scales.Choose(image, largest);
        }
    }

    private int LowestWanted()
    {
        int lowest = int.MaxValue;
        foreach (CpuTap tap in _plan.Taps)
        {
            lowest = tap.Gradient is null ? lowest : Math.Min(lowest, tap.Spec.Layer.Index);
        }

        return lowest;
    }

    public void Dispose()
    {
        if (!_disposed)
        {
            using BackendUse.Visit visit = _backend.InUse.Enter();
            _disposed = true;
            _plan.Dispose();
            _backend.Closed();
        }
    }
}
