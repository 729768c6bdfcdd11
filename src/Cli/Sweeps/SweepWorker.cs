using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using VggCuda.Cli.Devices;
using VggCuda.Cli.Drawing;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Networks;
using VggCuda.Cli.Sweeps.Format;
using VggCuda.Cli.Verdicts;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;
using VggCuda.Engine.Verdicts;

namespace VggCuda.Cli.Sweeps;

/// <summary><c>sweep-worker</c>, which <c>sweep</c> starts for each device: draws what standard input orders, and ends with it.</summary>
/// <remarks>Pictures are encoded and written while the next ones are drawn. It takes no signals: they go to all processes of a batch job or a terminal at once, and the process that started it decides.</remarks>
internal sealed class SweepWorker : IDisposable
{
    private readonly Invocation _invocation;
    private readonly SweepFolder _folder;
    private readonly ChosenNetwork _chosen;
    private readonly bool _isMixed;
    private readonly bool _accounts;
    private readonly BlockingCollection<WorkOrder> _orders = [];
    private readonly CancellationTokenSource _ended = new();
    private readonly Stopwatch _drawing = new();
    private readonly Stopwatch _sinceSign = Stopwatch.StartNew();
    private Task _writing = Task.CompletedTask;
    private UnitWriter? _writer;
    private UnitStatistics? _statistics;

    private SweepWorker(Invocation invocation, SweepFolder folder, ChosenNetwork chosen, bool isMixed, bool accounts)
    {
        _invocation = invocation;
        _folder = folder;
        _chosen = chosen;
        _isMixed = isMixed;
        _accounts = accounts;
    }

    public static Command Create(CommandHost host)
    {
        Argument<string> folder = new("DIR");
        Option<bool> mixed = new("--mixed");
        Option<bool> account = new("--account") { Description = "Tell the memory in use after each order, when all is written and collected." };
        Command command = new("sweep-worker", "Draws what 'sweep' orders.") { folder, mixed, account };
        command.Hidden = true;
        host.Run(command, invocation =>
        {
            invocation.Terminal.Signals = SignalUse.Ignore;
            try
            {
                using ChosenNetwork chosen = NetworkChoice.Open(invocation);
                using SweepWorker worker = new(invocation, SweepFolder.Open(invocation.Value(folder)!), chosen, invocation.Value(mixed), invocation.Value(account));
                worker.Run();
                return ExitCode.Done;
            }
#pragma warning disable CA1031 // Said to the process that started it, in the form that it reads, and on stderr.
            catch (Exception error) when (error is not DeviceException)
#pragma warning restore CA1031
            {
                (int code, string message) = Failure.Describe(error);
                Tell(invocation, new WorkReport { Kind = WorkReportKind.Broken, Code = code, Reason = message });
                throw;
            }
        });
        return command;
    }

    public void Dispose()
    {
        _ended.Dispose();
        _orders.Dispose();
    }

    private static void Tell(Invocation invocation, WorkReport report) => invocation.Terminal.Out.WriteLine(JsonSerializer.Serialize(report, WorkerJson.Default.WorkReport));

    private void Run()
    {
        _chosen.StartHashing();
        using IBackend backend = DeviceChoice.Open(_invocation);
        string kernels = KernelName.Of(backend.Description);
        Tell(new WorkReport { Kind = WorkReportKind.Ready, Kernels = kernels, Device = backend.Description.Device, Details = backend.Description.Details });
        Thread reader = new(ReadOrders) { IsBackground = true };
        reader.Start();
        try
        {
            foreach (WorkOrder order in _orders.GetConsumingEnumerable())
            {
                Draw(backend, kernels, order);
            }
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // Standard input has ended in the middle of a picture: nobody waits for it any more.
        }

        _writing.GetAwaiter().GetResult();
    }

    private void ReadOrders()
    {
        try
        {
            using StreamReader input = new(Console.OpenStandardInput());
            while (input.ReadLine() is { } line)
            {
                _orders.Add(JsonSerializer.Deserialize(line, WorkerJson.Default.WorkOrder)!);
            }
        }
        catch (Exception error) when (error is IOException or JsonException)
        {
            // The process that started it has died in the middle of a line.
        }

        _orders.CompleteAdding();
        _ended.Cancel();
    }

    private void Draw(IBackend backend, string kernels, WorkOrder order)
    {
        SweepPart part = _folder.Manifest.Parts[order.Part];
        _drawing.Reset();
        try
        {
            Draw(backend, kernels, order, part, order.First, order.Count);
        }
        catch (NumbersFailedException) when (order.Count > 1)
        {
            // One of them has no finite loss: each by itself, so that the others are drawn.
            foreach (int place in order.Wanted)
            {
                DrawAlone(backend, kernels, order, part, place);
            }
        }
        catch (NumbersFailedException error)
        {
            Tell(new WorkReport { Kind = WorkReportKind.Failed, Id = order.Id, Place = order.First, Reason = error.Message });
        }

        Tell(new WorkReport { Kind = WorkReportKind.Drawn, Id = order.Id, Milliseconds = _drawing.Elapsed.TotalMilliseconds, ManagedBytes = _accounts ? ManagedBytes() : 0 });
    }

    private long ManagedBytes()
    {
        _writing.GetAwaiter().GetResult();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private void DrawAlone(IBackend backend, string kernels, WorkOrder order, SweepPart part, int place)
    {
        try
        {
            Draw(backend, kernels, order, part, place, 1);
        }
        catch (NumbersFailedException error)
        {
            Tell(new WorkReport { Kind = WorkReportKind.Failed, Id = order.Id, Place = place, Reason = error.Message });
        }
    }

    private void Draw(IBackend backend, string kernels, WorkOrder order, SweepPart part, int first, int count)
    {
        RenderPlan plan = _folder.PlanOf(part).Slice(first, count);
        RunForecast forecast = RunForecast.Of(backend, _chosen.Network, plan, new DrawingFiles(""), 1);
        forecast.Demand();
        _drawing.Start();
        RenderResult result = new Renderer(backend).Render(_chosen.Network, plan, new RenderOptions { MaxBatch = forecast.Batch, Progress = new Signs(this, order.Id) }, _ended.Token);
        _drawing.Stop();
        if (result.Cancelled)
        {
            throw new OperationCanceledException(_ended.Token);
        }

        if (_writer is null)
        {
            _writer = new UnitWriter(_folder, kernels, (_chosen.Name, CheckedSha256()));
            _statistics = StatisticsFile.Find(_invocation, _chosen, null);
        }

        ImmutableArray<PictureVerdict> verdicts = _statistics is null ? [] : Judging.Of(_invocation, new Jury(backend, _chosen.Network, _statistics), result, wantsTrust: false, _ended.Token);

        // One batch is written while the next is drawn, and no more: memory stays what it is.
        _writing.GetAwaiter().GetResult();
        UnitWriter writer = _writer;
        _writing = Task.Run(() =>
        {
            foreach (RenderedImage image in result.Images.Where(i => order.Wanted.Contains(first + i.Index)))
            {
                writer.Write(part, first + image.Index, image, count, verdicts.FirstOrDefault(v => v.Index == image.Index) is { Units: [{ } verdict] } ? verdict : null);
                Tell(new WorkReport { Kind = WorkReportKind.Done, Id = order.Id, Place = first + image.Index });
            }
        });
    }

    // Before the first picture is written: the file may have been replaced since the sweep was begun.
    private string CheckedSha256()
    {
        string found = _chosen.Sha256()!;
        return found == _folder.Manifest.Weights.Sha256 || _isMixed
            ? found
            : throw CommandException.File($"The weights {_chosen.Name} are not those that the sweep was begun with: SHA-256 {found[..12]}..., not {_folder.Manifest.Weights.Sha256[..12]}....\nPut the right file in its place, or give --mixed to go on with this one and mark its pictures.");
    }

    private void Tell(WorkReport report) => Tell(_invocation, report);

    /// <summary>Tells from time to time that steps go on.</summary>
    private sealed class Signs(SweepWorker worker, int order) : IProgress<RenderProgress>
    {
        private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

        public void Report(RenderProgress value)
        {
            if (worker._sinceSign.Elapsed >= Between)
            {
                worker._sinceSign.Restart();
                worker.Tell(new WorkReport { Kind = WorkReportKind.Step, Id = order });
            }
        }
    }
}
