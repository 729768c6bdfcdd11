using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels;

/// <summary>A step as one CUDA graph, launched once per step.</summary>
internal sealed class CudaReplay : IReplay
{
    // More queued launches than this gain nothing and would make a cancelled run hard to stop.
    private const int MostPerLaunchBurst = 4096;

    private readonly CudaBackend _backend;
    private readonly CudaGraph? _graph;
    private readonly Action _step;
    private readonly Action[] _afterwards;
    private readonly Queue<(CudaEvent Event, int StepsAfter)> _pending = [];
    private readonly Stack<CudaEvent> _free = [];
    private int _queued;
    private int _completed;
    private bool _disposed;

    /// <summary>Creates a replay.</summary>
    /// <param name="backend">Whose stream it runs on.</param>
    /// <param name="graph">The captured step, or null to call <paramref name="step"/> anew each time.</param>
    /// <param name="step">The step.</param>
    /// <param name="afterwards">What is queued behind each burst of steps.</param>
    public CudaReplay(CudaBackend backend, CudaGraph? graph, Action step, Action[] afterwards)
    {
        _backend = backend;
        _graph = graph;
        _step = step;
        _afterwards = afterwards;
    }

    /// <summary>Operations in the graph; 0 without one.</summary>
    public int NodeCount => _graph?.NodeCount ?? 0;

    /// <inheritdoc/>
    public int StepsCompleted
    {
        get
        {
            if (_pending.Count > 0)
            {
                using BackendUse.Visit visit = _backend.InUse.Enter();
                _backend.Enter();
                while (_pending.TryPeek(out (CudaEvent Event, int StepsAfter) oldest) && oldest.Event.HasHappened())
                {
                    Retire();
                }
            }

            return _completed;
        }
    }

    /// <inheritdoc/>
    public void Run(int count, CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        cancellation.ThrowIfCancellationRequested();
        using BackendUse.Visit visit = _backend.InUse.Enter();
        _backend.Enter();
        while (_pending.Count > 1)
        {
            _pending.Peek().Event.Synchronize();
            Retire();
        }

        _backend.StepClock?.BeforeSteps();
        while (count > 0)
        {
            int burst = Math.Min(count, MostPerLaunchBurst);
            for (int i = 0; i < burst; i++)
            {
                if (_graph is null)
                {
                    _step();
                }
                else
                {
                    _graph.Launch(_backend.Stream);
                }
            }

            _queued += burst;
            count -= burst;
            _backend.StepClock?.AfterSteps(burst);
            Array.ForEach(_afterwards, a => a());
            CudaEvent mark = _free.TryPop(out CudaEvent? old) ? old : CudaEvent.Create(_backend.Context);
            try
            {
                mark.Record(_backend.Stream);
            }
            catch
            {
                _free.Push(mark);
                throw;
            }

            _pending.Enqueue((mark, _queued));
            if (count > 0)
            {
                cancellation.ThrowIfCancellationRequested();
                mark.Synchronize();
            }
        }

        _backend.ThrowIfNumbersFailed();
    }

    /// <inheritdoc/>
    public void Wait(CancellationToken cancellation = default)
    {
        using BackendUse.Visit visit = _backend.InUse.Enter();
        _backend.Enter();
        while (_pending.Count > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            _pending.Peek().Event.Synchronize();
            Retire();
        }

        _backend.StepClock?.AfterWaiting();
        _backend.ThrowIfNumbersFailed();
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

        // The graph may still be running; destroying it is deferred by the driver, but what it reads may be freed next.
        if (_pending.Count > 0 && !_backend.Context.IsLost && _backend.Context.TryMakeCurrent())
        {
            CuDriver.cuStreamSynchronize(_backend.Stream.Raw);
        }

        _graph?.Dispose();
        foreach ((CudaEvent mark, _) in _pending)
        {
            mark.Dispose();
        }

        foreach (CudaEvent mark in _free)
        {
            mark.Dispose();
        }

        _pending.Clear();
        _free.Clear();
    }

    private void Retire()
    {
        (CudaEvent mark, int after) = _pending.Dequeue();
        _completed = after;
        _free.Push(mark);
    }
}
