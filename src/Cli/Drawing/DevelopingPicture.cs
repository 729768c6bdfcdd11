using System.Globalization;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Progress;
using VggCuda.Engine.Rendering;
using VggCuda.Imaging;

namespace VggCuda.Cli.Drawing;

/// <summary><c>--show</c> while a picture develops: it and a line of progress on the terminal's other screen, which is left with nothing behind.</summary>
/// <remarks>xterm's alternate screen (DEC private mode 1049), which every terminal that draws pictures has. It is entered at the first look, so that a short run never does.</remarks>
/// <param name="terminal">The terminal.</param>
/// <param name="graphics">What it draws.</param>
/// <param name="grid">Labels the pictures and puts them side by side.</param>
/// <param name="inner">Is told what is reported, too: where stderr is no terminal, its lines go on.</param>
internal sealed class DevelopingPicture(Terminal terminal, TerminalGraphics graphics, LabelledGrid grid, IProgressDisplay inner) : IProgressDisplay
{
    private const string Enter = "\u001b[?1049h\u001b[?25l\u001b[2J";
    private const string Leave = "\u001b[?25h\u001b[?1049l";
    private const string ToTheTop = "\u001b[H";
    private const string WipeBelow = "\u001b[J";
    private const string WipeLine = "\u001b[K";
    private const string KeepPlace = "\u001b7";
    private const string BackToPlace = "\u001b8";
    private const string DeleteKittyPictures = "\u001b_Ga=d,q=2\u001b\\";

    // A cell of a terminal has more pixels than that; a picture that is larger than the screen would scroll away.
    private const int PixelsAcrossCell = 8;
    private const int PixelsDownCell = 16;

    private readonly Lock _gate = new();
    private string _title = "";
    private int _iterations;
    private string _line = "";

    /// <summary>The display for a run: this one where --show was given and somebody watches, else the usual.</summary>
    /// <param name="invocation">The command line.</param>
    /// <param name="isWanted">Whether --show was given.</param>
    /// <param name="grid">Of the pictures.</param>
    public static IProgressDisplay For(Invocation invocation, bool isWanted, LabelledGrid grid)
    {
        Terminal terminal = invocation.Terminal;
        TerminalGraphics graphics = isWanted && !invocation.Quiet && terminal.OutIsTerminal() ? TerminalPicture.Find(terminal.Variable) : TerminalGraphics.None;
        return graphics == TerminalGraphics.None ? ProgressDisplay.For(invocation)
            : new DevelopingPicture(terminal, graphics, grid, terminal.ErrorIsTerminal ? new SilentProgress() : new PlainProgress(terminal.Error));
    }

    /// <inheritdoc/>
    public T Show<T>(string title, int iterations, Func<IProgress<RenderProgress>?, T> body)
    {
        _title = title;
        _iterations = iterations;
        try
        {
            return inner.Show(title, iterations, more => body(new Reporter(this, more)));
        }
        finally
        {
            lock (_gate)
            {
                if (terminal.GoesBackBy is { } back)
                {
                    Write(back);
                    terminal.GoesBackBy = null;
                }
            }
        }
    }

    /// <summary>Shows the pictures as they are.</summary>
    public void Look(RenderFrame frame)
    {
        int columns = terminal.Columns();
        int rows = Math.Max(1, terminal.Rows() - 2);
        Picture sheet = Fitting(grid.Stitch([.. frame.Displays.Select((_, i) => frame.FirstImage + i)], frame.Displays), columns, rows);
        string picture = TerminalPicture.Encode(sheet, graphics, columns);
        lock (_gate)
        {
            string first = terminal.GoesBackBy is null ? Enter : "";
            terminal.GoesBackBy = Leave;
            Write($"{first}{(graphics == TerminalGraphics.Kitty ? DeleteKittyPictures : "")}{ToTheTop}{picture}{WipeBelow}{KeepPlace}{_line}");
        }
    }

    // Half blocks are a pixel across and two down a cell.
    private Picture Fitting(Picture sheet, int columns, int rows)
    {
        bool isText = graphics == TerminalGraphics.HalfBlocks;
        double across = (double)columns * (isText ? 1 : PixelsAcrossCell) / sheet.Width;
        double down = (double)rows * (isText ? 2 : PixelsDownCell) / sheet.Height;
        double scale = Math.Min(across, down);
        return scale >= 1 ? sheet : Resizing.Fit(sheet, Math.Max(1, (int)(sheet.Width * scale)), Math.Max(1, (int)(sheet.Height * scale)));
    }

    private void Tell(RenderProgress progress)
    {
        string text = $"{_title}: {ProgressText.Iteration(progress, _iterations)}, {ProgressText.Loss(progress)}, {ProgressText.Rate(progress)}, {ProgressText.TimeLeft(progress)}";
        string line = TerminalText.Line(text);
        int room = Math.Max(0, terminal.Columns() - 1);
        StringInfo signs = new(line);
        lock (_gate)
        {
            _line = signs.LengthInTextElements <= room ? line : signs.SubstringByTextElements(0, room);
            if (terminal.GoesBackBy is not null)
            {
                Write($"{BackToPlace}{_line}{WipeLine}");
            }
        }
    }

    private void Write(string text)
    {
        terminal.Out.Write(text);
        terminal.Out.Flush();
    }

    private sealed class Reporter(DevelopingPicture picture, IProgress<RenderProgress>? more) : IProgress<RenderProgress>
    {
        public void Report(RenderProgress value)
        {
            picture.Tell(value);
            more?.Report(value);
        }
    }
}
