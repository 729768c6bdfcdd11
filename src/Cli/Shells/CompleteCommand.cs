using System.CommandLine;
using VggCuda.Cli.Hosting;

namespace VggCuda.Cli.Shells;

/// <summary><c>complete</c>, which the shells' scripts call with each press of the key: a line for each word that fits, a tab before its description.</summary>
/// <remarks>A last line <c>:files</c> or <c>:folders</c> asks the shell to offer what there is under such names.</remarks>
internal static class CompleteCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> line = new("LINE") { Description = "The line up to the cursor, the program's name first." };
        Command command = new("complete", "What may stand at the end of a line; the shells' completions ask for it.") { line };
        command.Hidden = true;
        host.Run(command, invocation =>
        {
            Completion completion = Completion.Of(invocation.Arguments.RootCommandResult.Command, invocation.Value(line)!);
            foreach (Candidate candidate in completion.Candidates)
            {
                string value = TerminalText.Line(candidate.Value);
                host.Terminal.Out.WriteLine(candidate.Description is null ? value : $"{value}\t{TerminalText.Line(FirstSentence(candidate.Description))}");
            }

            if (completion.Paths != PathKind.None)
            {
                invocation.Result(completion.Paths == PathKind.File ? ":files" : ":folders");
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static string FirstSentence(string text)
    {
        int end = text.IndexOfAny([';', ':']);
        int stop = text.IndexOf(". ", StringComparison.Ordinal);
        int cut = end >= 0 && (stop < 0 || end < stop) ? end : stop;
        return (cut < 0 ? text : text[..cut]).TrimEnd('.');
    }
}
