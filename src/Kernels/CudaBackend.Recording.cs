using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels;

/// <content>Recording a step: small operations are gathered into one launch, and what need not happen in each step is taken out of it.</content>
public sealed unsafe partial class CudaBackend
{
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
    internal void LaunchPending() => _end.Launch(_endLaunchers, isSummed: false);

    /// <summary>The same where one of them shares memory with a tensor that is about to be used.</summary>
    internal void LaunchPendingOf(CudaTensor tensor)
    {
        if (_end.Touches(tensor))
        {
            LaunchPending();
        }
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
            _end.Forget();
            _isRecording = false;
        }
    }
}
