namespace VggCuda.Engine.Backends;

/// <summary>What <see cref="HostReplay"/> needs of a backend that computes on the host.</summary>
internal interface IHostBackend
{
    /// <summary>Looked at within operations, so that a step can be left in its middle.</summary>
    CancellationToken Cancellation { get; set; }

    /// <summary>Who uses it.</summary>
    BackendUse InUse { get; }

    /// <summary>One more thing is held.</summary>
    void Opened();

    /// <summary>One thing less is held.</summary>
    void Closed();

    /// <summary>Refuses work after the backend's end.</summary>
    /// <exception cref="ObjectDisposedException">The backend has been disposed of.</exception>
    void ThrowIfDisposed();
}

/// <summary>A step kept as a delegate and called anew each time, on the caller's thread: <see cref="Run"/> returns when its steps are done.</summary>
internal sealed class HostReplay : IReplay
{
    private readonly IHostBackend _owner;
    private Action? _step;

    public HostReplay(IHostBackend owner, Action step)
    {
        _owner = owner;
        _step = step;
        owner.Opened();
    }

    /// <inheritdoc/>
    public int StepsCompleted { get; private set; }

    /// <inheritdoc/>
    public void Run(int count, CancellationToken cancellation = default)
    {
        Action step = _step ?? throw new ObjectDisposedException(nameof(IReplay), "The replay has been disposed of.");
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        using BackendUse.Visit visit = _owner.InUse.Enter();
        _owner.ThrowIfDisposed();
        CancellationToken before = _owner.Cancellation;
        _owner.Cancellation = cancellation;
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
            _owner.Cancellation = before;
        }
    }

    /// <inheritdoc/>
    public void Wait(CancellationToken cancellation = default) => ObjectDisposedException.ThrowIf(_step is null, this);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_step is not null)
        {
            using BackendUse.Visit visit = _owner.InUse.Enter();
            _step = null;
            _owner.Closed();
        }
    }
}
