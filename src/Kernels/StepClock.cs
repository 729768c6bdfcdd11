using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels;

/// <summary>Times replayed steps with CUDA events: from before the first that is queued to behind the last that is waited for, as the device sees it.</summary>
/// <remarks>Set as <see cref="CudaBackend.StepClock"/> by who wants to know; otherwise steps carry no timing. The owner disposes of it before the backend.</remarks>
internal sealed class StepClock : IDisposable
{
    private readonly CudaStream _stream;
    private readonly CudaEvent _first;
    private readonly CudaEvent _last;
    private bool _running;
    private long _queued;

    /// <summary>Creates a clock at zero.</summary>
    public StepClock(CudaBackend backend)
    {
        _stream = backend.Stream;
        _first = CudaEvent.Create(backend.Context, timing: true);
        try
        {
            _last = CudaEvent.Create(backend.Context, timing: true);
        }
        catch
        {
            _first.Dispose();
            throw;
        }
    }

    /// <summary>Steps timed since the last reset.</summary>
    public long Steps { get; private set; }

    /// <summary>What they took together; a pause in which the host had nothing queued counts.</summary>
    public double Milliseconds { get; private set; }

    /// <summary>Back to zero.</summary>
    public void Reset() => (Steps, Milliseconds, _running) = (0, 0, false);

    /// <inheritdoc/>
    public void Dispose()
    {
        _first.Dispose();
        _last.Dispose();
    }

    /// <summary>Before steps are queued.</summary>
    internal void BeforeSteps()
    {
        if (!_running)
        {
            _first.Record(_stream);
            _running = true;
            _queued = 0;
        }
    }

    /// <summary>Behind steps that were queued.</summary>
    internal void AfterSteps(int count)
    {
        _last.Record(_stream);
        _queued += count;
    }

    /// <summary>Once everything queued has been waited for.</summary>
    internal void AfterWaiting()
    {
        if (_running)
        {
            _last.Synchronize();
            Milliseconds += CudaEvent.Milliseconds(_first, _last);
            Steps += _queued;
            _running = false;
        }
    }
}
