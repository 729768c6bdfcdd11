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
        _tap = (CpuTensor)backend.Allocate(plan.Spec.TapShape);
        _scales = NativeBuffer.OfFloats(2L * plan.Spec.Batch);
        backend.Opened();
    }

    /// <inheritdoc/>
    public ProgramSpec Spec => _plan.Spec;

    /// <inheritdoc/>
    public TensorShape InputShape => _plan.Spec.InputShape;

    /// <inheritdoc/>
    public ITensor Tap => _tap;

    /// <inheritdoc/>
    public void Forward(ITensor input)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        CpuTensor images = _backend.Own(input, nameof(input), InputShape);
        _forwardDone = false;
        WorkerPool pool = _backend.Pool;
        _plan.First.Forward(pool, images.Data);
        foreach (ConvolutionPass pass in _plan.Forward)
        {
            pass.Run(pool);
        }

        if (_plan.Top is not null)
        {
            _plan.Top.Forward(pool, _tap.Data);
        }
        else
        {
            _plan.MapTap!.Gather(pool, _tap.Data);
        }

        _forwardDone = true;
    }

    /// <inheritdoc/>
    public void Backward(ITensor tapGradient, ITensor inputGradient)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!Spec.NeedsGradient)
        {
            throw new InvalidOperationException("This program was compiled without a gradient; compile it with NeedsGradient.");
        }

        CpuTensor from = _backend.Own(tapGradient, nameof(tapGradient), _tap.Shape);
        CpuTensor to = _backend.Own(inputGradient, nameof(inputGradient), InputShape);
        if (!_forwardDone)
        {
            throw new InvalidOperationException("Backward needs the decisions of a forward pass; call Forward first.");
        }

        WorkerPool pool = _backend.Pool;
        int images = Spec.Batch;
        float* scales = _scales.Floats;
        float* inverse = scales + images;
        for (int image = 0; image < images; image++)
        {
            scales[image] = GradientScale.For(new ReadOnlySpan<float>(from.Data + ((long)image * from.CountPerImage), from.CountPerImage));
        }

        if (_plan.Top is not null)
        {
            _plan.Top.Backward(pool, from.Data, scales);
        }
        else
        {
            _plan.MapTap!.Scatter(pool, from.Data, scales);
        }

        foreach (ConvolutionPass pass in _plan.Backward)
        {
            pass.Run(pool);
        }

        for (int image = 0; image < images; image++)
        {
            inverse[image] = 1f / scales[image];
        }

        _plan.First.Backward(pool, to.Data, inverse);
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
