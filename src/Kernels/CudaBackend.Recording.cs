using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels;

/// <content>Recording a step: small operations are gathered into one launch, and what need not happen in each step is taken out of it.</content>
public sealed unsafe partial class CudaBackend
{
    // In the order in which they are launched.
    private readonly PendingMap _map = new();
    private readonly PendingTap _tap = new();
    private readonly PendingGradient _gradient = new();
    private readonly PendingEnd _end = new();
    private readonly List<Action> _afterwards = [];
    private bool _isRecording;

    /// <inheritdoc/>
    /// <remarks>The step is run once, so that everything it needs is allocated, and then captured. With <c>VGGCUDA_NO_GRAPH=1</c> it is called anew for every step instead: slower, and easier to look into.</remarks>
    public IReplay Record(Action step)
    {
        using BackendUse.Visit visit = InUse.Enter();
        ArgumentNullException.ThrowIfNull(step);
        Enter();
        Whole(step);
        Stream.Synchronize();
        ClearNumbersFailed();
        if (!UseGraphs)
        {
            return new CudaReplay(this, null, () => Whole(step), []);
        }

        _afterwards.Clear();
        CudaGraph graph = Stream.Capture(() => Whole(step));
        try
        {
            graph.Upload(Stream);
            return new CudaReplay(this, graph, step, [.. _afterwards]);
        }
        catch
        {
            graph.Dispose();
            throw;
        }
    }

    /// <summary>Does something that is to happen now, or, where a step is being captured, once behind each burst of its replays: for what looks at a step's results and changes none.</summary>
    internal void OutsideSteps(Action action)
    {
        if (Stream.IsCapturing && _isRecording)
        {
            _afterwards.Add(action);
        }
        else
        {
            action();
        }
    }

    /// <summary>Launches what a step being recorded has asked for and that waits for what may go with it.</summary>
    /// <param name="scattering">What may go with the gathering of the same tap; or null.</param>
    /// <returns>Whether it has.</returns>
    internal bool LaunchPending(TapScattering? scattering = null)
    {
        _map.Launch(_maps);
        bool scattered = _tap.Launch(NetworkKernels.Tap, scattering);
        bool isSummed = _gradient.Launch(_gradientLaunchers, _end.Divided);
        _end.Launch(_endLaunchers, isSummed);
        return scattered;
    }

    /// <summary>The view that a step being recorded has asked for last, where it goes to the tensor: whoever takes it launches it, behind what waits.</summary>
    internal PendingWarp? TakeWarp(ITensor target) =>
        _isRecording && target is CudaTensor own && own.Owner == this ? _map.TakeWarp(own, t => !IsTouchedBehindMap(t)) : null;

    /// <summary>A tap is gathered now, or together with the mean that a step being recorded asks for next.</summary>
    internal void Gather(CudaTensor tap, TapReading reading)
    {
        if (!_isRecording || !_tap.TryGather(tap, reading))
        {
            NetworkKernels.Tap.Gather(reading);
        }
    }

    /// <summary>The gradient at a program's input is made now, or together with the regularisers that a step being recorded asks for next.</summary>
    internal void MakeInputGradient(CudaTensor target, InputGradient launch)
    {
        if (!_isRecording || !_gradient.TryInput(target, launch))
        {
            launch(DevicePointer.None, default, null);
        }
    }

    /// <summary>The same where one of them shares memory with a tensor that is about to be used.</summary>
    internal void LaunchPendingOf(params ReadOnlySpan<CudaTensor> tensors)
    {
        if (Any(tensors, _map.Touches))
        {
            _map.Launch(_maps);
        }

        if (Any(tensors, IsTouchedBehindMap))
        {
            LaunchPending();
        }
    }

    private bool IsTouchedBehindMap(CudaTensor tensor) => _tap.Touches(tensor) || _gradient.Touches(tensor) || _end.Touches(tensor);

    // A multiple or a product that waits goes with what is made of it, where nothing else that waits has to come between.
    private bool IsWithMap(ReadOnlySpan<CudaTensor> tensors, Func<PendingMap, bool> tryTake) =>
        _isRecording && !Any(tensors, IsTouchedBehindMap) && tryTake(_map);

    // One waits at a time, and what waits already must be none of its business.
    private bool IsHeld(Action<PendingMap> hold)
    {
        if (!_isRecording)
        {
            return false;
        }

        _map.Launch(_maps);
        hold(_map);
        return true;
    }

    private static bool Any(ReadOnlySpan<CudaTensor> tensors, Func<CudaTensor, bool> predicate)
    {
        foreach (CudaTensor tensor in tensors)
        {
            if (predicate(tensor))
            {
                return true;
            }
        }

        return false;
    }

    // What waits at the tap is launched before all else that waits: so it may take what none of that touches.
    private bool IsMeanTaken(CudaTensor tap, double weight, CudaTensor value) =>
        _isRecording && !_gradient.Touches(value) && !_end.Touches(value) && _tap.TryMean(tap, weight, value);

    // The same of the gradient, behind the tap and before the end.
    private bool IsTaken(ReadOnlySpan<CudaTensor> tensors, Func<PendingGradient, bool> tryTake)
    {
        if (!_isRecording)
        {
            return false;
        }

        if (!Any(tensors, _end.Touches) && tryTake(_gradient))
        {
            return true;
        }

        LaunchPending();
        return tryTake(_gradient);
    }

    // Outside a step an operation is queued when it is asked for, since an embedder's own work may follow on the stream.
    private bool IsGathering(Func<PendingEnd, bool> tryTake)
    {
        if (!_isRecording)
        {
            return false;
        }

        if (tryTake(_end))
        {
            return true;
        }

        LaunchPending();
        return tryTake(_end);
    }

    private void Whole(Action step)
    {
        _isRecording = true;
        try
        {
            step();
            LaunchPending();
        }
        finally
        {
            _map.Forget();
            _tap.Forget();
            _gradient.Forget();
            _end.Forget();
            _isRecording = false;
        }
    }
}
