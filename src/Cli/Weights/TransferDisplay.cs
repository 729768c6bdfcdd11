using System.Diagnostics;
using Spectre.Console;
using Spectre.Console.Rendering;
using VggCuda.Cli.Hosting;

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
                        error.WriteLine($"{title}: {note}");
                    }
                    else if (_watch.Elapsed >= _next)
                    {
                        error.WriteLine($"{title}: {value.Words}");
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
            IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
            {
                Out = new AnsiConsoleOutput(terminal.Error),
                Ansi = AnsiSupport.Yes,
                ColorSystem = terminal.UseColour ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
                Interactive = InteractionSupport.Yes,
            });
            Words words = new();
            return console.Progress()
                .AutoClear(true)
                .HideCompleted(false)
                .Columns(new ProgressBarColumn { Width = 24 }, words)
                .Start(context => body(new Reporter(console, context.AddTask(Markup.Escape(title)), words)));
        }

        private sealed class Reporter(IAnsiConsole console, ProgressTask task, Words words) : IProgress<TransferState>
        {
            public void Report(TransferState value)
            {
                words.Last = value.Words;
                task.MaxValue = Math.Max(1, value.Total);
                task.Value = value.Done;
                if (value.Note is string note)
                {
                    console.WriteLine(note);
                }
            }
        }

        private sealed class Words : ProgressColumn
        {
            public volatile string Last = "";

            public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Text(Last);
        }
    }
}
