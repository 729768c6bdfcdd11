namespace VggCuda.Engine.Backends.Reference;

/// <summary>A step kept as a delegate and called anew each time.</summary>
internal sealed class ReferenceReplay : IReplay
{
    private readonly ReferenceBackend _owner;
    private Action? _step;

    public ReferenceReplay(ReferenceBackend owner, Action step)
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
        Action step = _step ?? throw new ObjectDisposedException(nameof(IReplay), "The replay has been disposed.");
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        _owner.ThrowIfDisposed();
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
            _owner.Cancellation = CancellationToken.None;
        }
    }

    /// <inheritdoc/>
    public void Wait(CancellationToken cancellation = default) => ObjectDisposedException.ThrowIf(_step is null, this);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_step is not null)
        {
            _step = null;
            _owner.Closed();
        }
    }
}
