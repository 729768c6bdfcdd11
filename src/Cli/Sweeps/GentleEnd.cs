using System.Runtime.InteropServices;
using VggCuda.Cli.Hosting;

namespace VggCuda.Cli.Sweeps;

/// <summary>SIGTERM, SIGUSR1 and SIGUSR2 end a sweep after the pictures in work: batch systems send one or another of them before a limit, some first one and then another. All mean the same, and a second one changes nothing.</summary>
internal sealed class GentleEnd : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly Terminal _terminal;

    public GentleEnd(Terminal terminal)
    {
        _terminal = terminal;
        terminal.Signals = SignalUse.CancelButTerminate;
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal));
        if (!OperatingSystem.IsWindows())
        {
            // Their numbers: Linux on all processors that .NET runs on; the BSDs and macOS.
            foreach (int number in OperatingSystem.IsLinux() ? (int[])[10, 12] : [30, 31])
            {
                _registrations.Add(PosixSignalRegistration.Create((PosixSignal)number, OnSignal));
            }
        }
    }

    /// <summary>Set by the first of them.</summary>
    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _registrations.ForEach(r => r.Dispose());
        _terminal.Signals = SignalUse.Cancel;
        _source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        _source.Cancel();
    }
}
