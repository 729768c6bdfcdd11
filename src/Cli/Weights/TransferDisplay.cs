using System.Diagnostics;
using Spectre.Console;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Progress;

namespace VggCuda.Cli.Weights;

/// <summary>Shows on stderr how far a transfer is, while its body runs.</summary>
internal abstract class TransferDisplay
{
    /// <summary>Nothing with --quiet, a live bar on a terminal, plain lines elsewhere.</summary>
    public static TransferDisplay For(Invocation invocation) =>
        invocation.Quiet ? new Silent()
        : invocation.Terminal.ErrorIsTerminal && invocation.Terminal.Variable("TERM") != "dumb" ? new Live(invocation.Terminal)
        : new Plain(invocation.Terminal.Error);

    /// <summary>Runs a transfer.</summary>
    /// <param name="title">What is transferred.</param>
    /// <param name="body">Gets where to report, or null where nobody watches.</param>
    public abstract T Show<T>(string title, Func<IProgress<TransferState>?, T> body);

    private sealed class Silent : TransferDisplay
    {
        public override T Show<T>(string title, Func<IProgress<TransferState>?, T> body) => body(null);
    }

    /// <summary>A line after a second, then one in five, and every note.</summary>
    private sealed class Plain(TextWriter error) : TransferDisplay
    {
        public override T Show<T>(string title, Func<IProgress<TransferState>?, T> body) => body(new Reporter(error, title));

        private sealed class Reporter(TextWriter error, string title) : IProgress<TransferState>
        {
            private readonly Lock _gate = new();
            private readonly Stopwatch _watch = Stopwatch.StartNew();
            private TimeSpan _next = TimeSpan.FromSeconds(1);

            public void Report(TransferState value)
            {
                lock (_gate)
                {
                    if (value.Note is string note)
                    {
                        error.WriteLine(TerminalText.Line($"{title}: {note}"));
                    }
                    else if (_watch.Elapsed >= _next)
                    {
                        error.WriteLine(TerminalText.Line($"{title}: {value.Words}"));
                        _next = _watch.Elapsed + TimeSpan.FromSeconds(5);
                    }
                }
            }
        }
    }

    private sealed class Live(Terminal terminal) : TransferDisplay
    {
        public override T Show<T>(string title, Func<IProgress<TransferState>?, T> body)
        {
            IAnsiConsole console = LiveProgress.Console(terminal);
            BarColumn bar = new() { Title = "" };
            return console.Progress()
                .AutoClear(true)
                .HideCompleted(false)
                .Columns(bar)
                .Start(context => body(new Reporter(console, context.AddTask("transfer"), bar)));
        }

        private sealed class Reporter(IAnsiConsole console, ProgressTask task, BarColumn bar) : IProgress<TransferState>
        {
            public void Report(TransferState value)
            {
                bar.Set(value.Words, value.WordsWithoutSpeed, value.Percent);
                task.MaxValue = Math.Max(1, value.Total);
                task.Value = value.Done;
                if (value.Note is string note)
                {
                    console.WriteLine(TerminalText.Line(note));
                }
            }
        }
    }
}
