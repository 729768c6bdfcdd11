namespace VggCuda.Engine.Backends.Cpu;

/// <summary>A network compiled for the CPU: its passes in order, and the memory that they share.</summary>
internal sealed unsafe class CpuProgram : INetworkProgram
{
    private readonly CpuBackend _backend;
    private readonly ProgramPlan _plan;
    private readonly CpuTensor _tap;
    private readonly NativeBuffer _scales;
    private bool _forwardDone;
    private bool _disposed;

    public CpuProgram(CpuBackend backend, ProgramPlan plan)
    {
        _backend = backend;
        _plan = plan;
        _tap = (CpuTensor)backend.Allocate(plan.Spec.TapShape());
        _scales = NativeBuffer.OfFloats(2L * plan.Spec.Batch);
        backend.Opened();
    }

    /// <inheritdoc/>
    public ProgramSpec Spec => _plan.Spec;

    /// <inheritdoc/>
    public TensorShape InputShape => _plan.Spec.InputShape;

    /// <inheritdoc/>
    public System.Collections.Immutable.ImmutableArray<ITensor> Taps => [_tap];

    /// <inheritdoc/>
    public ITensor TapGradient(int tap) => throw new NotImplementedException();

    internal ProgramPlan Plan => _plan;

    /// <inheritdoc/>
    public void Forward(ITensor input)
    {
        _forwardDone = false;
        RunFirstForward(input);
        foreach (ConvolutionPass pass in _plan.Forward)
        {
            pass.Run(_backend.Pool);
        }

        RunTapForward();
        _forwardDone = true;
    }

    /// <inheritdoc/>
    public void Backward(ReadOnlySpan<ITensor?> tapGradients, ITensor? inputGradient)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ProgramChecks.Gradients(this, tapGradients, inputGradient);
        ITensor tapGradient = tapGradients[0] ?? throw new NotImplementedException();
        if (inputGradient is null)
        {
            throw new NotImplementedException();
        }

        _backend.Own(tapGradient, nameof(tapGradients), _tap.Shape);
        _backend.Own(inputGradient, nameof(inputGradient), InputShape);
        if (!_forwardDone)
        {
            throw new InvalidOperationException("Backward needs the decisions of a forward pass; call Forward first.");
        }

        RunTapBackward(tapGradient);
        foreach (ConvolutionPass pass in _plan.Backward)
        {
            pass.Run(_backend.Pool);
        }

        RunFirstBackward(inputGradient);
    }

    // The stages on their own are for the bench.
    internal void RunFirstForward(ITensor input)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _plan.First.Forward(_backend.Pool, _backend.Own(input, nameof(input), InputShape).Data);
    }

    internal void RunTapForward()
    {
        if (_plan.Top is not null)
        {
            _plan.Top.Forward(_backend.Pool, _tap.Data);
        }
        else
        {
            _plan.MapTap!.Gather(_backend.Pool, _tap.Data);
        }
    }

    internal void RunTapBackward(ITensor tapGradient)
    {
        CpuTensor from = _backend.Own(tapGradient, nameof(tapGradient), _tap.Shape);
        float* scales = _scales.Floats;
        for (int image = 0; image < Spec.Batch; image++)
        {
            scales[image] = GradientScale.For(new ReadOnlySpan<float>(from.Data + ((long)image * from.CountPerImage), from.CountPerImage));
        }

        if (_plan.Top is not null)
        {
            _plan.Top.Backward(_backend.Pool, from.Data, scales);
        }
        else
        {
            _plan.MapTap!.Scatter(_backend.Pool, from.Data, scales);
        }
    }

    internal void RunFirstBackward(ITensor inputGradient)
    {
        float* scales = _scales.Floats;
        float* inverse = scales + Spec.Batch;
        for (int image = 0; image < Spec.Batch; image++)
        {
            inverse[image] = 1f / scales[image];
        }

        _plan.First.Backward(_backend.Pool, _backend.Own(inputGradient, nameof(inputGradient), InputShape).Data, inverse);
    }

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _tap.Dispose();
            _scales.Dispose();
            _plan.Dispose();
            _backend.Closed();
        }
    }
}
