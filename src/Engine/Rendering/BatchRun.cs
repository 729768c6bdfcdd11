using System.Collections.Immutable;
using System.Diagnostics;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Display;
using VggCuda.Engine.Images;
using VggCuda.Engine.Model;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Regularizers;

namespace VggCuda.Engine.Rendering;

/// <summary>One batch of a plan on the device: its tensors, its program, its recorded step.</summary>
internal sealed class BatchRun : IDisposable
{
    private const double MillisecondsPerChunk = 60;
    private readonly IBackend _backend;
    private readonly Network _network;
    private readonly RenderPlan _plan;
    private readonly int _firstImage;
    private readonly List<IDisposable> _owned = [];
    private readonly List<ITensor> _tables = [];
    private readonly List<ITensor> _state = [];
    private readonly List<ITensor> _columns = [];
    private readonly Regularizer[] _regularizers;
    private readonly INetworkProgram? _program;
    private readonly ITensor _image;
    private readonly ITensor _scratch;
    private readonly ITensor _gradient;
    private readonly ITensor? _tapGradient;
    private readonly ITensor _total;
    private readonly ITensor _best;
    private readonly ITensor _bestTotal;
    private readonly ITensor _bestStep;
    private readonly ITensor _step;
    private readonly ILossLog _log;
    private readonly IReplay _replay;
    private readonly Stopwatch _compile = Stopwatch.StartNew();
    private readonly Stopwatch _run = new();
    private readonly Stopwatch _score = new();

    public BatchRun(IBackend backend, Network network, RenderPlan plan, int firstImage, CancellationToken cancellation)
    {
        _backend = backend;
        _network = network;
        _plan = plan;
        _firstImage = firstImage;
        try
        {
            TensorShape shape = new(plan.Count, plan.Height, plan.Width, 3);
            if (shape.Count > Array.MaxLength)
            {
                throw new DeviceMemoryException($"{plan.Count} pictures of {plan.Height} x {plan.Width} have more values than one array holds; draw fewer at once.", shape.Count * sizeof(double), null);
            }

            Schedule schedule = Schedule.Draw(plan);
            TensorShape perImage = TensorShape.PerImage(plan.Count);
            if (plan.Objective.Weight != 0)
            {
                _program = Own(backend.Compile(network, plan.Spec(network), cancellation));
                _tapGradient = Own(backend.Allocate(_program.Tap.Shape));
            }

            _image = Own(backend.Allocate(shape));
            _scratch = Own(backend.Allocate(shape));
            _gradient = Own(backend.Allocate(shape));
            _best = Own(backend.Allocate(shape));
            _total = Own(backend.Allocate(perImage));
            _bestTotal = Own(backend.Allocate(perImage));
            _bestStep = Own(backend.Allocate(perImage));
            _step = Own(backend.Allocate(TensorShape.PerImage(1)));
            _regularizers = [.. plan.Regularizers.Where(r => r.Weight != 0)];
            for (int i = 0; i <= _regularizers.Length; i++)
            {
                _columns.Add(Own(backend.Allocate(perImage)));
            }

            _columns.Add(_total);
            for (int i = 0; i < plan.Optimizer.StateCount; i++)
            {
                _state.Add(Own(backend.Allocate(shape)));
            }

            foreach (Transforms.Transform transform in plan.Transforms)
            {
                _tables.Add(Own(backend.Allocate(new TensorShape(plan.Iterations, plan.Count, 1, transform.NumbersPerStep))));
            }

            _log = Own(backend.CreateLog(plan.Iterations, plan.Count, _columns.Count));
            _replay = Own(backend.Record(Step));
            Begin(schedule);
            backend.Synchronize();
            _compile.Stop();
        }
        catch
        {
            Dispose();
            throw;
        }
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
                SendFrame(options, 0);
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
                _replay.Run(count, cancellation);
                queued += count;
                if (framed && queued % options.FrameEvery == 0)
                {
                    _replay.Wait(cancellation);
                    SendFrame(options, queued);
                }

                StepsDone = _replay.StepsCompleted;
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

            _replay.Wait(cancellation);
            StepsDone = _replay.StepsCompleted;
            return true;
        }
        catch (OperationCanceledException)
        {
            // A device may still have steps queued: they are let go to their end, unwatched, so that the best image is whole.
            _replay.Wait(CancellationToken.None);
            StepsDone = _replay.StepsCompleted;
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
    public IEnumerable<RenderedImage> Finish()
    {
        _score.Start();
        int columns = _columns.Count;
        double[] log = new double[StepsDone * _plan.Count * columns];
        _log.Read(0, log);
        double[] bestStep = new double[_plan.Count];
        double[] bestTotal = new double[_plan.Count];
        double[] pixels = ReadBest();
        _backend.Download(_bestStep, bestStep);
        _backend.Download(_bestTotal, bestTotal);
        for (int image = 0; image < _plan.Count; image++)
        {
            if (bestStep[image] < 0 || !double.IsFinite(bestTotal[image]))
            {
                throw new NumbersFailedException(
                    $"Picture {_firstImage + image + 1} ({_plan.Objective.Layer} {string.Join("+", _plan.Objective.Channels[image])}): not one of {StepsDone} steps had a finite loss. "
                    + "Try smaller weights, float32 arithmetic, or check the weights file.");
            }
        }

        ImmutableArray<ChannelScore>[] scores = Scoring.Score(_backend, _network, _plan, _best);
        int perImage = _plan.Height * _plan.Width * 3;
        List<RenderedImage> images = [];
        for (int image = 0; image < _plan.Count; image++)
        {
            Span<double> own = pixels.AsSpan(image * perImage, perImage);
            float[] values = new float[perImage];
            for (int i = 0; i < perImage; i++)
            {
                values[i] = (float)own[i];
            }

            double[][] losses = new double[StepsDone][];
            for (int step = 0; step < StepsDone; step++)
            {
                losses[step] = log.AsSpan(((step * _plan.Count) + image) * columns, columns).ToArray();
            }

            images.Add(new RenderedImage
            {
                Index = _firstImage + image,
                Seed = _plan.Seeds[image],
                Channels = _plan.Objective.Channels[image],
                Pixels = values,
                Display = Deprocess.KerasVis(own),
                Steps = StepsDone,
                BestStep = (int)bestStep[image],
                BestTotal = bestTotal[image],
                Losses = losses,
                Scores = scores[image],
            });
        }

        _score.Stop();
        return images;
    }

    /// <summary>The images as they are now, (N, H, W, 3), in the backend's full precision.</summary>
    public double[] ReadImage() => Read(_image);

    /// <summary>The best images so far.</summary>
    public double[] ReadBest() => Read(_best);

    public void Dispose()
    {
        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }

        _owned.Clear();
    }

    // keras-vis's loop, in its order: transform (for good), evaluate, normalise, step, keep the best.
    private void Step()
    {
        ITensor current = _image;
        ITensor other = _scratch;
        for (int i = 0; i < _tables.Count; i++)
        {
            // The last transform and the network's first pass over the image may be one.
            if (_program is not null && i == _tables.Count - 1)
            {
                _plan.Transforms[i].ApplyAndForward(_backend, _program, current, other, _tables[i], _step);
            }
            else
            {
                _plan.Transforms[i].Apply(_backend, current, other, _tables[i], _step);
            }

            (current, other) = (other, current);
        }

        if (_program is not null)
        {
            if (_tables.Count == 0)
            {
                _program.Forward(current);
            }

            _plan.Objective.Evaluate(_backend, _program.Tap, _columns[0]);
            _program.Backward(_tapGradient!, _gradient);
        }
        else
        {
            _backend.Fill(_gradient, 0);
        }

        ITensor sum = _columns[0];
        for (int i = 0; i < _regularizers.Length; i++)
        {
            _regularizers[i].Apply(_backend, current, _columns[i + 1], _gradient);
            _backend.Add(sum, _columns[i + 1], _total);
            sum = _total;
        }

        if (_regularizers.Length == 0)
        {
            _backend.Copy(sum, _total);
        }

        _plan.Optimizer.Apply(_backend, current, _gradient, _state);
        _backend.KeepBest(_total, _step, current, _bestTotal, _bestStep, _best);
        _backend.Log(_log, _step, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_columns));
        if (current != _image)
        {
            _backend.Copy(current, _image);
        }

        _backend.Advance(_step);
    }

    private void Begin(Schedule schedule)
    {
        _backend.Upload(_image, schedule.Start);
        _backend.Upload(_best, schedule.Start);
        for (int i = 0; i < _tables.Count; i++)
        {
            _backend.Upload(_tables[i], schedule.Tables[i]);
        }

        foreach (ITensor tensor in _state)
        {
            _backend.Fill(tensor, 0);
        }

        foreach (ITensor column in _columns)
        {
            _backend.Fill(column, 0);
        }

        _backend.Fill(_bestTotal, double.PositiveInfinity);
        _backend.Fill(_bestStep, -1);
        _backend.Fill(_step, 0);
        if (_tapGradient is not null)
        {
            _plan.Objective.FillTapGradient(_backend, _tapGradient);
        }
    }

    private void SendFrame(RenderOptions options, int step)
    {
        double[] pixels = ReadImage();
        int perImage = _plan.Height * _plan.Width * 3;
        options.Frame!(new RenderFrame(_firstImage, step, [.. Enumerable.Range(0, _plan.Count).Select(i => Deprocess.KerasVis(pixels.AsSpan(i * perImage, perImage)))]));
    }

    private double[] Read(ITensor images)
    {
        double[] pixels = new double[images.Shape.Count];
        _backend.Download(images, pixels);
        return pixels;
    }

    private double MeanTotal(int step)
    {
        double[] row = new double[_plan.Count * _columns.Count];
        _log.Read(step, row);
        double sum = 0;
        for (int image = 0; image < _plan.Count; image++)
        {
            sum += row[((image + 1) * _columns.Count) - 1];
        }

        return sum / _plan.Count;
    }

    private T Own<T>(T resource)
        where T : IDisposable
    {
        _owned.Add(resource);
        return resource;
    }
}
