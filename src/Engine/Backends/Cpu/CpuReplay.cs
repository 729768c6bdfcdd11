namespace VggCuda.Engine.Backends.Cpu;

/// <summary>A step to be repeated: on the CPU simply its delegate.</summary>
internal sealed class CpuReplay : IReplay
{
    private readonly CpuBackend _backend;
    private Action? _step;

    public CpuReplay(CpuBackend backend, Action step)
    {
        _backend = backend;
        _step = step;
        backend.Opened();
    }

    /// <inheritdoc/>
    public int StepsCompleted { get; private set; }

    /// <inheritdoc/>
    public void Run(int count, CancellationToken cancellation = default)
    {
        Action step = _step ?? throw new ObjectDisposedException(nameof(IReplay), "The replay has been disposed of.");
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        _backend.ThrowIfDisposed();
        CancellationToken before = _backend.Pool.Cancellation;
        _backend.Pool.Cancellation = cancellation;
        try
        {
            for (int i = 0; i < count; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                step();
                StepsCompleted++;
            }
        }
        finally
        {
            _backend.Pool.Cancellation = before;
        }
    }

    /// <inheritdoc/>
    public void Wait(CancellationToken cancellation = default)
    {
        // Run returns when its steps are done.
        ObjectDisposedException.ThrowIf(_step is null, this);
    }

    public void Dispose()
    {
        if (_step is not null)
        {
            _step = null;
            _backend.Closed();
        }
    }
}
