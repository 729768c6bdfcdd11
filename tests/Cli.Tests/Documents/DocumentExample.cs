using System.Text.RegularExpressions;

namespace VggCuda.Cli.Tests.Documents;

/// <summary>A command line of a document, and what the document says that it prints.</summary>
/// <param name="Document">The document's file name.</param>
/// <param name="Line">Line number.</param>
/// <param name="Command">From the program's name on, without a remark behind it.</param>
/// <param name="Shown">Lines of output; empty where none are shown.</param>
internal sealed partial record DocumentExample(string Document, int Line, string Command, IReadOnlyList<string> Shown)
{
    /// <summary>Every line of a document's code blocks that calls the program.</summary>
    public static IEnumerable<DocumentExample> In(string document, string[] lines)
    {
        List<DocumentExample> found = [];
        bool fenced = false;
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith("```", StringComparison.Ordinal))
            {
                fenced = !fenced;
                continue;
            }

            string? code = CodeOf(lines[i], fenced);
            if (code is null || ProgramOf(code) is not string command)
            {
                continue;
            }

            // In a fence the output follows; in an indented block it stands in the next one.
            List<string> shown = fenced
                ? [.. lines.Skip(i + 1).TakeWhile(l => !l.StartsWith("```", StringComparison.Ordinal) && !l.StartsWith("$ ", StringComparison.Ordinal))]
                : Following(lines, i + 1);
            found.Add(new DocumentExample(document, i + 1, Remark().Replace(command, ""), shown));
        }

        return found;
    }

    /// <summary>A line with what differs from run to run, and from one processor's kernels to another's, left out: times, speeds, losses, activations, probabilities, best steps.</summary>
    public static string Steady(string line)
    {
        line = Varying().Replace(line, m => m.Groups["word"].Value + "#" + m.Groups["after"].Value);
        return Temporary().Replace(line, "").TrimEnd();
    }

    private static List<string> Following(string[] lines, int from)
    {
        // "which prints ...:" and the block after it.
        string between = string.Join(' ', lines.Skip(from).TakeWhile(l => !l.StartsWith("    ", StringComparison.Ordinal)));
        return between.Contains("which prints", StringComparison.Ordinal)
            ? [.. lines.Skip(from).SkipWhile(l => !l.StartsWith("    ", StringComparison.Ordinal)).TakeWhile(l => l.StartsWith("    ", StringComparison.Ordinal)).Select(l => l[4..])]
            : [];
    }

    private static string? CodeOf(string line, bool fenced) => fenced ? line : line.StartsWith("    ", StringComparison.Ordinal) ? line[4..] : null;

    private static string? ProgramOf(string code)
    {
        string own = code.StartsWith("$ ", StringComparison.Ordinal) ? code[2..] : code;
        const string built = "dotnet run -c Release --project src/Cli -- ";
        return own.StartsWith("vggcuda ", StringComparison.Ordinal) ? own
            : own.StartsWith(built, StringComparison.Ordinal) ? "vggcuda " + own[built.Length..]
            : null;
    }

    [GeneratedRegex(@"\s+#\s.*$")]
    private static partial Regex Remark();

    [GeneratedRegex(@"(?<word>loss |activation |probability |rank |best step |written in )-?[0-9][0-9.,E+-]*(?<after>)|[0-9.]+(?<after> it/s| s left| MiB/s)|(?<word>, )[0-9]+ min (?<after>)")]
    private static partial Regex Varying();

    [GeneratedRegex(@"/tmp/vggcuda-[^/\s]+/")]
    private static partial Regex Temporary();
}
