using Spectre.Console;
using Spectre.Console.Rendering;

namespace VggCuda.Cli.Progress;

/// <summary>A whole line of progress, laid out anew for the terminal's width each time it is drawn.</summary>
internal sealed class BarColumn : ProgressColumn
{
    private volatile string[] _numbers = [""];

    /// <summary>What is done; empty for none.</summary>
    public required string Title { get; init; }

    /// <summary>Sets the numbers.</summary>
    /// <param name="wordings">The same numbers, the longest wording first.</param>
    public void Set(params string[] wordings) => _numbers = wordings;

    /// <inheritdoc/>
    protected override bool NoWrap => true;

    /// <inheritdoc/>
    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
    {
        (string title, int columns, string numbers) = BarLayout.Share(options.ConsoleSize.Width, Title, _numbers);
        int done = Math.Clamp((int)(task.Value / Math.Max(task.MaxValue, 1) * columns), 0, columns);
        Paragraph line = new();
        if (title.Length > 0)
        {
            line.Append(title + " ");
        }

        line.Append(new string('━', done), new Style(Color.Green));
        line.Append(new string(options.Unicode ? '─' : '-', columns - done), new Style(Color.Grey));
        line.Append(" " + numbers);
        return line;
    }
}
