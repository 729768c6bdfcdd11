using System.Diagnostics;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Plans;

namespace VggCuda.Engine.Rendering;

/// <summary>Runs one batch of a plan, step by step, until its end or until it is cancelled.</summary>
internal sealed class BatchRun : IDisposable
{
    private const double MillisecondsPerChunk = 60;
    private readonly IBackend _backend;
    private readonly Network _network;
    private readonly RenderPlan _plan;
    private readonly int _firstImage;
    private readonly StepRecorder _step;
    private readonly Stopwatch _compile = Stopwatch.StartNew();
    private readonly Stopwatch _run = new();
    private readonly Stopwatch _score = new();
    private double[]? _frame;

    public BatchRun(IBackend backend, Network network, RenderPlan plan, int firstImage, CancellationToken cancellation, bool wantsImportance = false)
    {
        _backend = backend;
        _network = network;
        _plan = plan;
        _firstImage = firstImage;
        _step = new StepRecorder(backend, network, plan, cancellation, wantsImportance);
        _compile.Stop();
    }

    public int StepsDone { get; private set; }

    public RenderTimings Timings => new(_compile.Elapsed.TotalMilliseconds, _run.Elapsed.TotalMilliseconds, _score.Elapsed.TotalMilliseconds, StepsDone);

    /// <summary>Runs all steps.</summary>
    /// <returns>False when cancelled.</returns>
    public bool Run(RenderOptions options, ProgressMeter meter, CancellationToken cancellation)
    {
        bool framed = options is { Frame: not null, FrameEvery: > 0 };
        double stepsPerChunk = 1;
        int queued = 0;
        try
        {
            if (framed)
            {
                Send(options.Frame!, 0);
            }

            _run.Start();
            while (queued < _plan.Iterations)
            {
                int count = Math.Min((int)stepsPerChunk, _plan.Iterations - queued);
                if (framed)
                {
                    count = Math.Min(count, options.FrameEvery - (queued % options.FrameEvery));
                }

                cancellation.ThrowIfCancellationRequested();
                _step.Replay.Run(count, cancellation);
                queued += count;
                if (framed && queued % options.FrameEvery == 0)
                {
                    _step.Replay.Wait(cancellation);
                    Send(options.Frame!, queued);
                }

                if (options.Glance is { } glance && meter.IsGlanceDue(options.GlanceEvery))
                {
                    _step.Replay.Wait(cancellation);
                    Stopwatch shown = Stopwatch.StartNew();
                    Send(glance, queued);
                    meter.Glanced(options.GlanceEvery, shown.Elapsed);
                }

                StepsDone = _step.Replay.StepsCompleted;
                if (StepsDone > 0)
                {
                    double rate = StepsDone / _run.Elapsed.TotalMilliseconds;
                    stepsPerChunk = Math.Clamp(rate * MillisecondsPerChunk, 1, stepsPerChunk * 2);
                }

                if (meter.IsDue && StepsDone > 0)
                {
                    meter.Report(StepsDone, _plan.Count, _run.Elapsed, MeanTotal(StepsDone - 1));
                }
            }

            _step.Replay.Wait(cancellation);
            StepsDone = _step.Replay.StepsCompleted;
            return true;
        }
        catch (OperationCanceledException)
        {
            // A device may still have steps queued: they are let go to their end, unwatched, so that the best image is whole.
            _step.Replay.Wait(CancellationToken.None);
            StepsDone = _step.Replay.StepsCompleted;
            return false;
        }
        finally
        {
            _run.Stop();
            if (StepsDone > 0)
            {
                meter.Report(StepsDone, _plan.Count, _run.Elapsed, MeanTotal(StepsDone - 1));
            }

            meter.BatchDone(StepsDone, _run.Elapsed);
        }
    }

    /// <summary>Reads the pictures back and scores them.</summary>
    /// <exception cref="NumbersFailedException">No step of a picture had a finite loss.</exception>
    public IReadOnlyList<RenderedImage> Finish()
    {
        _score.Start();
        IReadOnlyList<RenderedImage> images = Harvest.Of(_backend, _network, _plan, _step, StepsDone, _firstImage);
        _score.Stop();
        return images;
    }

    /// <summary>The pictures as they are now, (N, H, W, 3), in the backend's full precision.</summary>
    public double[] ReadPicture() => Read(_step.Picture());

    /// <summary>The best pictures, after the last step.</summary>
    public double[] ReadBest() => Read(_step.BestPicture());

    public void Dispose() => _step.Dispose();

    private void Send(Action<RenderFrame> receiver, int step)
    {
        ITensor picture = _step.Picture();
        double[] pixels = _frame ??= new double[picture.Shape.Count];
        _backend.Download(picture, pixels);
        int perImage = pixels.Length / _plan.Count;
        receiver(new RenderFrame(_firstImage, step, [.. Enumerable.Range(0, _plan.Count).Select(i => _plan.Display.Show(pixels.AsSpan(i * perImage, perImage)))]));
    }

    private double[] Read(ITensor pictures)
    {
        double[] pixels = new double[pictures.Shape.Count];
        _backend.Download(pictures, pixels);
        return pixels;
    }

    private double MeanTotal(int step)
    {
        int columns = _step.Log.Columns;
        double[] row = new double[_plan.Count * columns];
        _step.Log.Read(step, row);
        return Enumerable.Range(0, _plan.Count).Sum(image => row[((image + 1) * columns) - 1]) / _plan.Count;
    }
}
