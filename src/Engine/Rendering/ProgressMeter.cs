using System.Diagnostics;
using VggCuda.Engine.Plans;

namespace VggCuda.Engine.Rendering;

/// <summary>Turns step counts into progress reports, some ten a second.</summary>
internal sealed class ProgressMeter
{
    private const int MillisecondsBetweenReports = 100;

    // So many times what showing the pictures took goes by before they are shown again.
    private const int GlancesPerCost = 20;
    private readonly IProgress<RenderProgress>? _progress;
    private readonly RenderPlan _plan;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private TimeSpan _lastReport = TimeSpan.FromSeconds(-1);
    private TimeSpan _nextGlance;
    private TimeSpan _running;
    private long _stepsOfFinishedBatches;
    private long _stepsTotal;

    public ProgressMeter(IProgress<RenderProgress>? progress, RenderPlan plan, int batch)
    {
        _progress = progress;
        _plan = plan;
        SetBatch(batch, 0);
    }

    /// <summary>Whether it is time to show the pictures as they are.</summary>
    /// <param name="every">The least time between two times, and before the first.</param>
    public bool IsGlanceDue(TimeSpan every) => _watch.Elapsed >= (_nextGlance > every ? _nextGlance : every);

    /// <summary>They have been shown.</summary>
    /// <param name="every">The least time until the next.</param>
    /// <param name="taken">How long it took.</param>
    public void Glanced(TimeSpan every, TimeSpan taken)
    {
        // The first time code is compiled, which says nothing of the next.
        TimeSpan rest = _nextGlance == default ? every : taken * GlancesPerCost;
        _nextGlance = _watch.Elapsed + (rest > every ? rest : every);
    }

    /// <summary>A new batch size from now on.</summary>
    public void SetBatch(int batch, int imagesDone) =>
        _stepsTotal = _stepsOfFinishedBatches + ((long)(_plan.Count - imagesDone + batch - 1) / batch * _plan.Iterations);

    /// <summary>Whether a report is due; asking is cheap.</summary>
    public bool IsDue => _progress is not null && (_watch.Elapsed - _lastReport).TotalMilliseconds >= MillisecondsBetweenReports;

    /// <summary>Reports.</summary>
    /// <param name="steps">Steps of the current batch done.</param>
    /// <param name="images">Pictures of the current batch.</param>
    /// <param name="runTime">Time the current batch has been stepping.</param>
    /// <param name="meanTotal">Mean of the last totals.</param>
    public void Report(int steps, int images, TimeSpan runTime, double meanTotal)
    {
        if (_progress is null)
        {
            return;
        }

        _lastReport = _watch.Elapsed;
        long done = _stepsOfFinishedBatches + steps;
        double seconds = (_running + runTime).TotalSeconds;
        double rate = seconds > 0 ? done / seconds : 0;
        TimeSpan left = rate > 0 ? TimeSpan.FromSeconds((_stepsTotal - done) / rate) : TimeSpan.Zero;
        _progress.Report(new RenderProgress(done, _stepsTotal, images, meanTotal, rate, left));
    }

    /// <summary>Closes a batch.</summary>
    public void BatchDone(int steps, TimeSpan runTime)
    {
        _stepsOfFinishedBatches += steps;
        _running += runTime;
    }
}
