using System.Text.RegularExpressions;

namespace VggCuda.Cli.Reports;

/// <summary>Command lines for a POSIX shell.</summary>
internal static partial class ShellWords
{
    /// <summary>Joins words, each quoted where the shell would read it otherwise.</summary>
    public static string Join(IEnumerable<string> words) => string.Join(' ', words.Select(Quoted));

    private static string Quoted(string word) => Plain().IsMatch(word) ? word : $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    [GeneratedRegex(@"\A[A-Za-z0-9_./:=@%+,-]+\z")]
    private static partial Regex Plain();
}
