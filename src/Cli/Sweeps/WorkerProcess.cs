using System.Diagnostics;
using System.Text.Json;

namespace VggCuda.Cli.Sweeps;

/// <summary>What has happened to a worker: a report of its, or its end where there is none.</summary>
/// <param name="Worker">Which.</param>
/// <param name="Report">What it says, or null: its process has ended.</param>
internal readonly record struct WorkerEvent(WorkerProcess Worker, WorkReport? Report);

/// <summary>A worker as the process that started it sees it.</summary>
internal sealed class WorkerProcess
{
    private const int MostLines = 8;
    private readonly Lock _gate = new();
    private readonly Process _process;
    private readonly StreamWriter _orders;
    private readonly Queue<string> _lines = new();
    private bool _isGone;

    private WorkerProcess(string device, Process process, Action<WorkerEvent> tell)
    {
        Device = device;
        Id = process.Id;
        _process = process;
        _orders = process.StandardInput;
        Thread errors = new(ReadErrors) { IsBackground = true };
        errors.Start();
        new Thread(() => ReadReports(errors, tell)) { IsBackground = true }.Start();
    }

    /// <summary>Its device, as --device names it.</summary>
    public string Device { get; }

    public int Id { get; }

    /// <summary>Whether its device is open.</summary>
    public bool IsReady { get; set; }

    /// <summary>Whether it draws at the moment; what it is still writing does not count.</summary>
    public bool IsDrawing { get; set; }

    /// <summary>Milliseconds in which it drew, from its own clock; the rest of its time it waited for orders, or for pictures to be written.</summary>
    public double DrawingMilliseconds { get; set; }

    /// <summary>When it was last heard of, or given something to do; <see cref="HangWatch.Now"/>.</summary>
    public TimeSpan LastWord { get; set; }

    /// <summary>What it had taken of the processor when that was last looked at.</summary>
    public TimeSpan ProcessorTaken { get; set; }

    /// <summary>How long it had said nothing when it was ended for it, or null.</summary>
    public TimeSpan? Silence { get; set; }

    /// <summary>What it has taken of the processor so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            lock (_gate)
            {
                return _isGone || _process.HasExited ? TimeSpan.Zero : _process.TotalProcessorTime;
            }
        }
    }

    /// <summary>Since its first order.</summary>
    public Stopwatch Working { get; } = new();

    /// <summary>Whether its end is wanted.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Orders that it has and that are not reported to their end, the latest last.</summary>
    public List<WorkItem> InFlight { get; } = [];

    /// <summary>How it ended, in words; once its end has been told.</summary>
    public string End { get; private set; } = "";

    /// <summary>Starts a worker.</summary>
    /// <param name="device">As --device names it.</param>
    /// <param name="arguments">Of this program.</param>
    /// <param name="tell">Called by threads of the worker's own, with each report and at last its end.</param>
    public static WorkerProcess Start(string device, IReadOnlyList<string> arguments, Action<WorkerEvent> tell)
    {
        (string program, string[] first) = ProgramPath.Command;
        ProcessStartInfo start = new(program, [.. first, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        return new WorkerProcess(device, Process.Start(start)!, tell);
    }

    /// <summary>Gives it an order. Where it has died, its end is told.</summary>
    public void Send(WorkOrder order)
    {
        try
        {
            _orders.WriteLine(JsonSerializer.Serialize(order, WorkerJson.Default.WorkOrder));
            _orders.Flush();
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // Its end comes as an event.
        }
    }

    /// <summary>Asks it to end: what it has drawn is written, what it draws is given up.</summary>
    public void Close()
    {
        IsClosed = true;
        try
        {
            _orders.Close();
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // It has ended.
        }
    }

    /// <summary>Ends it at once.</summary>
    public void Kill()
    {
        lock (_gate)
        {
            if (_isGone)
            {
                return;
            }

            try
            {
                _process.Kill();
            }
            catch (InvalidOperationException)
            {
                // It has ended.
            }
        }
    }

    private void ReadReports(Thread errors, Action<WorkerEvent> tell)
    {
        try
        {
            while (_process.StandardOutput.ReadLine() is { } line)
            {
                if (JsonSerializer.Deserialize(line, WorkerJson.Default.WorkReport) is { } report)
                {
                    tell(new WorkerEvent(this, report));
                }
            }
        }
        catch (Exception error) when (error is IOException or JsonException)
        {
            // Killed in the middle of a line, or something else has written there: no further word can be relied on.
            Kill();
        }

        _process.WaitForExit();
        errors.Join();
        string how = _process.ExitCode > 128 ? $"signal {_process.ExitCode - 128}" : $"exit code {_process.ExitCode}";
        string said = string.Join(' ', _lines);
        End = said.Length > 0 ? $"{how}: {said}" : how;
        lock (_gate)
        {
            // Nobody else lets go of it: its streams are read until they end.
            _isGone = true;
            _process.Dispose();
        }

        tell(new WorkerEvent(this, null));
    }

    private void ReadErrors()
    {
        while (_process.StandardError.ReadLine() is { } line)
        {
            _lines.Enqueue(line);
            if (_lines.Count > MostLines)
            {
                _lines.Dequeue();
            }
        }
    }
}

/// <summary>An order and what has become of it.</summary>
/// <param name="order">What is drawn.</param>
/// <param name="shard">Whose units they are.</param>
/// <param name="attempts">How often it was begun.</param>
/// <param name="hangs">How often its worker hung over it.</param>
internal sealed class WorkItem(WorkOrder order, int shard, int attempts, int hangs = 0)
{
    public WorkOrder Order { get; } = order;

    public int Shard { get; } = shard;

    public int Attempts { get; } = attempts;

    public int Hangs { get; } = hangs;

    /// <summary>Units that are not reported yet, by their places in the part.</summary>
    public HashSet<int> Open { get; } = [.. order.Wanted];
}
