using System.CommandLine;

namespace VggCuda.Cli.Hosting;

/// <summary>What the parser found wrong, in one to three lines.</summary>
internal static class UsageError
{
    public static CommandException Of(ParseResult result)
    {
        Command command = result.CommandResult.Command;
        string path = PathOf(command);
        List<string> lines = [];
        string? stray = result.UnmatchedTokens.Count > 0 ? result.UnmatchedTokens[0] : null;
        if (stray is not null)
        {
            bool isOption = stray.StartsWith('-');
            string kind = isOption ? "option" : command.Subcommands.Count > 0 ? "command" : "argument";
            lines.Add($"{path} knows no {kind} '{stray}'.{Nearest.Question(stray, NamesFor(command, isOption))}");
        }
        else if (command.Action is null)
        {
            lines.Add($"{path} needs a command: {string.Join(", ", command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name))}.");
        }
        else if (result.Errors.Count > 0)
        {
            lines.Add(result.Errors[0].Message);
        }

        lines.Add($"See {path} --help.");
        return CommandException.Usage(string.Join('\n', lines));
    }

    private static IEnumerable<string> NamesFor(Command command, bool options)
    {
        if (!options)
        {
            return command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name);
        }

        IEnumerable<Option> own = command.Options;
        IEnumerable<Option> inherited = command.Parents.OfType<Command>().SelectMany(p => p.Options).Where(o => o.Recursive);
        return own.Concat(inherited).Where(o => !o.Hidden).SelectMany(o => o.Aliases.Append(o.Name)).Where(n => n.StartsWith("--", StringComparison.Ordinal));
    }

    private static string PathOf(Command command)
    {
        List<string> names = [];
        for (Command? c = command; c is not null and not RootCommand; c = c.Parents.OfType<Command>().FirstOrDefault())
        {
            names.Insert(0, c.Name);
        }

        names.Insert(0, "vggcuda");
        return string.Join(' ', names);
    }
}
