using System.Globalization;
using System.Text.RegularExpressions;
using VggCuda.Cli.Hosting;

namespace VggCuda.Cli.Networks;

/// <summary>Ranges of numbers among a user's words.</summary>
internal static partial class Ranges
{
    /// <summary>"3-5" as "3", "4", "5"; anything else as it is.</summary>
    /// <param name="word">What was written.</param>
    /// <param name="most">How many there are: no more are counted out, so that the number beyond is found wrong.</param>
    /// <exception cref="CommandException">The end comes before the start.</exception>
    public static IEnumerable<string> Expand(string word, int most)
    {
        if (Range().Match(word) is not { Success: true } match
            || !int.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int first)
            || !int.TryParse(match.Groups[2].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int last))
        {
            return [word];
        }

        return last < first
            ? throw CommandException.Usage($"The range {word} ends before it begins; write {last}-{first}.")
            : last >= most
            ? [last.ToString(CultureInfo.InvariantCulture)]
            : Enumerable.Range(first, last - first + 1).Select(i => i.ToString(CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"^(\d+)\s*-\s*(\d+)$")]
    private static partial Regex Range();
}
