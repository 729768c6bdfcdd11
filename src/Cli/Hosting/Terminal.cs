using System.Text;

namespace VggCuda.Cli.Hosting;

/// <summary>Where a command reads its surroundings and writes its text: the process's streams, or a test's.</summary>
internal sealed class Terminal
{
    /// <summary>Results: what a script would read.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Standard output for bytes, where a file goes there; the caller disposes of it.</summary>
    public Func<Stream> OpenOutput { get; init; } = StandardStream.OpenOutput;

    /// <summary>Errors, notes, progress.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Whether the process was started without a standard output, so that nobody is told anything there.</summary>
    public bool IsOutputClosed { get; init; }

    /// <summary>Whether the command's files are in their places; what fails from then on is said so.</summary>
    public bool AreFilesWritten { get; set; }

    /// <summary>What a first signal must not lose.</summary>
    public Keeping Keeping { get; } = new();

    /// <summary>Who sees to signals.</summary>
    public SignalUse Signals { get; set; }

    /// <summary>Whether somebody watches stderr: a live bar, else plain lines now and then.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Whether somebody watches stdout, so that pictures can be shown there.</summary>
    public Func<bool> OutIsTerminal { get; init; } = () => !Console.IsOutputRedirected;

    /// <summary>Width of stdout's terminal in characters.</summary>
    public Func<int> Columns { get; init; } = () => Math.Max(1, Console.WindowWidth);

    /// <summary>Height of stdout's terminal in lines.</summary>
    public Func<int> Rows { get; init; } = () => Math.Max(1, Console.WindowHeight);

    /// <summary>The least time between two looks at a picture that develops.</summary>
    public TimeSpan ShownEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>What puts stdout's terminal back as it was, while it is not.</summary>
    public volatile string? GoesBackBy;

    /// <summary>Environment variables; null for those not set.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>Whether colours are wanted (no-color.org: NO_COLOR set to anything but nothing means no).</summary>
    public bool UseColour => ErrorIsTerminal && string.IsNullOrEmpty(Variable("NO_COLOR")) && Variable("TERM") != "dumb";

    /// <summary>The user's home folder; HOME and USERPROFILE come first, so that they can be set.</summary>
    public string Home => NonEmpty(Variable("HOME")) ?? NonEmpty(Variable("USERPROFILE")) ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    /// <summary>The process's own streams.</summary>
    public static Terminal OfProcess() => new()
    {
        Out = new StandardText(StandardStream.OpenOutput(), PlainEncoding),
        Error = new StandardText(StandardStream.OpenError(), PlainEncoding),
        IsOutputClosed = StandardStream.IsClosed(1),
        ErrorIsTerminal = !StandardStream.IsClosed(2) && !Console.IsErrorRedirected,
    };

    /// <summary>The exit code of a command, corrected where its text could not be written.</summary>
    public int Finish(int code)
    {
        if (code != ExitCode.Done || (Out as StandardText)?.Failure is not { } failure)
        {
            return code;
        }

        string files = AreFilesWritten ? "\nThe files are written and whole; only text is lost." : "";
        return Hosting.Failure.Report(CommandException.File($"Standard output cannot be written: {failure.Message}{files}", failure), this, verbose: false);
    }

    // Of the user's locale; without a mark at the beginning.
    private static Encoding PlainEncoding => Console.OutputEncoding is UTF8Encoding ? new UTF8Encoding(false) : Console.OutputEncoding;

    private static string? NonEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
