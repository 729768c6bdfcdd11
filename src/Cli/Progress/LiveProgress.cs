using Spectre.Console;
using Spectre.Console.Rendering;
using VggCuda.Cli.Hosting;
using VggCuda.Engine.Rendering;

namespace VggCuda.Cli.Progress;

/// <summary>A live bar on a terminal.</summary>
/// <remarks>Everything fits into 80 columns: 24 for the title, 12 for the bar, 42 for the numbers.</remarks>
internal sealed class LiveProgress(Terminal terminal) : IProgressDisplay
{
    private const int TitleWidth = 24;
    private const int BarWidth = 12;

    public T Show<T>(string title, int iterations, Func<IProgress<RenderProgress>?, T> body)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(terminal.Error),
            Ansi = AnsiSupport.Yes,
            ColorSystem = terminal.UseColour ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.Yes,
        });
        Words words = new();
        string shortTitle = title.Length <= TitleWidth ? title : title[..(TitleWidth - 1)] + "…";
        return console.Progress()
            .AutoClear(true)
            .HideCompleted(false)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn { Width = BarWidth }, words)
            .Start(context =>
            {
                ProgressTask task = context.AddTask(Markup.Escape(shortTitle), maxValue: iterations);
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

    private sealed class Words : ProgressColumn
    {
        public volatile RenderProgress? Last;

        protected override bool NoWrap => true;

        public override IRenderable Render(Spectre.Console.Rendering.RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            Last is { } p
                ? new Text($"{p.StepsDone}/{p.StepsTotal} {ProgressText.Loss(p)} {ProgressText.Rate(p)} {ProgressText.TimeLeft(p)}")
                : new Text("preparing");
    }
}
