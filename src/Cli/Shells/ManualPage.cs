using System.CommandLine;
using System.Globalization;
using System.Text;
using VggCuda.Cli.Hosting;

namespace VggCuda.Cli.Shells;

/// <summary>The manual page, written in man's macros from the tree of commands.</summary>
internal sealed class ManualPage
{
    private static readonly (int Code, string Meaning)[] Codes =
    [
        (ExitCode.Done, "Done."),
        (ExitCode.Internal, "A fault of the program."),
        (ExitCode.Usage, "Wrong usage: an option, a value, a combination."),
        (ExitCode.File, "A file cannot be read or written, or is not what it should be."),
        (ExitCode.Device, "The device cannot be used, or has too little memory."),
        (ExitCode.Numbers, "Not one step had a finite loss."),
        (ExitCode.Cancelled, "Cancelled by Ctrl-C or SIGTERM; what was finished is kept."),
    ];

    private static readonly (string Name, string Meaning)[] Variables =
    [
        ("KERAS_HOME", "The folder whose models/ is searched for the published weights; else ~/.keras."),
        ("VGGCUDA_CACHE", "The folder that 'weights fetch' fills; else vggcuda in XDG_CACHE_HOME, or ~/.cache/vggcuda."),
        ("VGGCUDA_SIMD", "The processor's kernels: avx512, avx2 or portable; else the best that there are."),
        ("NO_COLOR", "Set to anything: no colours."),
    ];

    private readonly StringBuilder _text = new();

    private ManualPage()
    {
    }

    /// <summary>The page.</summary>
    /// <param name="root">The tree of commands.</param>
    /// <param name="version">The program's, which may end in a commit; that is left out, so that the page changes with the program alone.</param>
    public static string Of(Command root, string version)
    {
        ManualPage page = new();
        page.Write(root, version.Split('+')[0]);
        return page._text.ToString();
    }

    private void Write(Command root, string version)
    {
        Macro("TH", "VGGCUDA", "1", "", $"VggCuda {version}", "User Commands");
        Macro("SH", "NAME");
        Line($"vggcuda \\- {Escaped(root.Description!.TrimEnd('.'))}");
        Macro("SH", "SYNOPSIS");
        Line("\\fBvggcuda\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]");
        Macro("SH", "DESCRIPTION");
        Text(root.Description);
        Macro("PP");
        Text("Arguments may stand in a file, one or more a line, and the file be given as @FILE.");
        Macro("SH", "COMMANDS");
        foreach (Command command in CommandTree.Shown(root))
        {
            Command(command, "vggcuda");
        }

        Macro("SH", "OPTIONS OF EVERY COMMAND");
        Options(root.Options.Where(o => o.Recursive));
        Macro("SH", "EXIT STATUS");
        foreach ((int code, string meaning) in Codes)
        {
            Entry($"\\fB{code.ToString(CultureInfo.InvariantCulture)}\\fR", meaning);
        }

        Macro("SH", "ENVIRONMENT");
        foreach ((string name, string meaning) in Variables)
        {
            Entry($"\\fB{name}\\fR", meaning);
        }
    }

    private void Command(Command command, string above)
    {
        string name = $"{above} {command.Name}";
        string arguments = string.Concat(command.Arguments.Select(a => $" {(a.Arity.MinimumNumberOfValues == 0 ? $"[{a.Name}]" : a.Name)}{(a.Arity.MaximumNumberOfValues > 1 ? "..." : "")}"));
        Macro("SS", name + arguments);
        Text(command.Description);
        foreach (Argument argument in command.Arguments)
        {
            Entry($"\\fI{Escaped(argument.Name)}\\fR", argument.Description);
        }

        Options(command.Options.Where(o => !o.Recursive));
        foreach (Command below in CommandTree.Shown(command))
        {
            Command(below, name);
        }
    }

    private void Options(IEnumerable<Option> options)
    {
        foreach (Option option in options.Where(o => !o.Hidden))
        {
            string names = string.Join(", ", option.Aliases.Where(a => !a.StartsWith('/')).Order(StringComparer.Ordinal).Prepend(option.Name).Select(n => $"\\fB{Escaped(n)}\\fR"));
            string value = option.Arity.MaximumNumberOfValues == 0 || option.HelpName is null ? "" : $" \\fI{Escaped(option.HelpName)}\\fR";
            Entry(names + value, option.Description);
        }
    }

    private void Entry(string term, string? description)
    {
        Macro("TP");
        Line(term);
        Text(description);
    }

    private void Text(string? text)
    {
        if (!string.IsNullOrEmpty(text))
        {
            Line(Escaped(text));
        }
    }

    private void Macro(string name, params string[] arguments) =>
        Line($".{name}{string.Concat(arguments.Select(a => $" \"{Escaped(a)}\""))}");

    private void Line(string line) => _text.Append(line).Append('\n');

    // A backslash begins an escape, a hyphen is one that may be copied, and a line that begins with a point or a quote is a macro.
    private static string Escaped(string text)
    {
        string escaped = TerminalText.Line(text).Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal).Replace("\"", "\\(dq", StringComparison.Ordinal);
        return escaped.StartsWith('.') || escaped.StartsWith('\'') ? "\\&" + escaped : escaped;
    }
}
