using VggCuda.Cli.Hosting;
using VggCuda.Cli.Progress;

namespace VggCuda.Cli.Weights;

/// <summary>Shows on stderr how far a transfer is, while its body runs.</summary>
internal sealed class TransferDisplay
{
    private readonly LineDisplay _display;

    private TransferDisplay(LineDisplay display) => _display = display;

    /// <summary>Nothing with --quiet, a live bar on a terminal, plain lines elsewhere.</summary>
    public static TransferDisplay For(Invocation invocation) => new(LineDisplay.For(invocation));

    /// <summary>Runs a transfer.</summary>
    /// <param name="title">What is transferred.</param>
    /// <param name="body">Gets where to report, or null where nobody watches.</param>
    public T Show<T>(string title, Func<IProgress<TransferState>?, T> body) => _display.Show(title, display => body(display is null ? null : new Words(display)));

    private sealed class Words(IProgress<LineState> display) : IProgress<TransferState>
    {
        public void Report(TransferState value) => display.Report(new LineState(value.Done, value.Total, value.Note, value.Words, value.WordsWithoutSpeed, value.Percent));
    }
}
