using System.Runtime.InteropServices;
using VggCuda.Engine.Files;

namespace VggCuda.Cli.Hosting;

/// <summary>Ctrl-C and SIGTERM: the first asks the command to end and keep what it has, the second ends the process at once.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly TextWriter _error;
    private int _signals;

    public Interruption(TextWriter error)
    {
        _error = error;
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal));
    }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _registrations.ForEach(r => r.Dispose());
        _source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _signals) == 1)
        {
            _source.Cancel();
            return;
        }

        StagedFiles.DeleteUnfinished();
        _error.WriteLine("Ended at once; nothing more was written.");
        Environment.Exit(ExitCode.Cancelled);
    }
}
