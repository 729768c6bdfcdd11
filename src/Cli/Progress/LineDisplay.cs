using System.Diagnostics;
using Spectre.Console;
using VggCuda.Cli.Hosting;

namespace VggCuda.Cli.Progress;

/// <summary>How far a long piece of work is, for a display.</summary>
/// <param name="Done">Of <paramref name="Total"/>.</param>
/// <param name="Total">In all.</param>
/// <param name="Note">A line to show once, or null.</param>
/// <param name="Wordings">The same numbers, the longest wording first; none beside a note that stands alone.</param>
internal readonly record struct LineState(long Done, long Total, string? Note, params string[] Wordings);

/// <summary>Shows on stderr how far a long piece of work is, while its body runs.</summary>
internal abstract class LineDisplay
{
    /// <summary>Nothing with --quiet, a live bar on a terminal, plain lines elsewhere.</summary>
    public static LineDisplay For(Invocation invocation) =>
        invocation.Quiet ? new Silent()
        : invocation.Terminal.ErrorIsTerminal && invocation.Terminal.Variable("TERM") != "dumb" ? new Live(invocation.Terminal)
        : new Plain(invocation.Terminal.Error);

    /// <summary>Runs the work.</summary>
    /// <param name="title">What is done; plain lines begin with it.</param>
    /// <param name="body">Gets where to report, or null where nobody watches.</param>
    public abstract T Show<T>(string title, Func<IProgress<LineState>?, T> body);

    private sealed class Silent : LineDisplay
    {
        public override T Show<T>(string title, Func<IProgress<LineState>?, T> body) => body(null);
    }

    /// <summary>A line after a second, then one in five, and every note.</summary>
    private sealed class Plain(TextWriter error) : LineDisplay
    {
        public override T Show<T>(string title, Func<IProgress<LineState>?, T> body) => body(new Reporter(error, title));

        private sealed class Reporter(TextWriter error, string title) : IProgress<LineState>
        {
            private readonly Lock _gate = new();
            private readonly Stopwatch _watch = Stopwatch.StartNew();
            private TimeSpan _next = TimeSpan.FromSeconds(1);

            public void Report(LineState value)
            {
                lock (_gate)
                {
                    if (value.Note is string note)
                    {
                        error.WriteLine(TerminalText.Line($"{title}: {note}"));
                    }
                    else if (_watch.Elapsed >= _next)
                    {
                        error.WriteLine(TerminalText.Line($"{title}: {value.Wordings[0]}"));
                        _next = _watch.Elapsed + TimeSpan.FromSeconds(5);
                    }
                }
            }
        }
    }

    private sealed class Live(Terminal terminal) : LineDisplay
    {
        public override T Show<T>(string title, Func<IProgress<LineState>?, T> body)
        {
            IAnsiConsole console = LiveProgress.Console(terminal);
            BarColumn bar = new() { Title = "" };
            return console.Progress()
                .AutoClear(true)
                .HideCompleted(false)
                .Columns(bar)
                .Start(context => body(new Reporter(console, context.AddTask("work"), bar)));
        }

        private sealed class Reporter(IAnsiConsole console, ProgressTask task, BarColumn bar) : IProgress<LineState>
        {
            public void Report(LineState value)
            {
                if (value.Wordings.Length > 0)
                {
                    bar.Set(value.Wordings);
                    task.MaxValue = Math.Max(1, value.Total);
                    task.Value = value.Done;
                }

                if (value.Note is string note)
                {
                    console.WriteLine(TerminalText.Line(note));
                }
            }
        }
    }
}
