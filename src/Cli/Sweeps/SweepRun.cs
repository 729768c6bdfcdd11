using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Progress;
using VggCuda.Cli.Sweeps.Format;
using VggCuda.Engine.Files;

namespace VggCuda.Cli.Sweeps;

/// <summary>How a run of a sweep is to go.</summary>
/// <param name="Shards">The shards that it draws.</param>
/// <param name="Devices">A worker for each, as --device names them.</param>
/// <param name="WorkerArguments">What every worker is given beside its device.</param>
/// <param name="IsMixed">Whether another engine, other kernels or weights may draw; their pictures are marked.</param>
/// <param name="Retries">Whether units that were given up are tried again.</param>
/// <param name="Grace">How long the pictures in work have after a gentle end.</param>
/// <param name="HangAfter">How long a worker may make no step; zero for any time, null for what <see cref="HangWatch"/> finds from its steps.</param>
internal sealed record SweepRunSettings(IReadOnlyList<int> Shards, IReadOnlyList<string> Devices, IReadOnlyList<string> WorkerArguments, bool IsMixed, bool Retries, TimeSpan Grace, TimeSpan? HangAfter);

/// <summary>How a run of a sweep went.</summary>
internal enum SweepEnd
{
    /// <summary>Every unit of its shards has a picture or was given up.</summary>
    Complete,

    /// <summary>Ended by SIGTERM, SIGUSR1 or SIGUSR2.</summary>
    Gentle,

    /// <summary>Ended by Ctrl-C.</summary>
    Cancelled,
}

/// <summary>Draws the shards of a sweep that are missing: hands groups of units to workers, one process for each device, starts anew those that die, and keeps the claims.</summary>
/// <remarks>One thread decides everything; what workers say comes to it through a queue.</remarks>
internal sealed class SweepRun : IDisposable
{
    /// <summary>How often a group, and then each of its units alone, is begun before it is given up.</summary>
    private const int MostAttempts = 3;

    /// <summary>The same where its worker hung, which costs more time than dying.</summary>
    private const int MostHangs = 2;

    // A device whose workers die so often at their start, or without a picture between, cannot be used.
    private const int MostBadStarts = 3;
    private const int MostDeaths = 25;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan CloseWithin = TimeSpan.FromSeconds(30);

    // A process that waits for a disk or a driver may not hear that it is killed.
    private static readonly TimeSpan DieWithin = TimeSpan.FromMinutes(1);

    private readonly SweepFolder _folder;
    private readonly SweepRunSettings _settings;
    private readonly Action<string> _detail;
    private readonly BlockingCollection<WorkerEvent> _events = [];
    private readonly LinkedList<WorkItem> _pending = new();
    private readonly List<WorkerProcess> _workers = [];
    private readonly Dictionary<string, (int Starts, int Deaths)> _bad = [];
    private readonly List<ShardClaim> _claims = [];
    private readonly Dictionary<int, int[]> _counts = [];
    private readonly SweepRate _rate = new();
    private readonly HangWatch _watch;
    private IProgress<LineState>? _display;
    private CommandException? _failure;
    private int _lastId;

    /// <param name="folder">The sweep, its folders made.</param>
    /// <param name="settings">How it is to go.</param>
    /// <param name="detail">Told what only a curious user wants to know.</param>
    public SweepRun(SweepFolder folder, SweepRunSettings settings, Action<string> detail)
    {
        _folder = folder;
        _settings = settings;
        _detail = detail;
        _watch = new HangWatch(settings.HangAfter);
    }

    /// <summary>Units of its shards that have a picture.</summary>
    public int Done => _counts.Values.Sum(c => c[(int)UnitState.Done]);

    /// <summary>Units of its shards that were given up.</summary>
    public int Failed => _counts.Values.Sum(c => c[(int)UnitState.Failed]);

    /// <summary>Units of its shards that are to be drawn yet.</summary>
    public int Left => _counts.Values.Sum(c => c[(int)UnitState.Missing]);

    /// <summary>Units that this run has drawn.</summary>
    public int Drawn { get; private set; }

    /// <summary>Claims the shards and looks at what is there.</summary>
    /// <param name="note">Told what takes long.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="CommandException">Another run has a shard.</exception>
    public void Begin(Action<string> note, CancellationToken cancellation)
    {
        foreach (int shard in _settings.Shards)
        {
            _claims.Add(ShardClaim.Take(_folder, shard, note: note, cancellation: cancellation));
            _counts[shard] = new int[3];
        }

        foreach (string folder in _folder.Manifest.Parts.SelectMany(p => ((string[])["pictures", "records", "failures"]).Select(k => Path.Combine(_folder.Root, k, p.Name))))
        {
            StagedFiles.Sweep(folder);
        }

        SweepSurvey survey = SweepSurvey.Of(_folder);
        foreach (SweepGroup group in SweepGroup.Of(_folder.Manifest))
        {
            int shard = group.ShardOf(_folder.Manifest.Shards);
            if (!_counts.TryGetValue(shard, out int[]? counts))
            {
                continue;
            }

            List<int> wanted = [];
            for (int place = group.First; place < group.First + group.Count; place++)
            {
                UnitState state = survey[group.Part][place];
                if (state == UnitState.Failed && _settings.Retries)
                {
                    state = UnitState.Missing;
                }

                counts[(int)state]++;
                if (state == UnitState.Missing)
                {
                    wanted.Add(place);
                }
            }

            if (wanted.Count > 0)
            {
                _pending.AddLast(new WorkItem(new WorkOrder(++_lastId, group.Part, group.First, group.Count, wanted), shard, 0));
            }
        }
    }

    /// <summary>Draws until nothing is left, or until it is ended.</summary>
    /// <param name="display">Where to report, or null.</param>
    /// <param name="gentle">Ends it after the pictures in work.</param>
    /// <param name="cancellation">Ends it at once.</param>
    /// <exception cref="CommandException">Nothing can be drawn or written: the disk is full, the weights were replaced, no device can be used.</exception>
    public SweepEnd Draw(IProgress<LineState>? display, CancellationToken gentle, CancellationToken cancellation)
    {
        _display = display;
        long? endsAt = null;
        long beatAt = 0;
        if (_pending.Count > 0 && !gentle.IsCancellationRequested)
        {
            foreach (string device in _settings.Devices)
            {
                Start(device);
            }
        }

        Beat();
        while ((_pending.Count > 0 || _workers.Any(w => w.InFlight.Count > 0)) && _failure is null)
        {
            bool hasHappened = _events.TryTake(out WorkerEvent happened, Tick);
            _watch.Look();
            if (hasHappened)
            {
                See(happened);
            }

            EndHung();
            long now = Environment.TickCount64;
            if (gentle.IsCancellationRequested)
            {
                endsAt ??= now + (long)_settings.Grace.TotalMilliseconds;
            }

            if (cancellation.IsCancellationRequested || now >= endsAt || (endsAt is not null && _workers.All(w => w.InFlight.Count == 0)))
            {
                break;
            }

            if (now - beatAt >= ShardClaim.BeatEvery.TotalMilliseconds)
            {
                Beat();
                beatAt = now;
            }

            foreach (WorkerProcess worker in _workers)
            {
                if (worker is { IsReady: true, IsDrawing: false } && endsAt is null && _pending.First is { } next)
                {
                    _pending.RemoveFirst();
                    Give(worker, next.Value);
                }
            }

            Report();
        }

        Close(cancellation);
        if (_failure is not null)
        {
            throw _failure;
        }

        return Left == 0 ? SweepEnd.Complete : cancellation.IsCancellationRequested ? SweepEnd.Cancelled : SweepEnd.Gentle;
    }

    public void Dispose()
    {
        foreach (WorkerProcess worker in _workers)
        {
            worker.Kill();
        }

        _claims.ForEach(c => c.Dispose());
        // The queue is not disposed of: a thread of a worker that was ended may still have its end to tell.
    }

    private void Start(string device)
    {
        WorkerProcess worker = WorkerProcess.Start(device, [.. _settings.WorkerArguments, "--device", device], _events.Add);
        worker.LastWord = _watch.Now;
        _workers.Add(worker);
    }

    private void Give(WorkerProcess worker, WorkItem item)
    {
        WorkItem begun = new(item.Order, item.Shard, item.Attempts + 1, item.Hangs);
        if (worker.InFlight.Count == 0)
        {
            worker.LastWord = _watch.Now;
        }

        worker.InFlight.Add(begun);
        worker.IsDrawing = true;
        worker.Working.Start();
        worker.Send(begun.Order);
    }

    private void See(WorkerEvent happened)
    {
        WorkerProcess worker = happened.Worker;
        if (!_workers.Contains(worker))
        {
            // Given up already.
            return;
        }

        if (happened.Report is not { } report)
        {
            SeeEnd(worker);
            return;
        }

        WorkItem? item = worker.InFlight.Find(i => i.Order.Id == report.Id);
        if (report.Kind is WorkReportKind.Step or WorkReportKind.Drawn && item is not null)
        {
            _watch.Measure(worker.Device, item.Order.Part, _watch.Now - worker.LastWord);
        }

        worker.LastWord = _watch.Now;
        switch (report.Kind)
        {
            case WorkReportKind.Ready:
                SeeReady(worker, report);
                break;
            case WorkReportKind.Drawn:
                worker.IsDrawing = false;
                worker.DrawingMilliseconds += report.Milliseconds;
                Settle(worker, item);
                break;
            case WorkReportKind.Done when item?.Open.Remove(report.Place) == true:
                _bad.Remove(worker.Device);
                Drawn++;
                Count(item, UnitState.Done);
                _rate.Add(Drawn);
                Settle(worker, item);
                break;
            case WorkReportKind.Failed when item?.Open.Remove(report.Place) == true:
                _bad.Remove(worker.Device);
                GiveUp(item, report.Place, report.Reason ?? "");
                Settle(worker, item);
                break;
            case WorkReportKind.Broken:
                _failure ??= report.Code switch
                {
                    ExitCode.Usage => CommandException.Usage(report.Reason ?? ""),
                    ExitCode.Device => CommandException.Device(report.Reason ?? ""),
                    ExitCode.File => CommandException.File($"{report.Reason}\nWhat has been drawn is kept; the same command goes on."),
                    _ => throw new InvalidOperationException(report.Reason),
                };
                break;
        }
    }

    // An order is at its end when it is drawn and every wanted unit is reported.
    private static void Settle(WorkerProcess worker, WorkItem? item)
    {
        if (item is { Open.Count: 0 } && !(worker.IsDrawing && worker.InFlight[^1] == item))
        {
            worker.InFlight.Remove(item);
        }
    }

    private void SeeReady(WorkerProcess worker, WorkReport report)
    {
        SweepEngine own = new(Software.Version, report.Kernels!, report.Device!, report.Details ?? new Dictionary<string, string>());
        if (_folder.Engine is null)
        {
            try
            {
                using StagedFiles files = new();
                files.Stage(_folder.EnginePath, JsonSerializer.SerializeToUtf8Bytes(own, SweepJson.Default.SweepEngine), replace: false);
                files.Commit();
            }
            catch (IOException) when (File.Exists(_folder.EnginePath))
            {
                // Another shard's run was first; it is compared with below.
            }
        }

        SweepEngine sweep = _folder.Engine!;
        if (sweep.Kernels == own.Kernels || _settings.IsMixed)
        {
            worker.IsReady = true;
            _detail(string.Create(CultureInfo.InvariantCulture, $"Worker {worker.Id} draws on {worker.Device}: {own.Device}, {own.Kernels}."));
            return;
        }

        string why = $"'{_folder.Root}' is drawn with the kernels '{sweep.Kernels}', and {worker.Device} here has '{own.Kernels}', which round otherwise";
        worker.Close();
        if (_workers.Any(w => w != worker && !w.IsClosed))
        {
            _display?.Report(new LineState(0, 0, $"{why}; it is left out."));
            return;
        }

        _failure ??= CommandException.File($"{why}.\nGo on with a device of that kind, or give --mixed: pictures drawn here are then marked.");
    }

    // Ends workers that have not been heard of for too long.
    private void EndHung()
    {
        foreach (WorkerProcess worker in _workers.Where(w => !w.IsClosed && (!w.IsReady || w.InFlight.Count > 0)).ToArray())
        {
            TimeSpan silence = _watch.Now - worker.LastWord;
            if (worker.Silence is { } before)
            {
                if (silence > before + DieWithin)
                {
                    // It has not ended: it is left to itself.
                    SeeEnd(worker);
                }
            }
            else if (_watch.Limit(worker.Device, worker.IsReady ? worker.InFlight[^1].Order.Part : null) is var (limit, isExcused) && silence > limit)
            {
                TimeSpan taken = worker.ProcessorTime;
                if (isExcused && HangWatch.IsComputing(worker.Device, taken - worker.ProcessorTaken, silence))
                {
                    worker.LastWord = _watch.Now;
                    worker.ProcessorTaken = taken;
                    continue;
                }

                worker.Silence = silence;
                worker.Kill();
            }
        }
    }

    // A worker has died, or was ended because it hung: what it had is tried again, alone at last, and then reported.
    private void SeeEnd(WorkerProcess worker)
    {
        _workers.Remove(worker);
        if (worker.IsClosed)
        {
            return;
        }

        string how = Silent(worker) ?? $"died ({worker.End})";
        (int starts, int deaths) = _bad.GetValueOrDefault(worker.Device);
        _bad[worker.Device] = (starts, deaths) = (worker.IsReady ? 0 : starts + 1, deaths + 1);
        foreach (WorkItem item in Enumerable.Reverse(worker.InFlight).Where(i => i.Open.Count > 0))
        {
            // Of two orders one was only being written.
            TryAgain(worker, item, isHung: worker.Silence is not null && (item == worker.InFlight[^1] || !worker.IsDrawing));
        }

        // Where nothing is left to be begun, nobody is missed.
        if (_failure is not null || _pending.Count == 0)
        {
            return;
        }

        if (starts < MostBadStarts && deaths < MostDeaths)
        {
            _display?.Report(new LineState(0, 0, $"The worker of {worker.Device} {how}; another one takes its place."));
            Start(worker.Device);
        }
        else if (_workers.Any(w => !w.IsClosed))
        {
            _display?.Report(new LineState(0, 0, $"{worker.Device} cannot be used: its worker {how}; it is left out."));
        }
        else
        {
            _failure = CommandException.Device($"{worker.Device} cannot be used; its worker failed {deaths} times in a row and at last {how}.\nWhat has been drawn is kept.");
        }
    }

    private static string? Silent(WorkerProcess worker) =>
        worker.Silence is { } silence ? $"made no progress for {ProgressText.Duration(silence)} and was ended" : null;

    private void TryAgain(WorkerProcess worker, WorkItem item, bool isHung)
    {
        WorkOrder order = item.Order;
        int hangs = item.Hangs + (isHung ? 1 : 0);
        if (item.Attempts < MostAttempts && hangs < MostHangs)
        {
            _pending.AddFirst(new WorkItem(order with { Id = ++_lastId, Wanted = [.. item.Open.Order()] }, item.Shard, item.Attempts, hangs));
        }
        else if (order.Count > 1)
        {
            foreach (int place in item.Open.OrderDescending())
            {
                _pending.AddFirst(new WorkItem(new WorkOrder(++_lastId, order.Part, place, 1, [place]), item.Shard, 1, hangs > 0 ? 1 : 0));
            }
        }
        else
        {
            GiveUp(item, order.First, Silent(worker) is { } silent
                ? $"The process that drew it {silent}{(hangs > 1 ? ", the second one to do so" : "; those before it died")}."
                : $"The process that drew it died every time, the last time with {worker.End}");
        }
    }

    private void GiveUp(WorkItem item, int place, string reason)
    {
        SweepPart part = _folder.Manifest.Parts[item.Order.Part];
        SweepUnit unit = part.Units[place];
        Count(item, UnitState.Failed);
        _display?.Report(new LineState(0, 0, $"{part.Name} {unit.Name} cannot be drawn: {reason}"));
        UnitFailure failure = new(unit.Key, part.Name, unit.Name, item.Attempts, reason, ThisProcess.Host, DateTimeOffset.UtcNow);
        try
        {
            StagedFiles.Write(_folder.FailurePath(part, unit), JsonSerializer.SerializeToUtf8Bytes(failure, SweepJson.Default.UnitFailure));
        }
        catch (IOException error)
        {
            _failure ??= CommandException.File($"{error.Message}\nWhat has been drawn is kept; the same command goes on.", error);
        }
    }

    private void Count(WorkItem item, UnitState to)
    {
        _counts[item.Shard][(int)UnitState.Missing]--;
        _counts[item.Shard][(int)to]++;
    }

    private void Beat()
    {
        try
        {
            for (int i = 0; i < _claims.Count; i++)
            {
                int[] counts = _counts[_settings.Shards[i]];
                _claims[i].Beat(counts[(int)UnitState.Done], counts[(int)UnitState.Failed], counts[(int)UnitState.Missing], _rate.PerMinute);
            }
        }
        catch (CommandException error)
        {
            _failure ??= error;
        }
    }

    private void Report()
    {
        int total = Done + Failed + Left;
        string counts = string.Create(CultureInfo.InvariantCulture, $"{Done} of {total}");
        string failed = Failed > 0 ? string.Create(CultureInfo.InvariantCulture, $", {Failed} failed") : "";
        double rate = _rate.PerMinute;
        string speed = rate > 0 ? string.Create(CultureInfo.InvariantCulture, $", {rate:F1} a minute, {ProgressText.Duration(TimeSpan.FromMinutes(Left / rate))} left") : "";
        _display?.Report(new LineState(Done + Failed, total, null, counts + speed + failed, counts + failed, counts));
    }

    // What is drawn is written; what is being drawn is given up where the run ends early.
    private void Close(CancellationToken cancellation)
    {
        foreach (WorkerProcess worker in _workers)
        {
            worker.Working.Stop();
            double time = worker.Working.Elapsed.TotalMilliseconds;
            double taken = worker.ProcessorTime.TotalMilliseconds;
            worker.Close();
            _detail(string.Create(CultureInfo.InvariantCulture, $"Worker {worker.Id} drew for {worker.DrawingMilliseconds / Math.Max(time, 1):P2} of {time:F0} ms since its first order; since its start it took {taken:F0} ms of the processors."));
        }

        Stopwatch watch = Stopwatch.StartNew();
        while (_workers.Count > 0 && watch.Elapsed < CloseWithin)
        {
            if (_events.TryTake(out WorkerEvent happened, Tick))
            {
                See(happened);
            }

            if (watch.Elapsed > CloseWithin / 10 && cancellation.IsCancellationRequested)
            {
                break;
            }
        }
    }
}
