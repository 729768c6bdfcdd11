using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;

namespace VggCuda.Cli.Shells;

/// <summary>What may stand where a line of the shell is being typed.</summary>
/// <param name="Candidates">Words that fit, in the order of the command line's own help.</param>
/// <param name="Paths">Whether names of files or folders fit too.</param>
internal sealed record Completion(IReadOnlyList<Candidate> Candidates, PathKind Paths)
{
    private static readonly ParserConfiguration NoResponseFiles = new() { ResponseFileTokenReplacer = null };

    /// <summary>Completes a line.</summary>
    /// <param name="root">The tree of commands.</param>
    /// <param name="line">From the program's name to the cursor, as it was typed.</param>
    public static Completion Of(Command root, string line)
    {
        string[] words = [.. CommandLineParser.SplitCommandLine(line).Skip(1)];
        bool begun = words.Length > 0 && !char.IsWhiteSpace(line[^1]);
        string word = begun ? words[^1] : "";
        string[] before = begun ? words[..^1] : words;
        if (word.StartsWith('@'))
        {
            return new Completion([], PathKind.File);
        }

        Command command = root.Parse(before, NoResponseFiles).CommandResult.Command;
        Option[] options = [.. OptionsOf(command)];
        int equals = word.StartsWith("--", StringComparison.Ordinal) ? word.IndexOf('=', StringComparison.Ordinal) : -1;
        string named = equals > 0 ? word[..equals] : before.Length > 0 ? before[^1] : "";
        string head = equals > 0 ? word[..(equals + 1)] : "";
        if (options.FirstOrDefault(o => TakesValue(o) && (o.Name == named || o.Aliases.Contains(named))) is { } option)
        {
            CompletionContext context = root.Parse([.. before, word], NoResponseFiles).GetCompletionContext();
            return new Completion(Fitting(head, word, option.CompletionSources, context), CommandTree.PathsOf(option));
        }

        if (word.StartsWith('-'))
        {
            return new Completion([.. options.Where(o => Fits(o.Name, word)).Select(o => new Candidate(o.Name, o.Description))], PathKind.None);
        }

        IEnumerable<Candidate> commands = CommandTree.Shown(command).Where(c => Fits(c.Name, word)).Select(c => new Candidate(c.Name, c.Description));
        if (command.Arguments.LastOrDefault() is not { } last)
        {
            return new Completion([.. commands], PathKind.None);
        }

        CompletionContext here = root.Parse(before, NoResponseFiles).GetCompletionContext();
        return new Completion([.. commands, .. Fitting("", word, last.CompletionSources, here)], CommandTree.PathsOf(last));
    }

    private static List<Candidate> Fitting(string head, string word, IEnumerable<Func<CompletionContext, IEnumerable<CompletionItem>>> sources, CompletionContext context) =>
        [.. sources.SelectMany(s => s(context)).Select(i => head + (i.InsertText ?? i.Label)).Where(v => Fits(v, word)).Distinct(StringComparer.Ordinal).Select(v => new Candidate(v, null))];

    private static bool Fits(string value, string word) => value.StartsWith(word, StringComparison.OrdinalIgnoreCase);

    private static bool TakesValue(Option option) => option.Arity.MinimumNumberOfValues > 0;

    // The command's own, and those that commands above it hand down.
    private static IEnumerable<Option> OptionsOf(Command command)
    {
        IEnumerable<Option> handedDown = CommandTree.Above(command).SelectMany(c => c.Options.Where(o => o.Recursive));
        return command.Options.Concat(handedDown).Where(o => !o.Hidden);
    }
}

/// <summary>A word that may be typed.</summary>
/// <param name="Value">The whole word.</param>
/// <param name="Description">What it is, or null where it says so itself.</param>
internal sealed record Candidate(string Value, string? Description);
