using Spectre.Console;
using VggCuda.Cli.Hosting;
using VggCuda.Engine.Rendering;

namespace VggCuda.Cli.Progress;

/// <summary>A live bar on a terminal.</summary>
internal sealed class LiveProgress(Terminal terminal) : IProgressDisplay
{
    public T Show<T>(string title, int iterations, Func<IProgress<RenderProgress>?, T> body)
    {
        BarColumn bar = new() { Title = TerminalText.Line(title) };
        bar.Set("preparing");
        return Console(terminal).Progress()
            .AutoClear(true)
            .HideCompleted(false)
            .Columns(bar)
            .Start(context => body(new Reporter(context.AddTask("steps", maxValue: iterations), bar)));
    }

    /// <summary>The terminal as Spectre.Console writes to it.</summary>
    public static IAnsiConsole Console(Terminal terminal) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new AnsiConsoleOutput(terminal.Error),
        Ansi = AnsiSupport.Yes,
        ColorSystem = terminal.UseColour ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        Interactive = InteractionSupport.Yes,
    });

    private sealed class Reporter(ProgressTask task, BarColumn bar) : IProgress<RenderProgress>
    {
        public void Report(RenderProgress value)
        {
            string steps = $"{value.StepsDone}/{value.StepsTotal}";
            string rate = ProgressText.Rate(value);
            string left = ProgressText.TimeLeft(value);
            bar.Set(
                $"{steps} {ProgressText.Loss(value)} {rate} {left}",
                $"{steps} {rate} {left}",
                $"{steps} {left}",
                steps,
                $"{value.StepsDone * 100 / Math.Max(1, value.StepsTotal)} %");
            task.MaxValue = value.StepsTotal;
            task.Value = value.StepsDone;
        }
    }
}
