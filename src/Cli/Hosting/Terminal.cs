namespace VggCuda.Cli.Hosting;

/// <summary>Where a command reads its surroundings and writes its text: the process's streams, or a test's.</summary>
internal sealed class Terminal
{
    /// <summary>Results: what a script would read.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Standard output for bytes, where a file goes there; the caller disposes of it.</summary>
    public Func<Stream> OpenOutput { get; init; } = Console.OpenStandardOutput;

    /// <summary>Errors, notes, progress.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Whether somebody watches stderr: a live bar, else plain lines now and then.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Whether somebody watches stdout, so that pictures can be shown there.</summary>
    public Func<bool> OutIsTerminal { get; init; } = () => !Console.IsOutputRedirected;

    /// <summary>Width of stdout's terminal in characters.</summary>
    public Func<int> Columns { get; init; } = () => Math.Max(1, Console.WindowWidth);

    /// <summary>Environment variables; null for those not set.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>Whether colours are wanted (no-color.org: NO_COLOR set to anything but nothing means no).</summary>
    public bool UseColour => ErrorIsTerminal && string.IsNullOrEmpty(Variable("NO_COLOR")) && Variable("TERM") != "dumb";

    /// <summary>The user's home folder; HOME and USERPROFILE come first, so that they can be set.</summary>
    public string Home => NonEmpty(Variable("HOME")) ?? NonEmpty(Variable("USERPROFILE")) ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    /// <summary>The process's own streams.</summary>
    public static Terminal OfProcess() => new()
    {
        Out = Console.Out,
        Error = Console.Error,
        ErrorIsTerminal = !Console.IsErrorRedirected,
    };

    private static string? NonEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
