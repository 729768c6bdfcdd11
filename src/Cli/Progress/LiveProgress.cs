using Spectre.Console;
using Spectre.Console.Rendering;
using VggCuda.Cli.Hosting;
using VggCuda.Engine.Rendering;

namespace VggCuda.Cli.Progress;

/// <summary>A live bar on a terminal.</summary>
internal sealed class LiveProgress(Terminal terminal) : IProgressDisplay
{
    public T Show<T>(string title, int iterations, Func<IProgress<RenderProgress>?, T> body)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(terminal.Error),
            Ansi = AnsiSupport.Yes,
            ColorSystem = terminal.UseColour ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.Yes,
        });
        Words words = new(iterations);
        return console.Progress()
            .AutoClear(true)
            .HideCompleted(false)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn { Width = 24 }, words)
            .Start(context =>
            {
                ProgressTask task = context.AddTask(Markup.Escape(title), maxValue: iterations);
                return body(new Reporter(task, words));
            });
    }

    private sealed class Reporter(ProgressTask task, Words words) : IProgress<RenderProgress>
    {
        public void Report(RenderProgress value)
        {
            words.Last = value;
            task.MaxValue = value.StepsTotal;
            task.Value = value.StepsDone;
        }
    }

    private sealed class Words(int iterations) : ProgressColumn
    {
        public volatile RenderProgress? Last;

        public override IRenderable Render(Spectre.Console.Rendering.RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            Last is { } p
                ? new Text($"{ProgressText.Iteration(p, iterations)}, {ProgressText.Loss(p)}, {ProgressText.Rate(p)}, {ProgressText.TimeLeft(p)}")
                : new Text("preparing");
    }
}
