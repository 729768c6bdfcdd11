using System.Runtime.InteropServices;
using VggCuda.Engine.Files;

namespace VggCuda.Cli.Hosting;

/// <summary>Ctrl-C, SIGTERM and SIGHUP: the first asks the command to end and keep what it has, the second ends the process at once.</summary>
/// <remarks>A command that has nothing to keep, and does not end by itself, is ended after <see cref="Grace"/>: it may wait for a pipe or a disk that does not answer.</remarks>
internal sealed partial class Interruption : IDisposable
{
    private const int HangUp = 1;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly Terminal _terminal;
    private int _signals;
    private volatile bool _disposed;

    public Interruption(Terminal terminal)
    {
        _terminal = terminal;
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal));
        if (!IsIgnored(HangUp))
        {
            // Not under nohup, whose purpose it is to survive it.
            _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal));
        }
    }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _disposed = true;
        _registrations.ForEach(r => r.Dispose());
        _source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_terminal.Signals == SignalUse.Ignore || (_terminal.Signals == SignalUse.CancelButTerminate && context.Signal == PosixSignal.SIGTERM))
        {
            return;
        }

        if (Interlocked.Increment(ref _signals) > 1)
        {
            End("Ended at once; nothing more was written.");
        }

        _source.Cancel();
        if (_terminal.Keeping.IsActive)
        {
            return;
        }

        Thread.Sleep(Grace);
        if (!_disposed && !_terminal.Keeping.IsActive)
        {
            End("Cancelled; nothing was written.");
        }
    }

    private void End(string message)
    {
        StagedFiles.DeleteUnfinished();
        if (_terminal.GoesBackBy is { } back)
        {
            _terminal.Out.Write(back);
            _terminal.Out.Flush();
        }

        _terminal.Error.WriteLine(message);
        Environment.Exit(ExitCode.Cancelled);
    }

    // The handler is the first field of struct sigaction on Linux and macOS; SIG_IGN is 1.
    private static unsafe bool IsIgnored(int signal)
    {
        if (OperatingSystem.IsWindows())
        {
            return false;
        }

        nint* action = stackalloc nint[64];
        return SignalAction(signal, null, action) == 0 && action[0] == 1;
    }

    [LibraryImport("libc", EntryPoint = "sigaction")]
    private static unsafe partial int SignalAction(int signal, void* action, void* old);
}
