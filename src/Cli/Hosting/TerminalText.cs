using System.Globalization;
using System.Text;

namespace VggCuda.Cli.Hosting;

/// <summary>Makes text fit to be shown on a terminal, wherever it came from: names in files and answers of servers are untrusted.</summary>
internal static class TerminalText
{
    private const int Most = 2000;
    private const int Beginning = 1400;
    private const int End = 400;
    private const int ZeroWidthNonJoiner = 0x200C;
    private const int ZeroWidthJoiner = 0x200D;

    /// <summary>One line: characters that a terminal obeys, that break lines or that turn the direction of writing are shown as <c>\u{1b}</c>, and what is longer than 2,000 characters loses its middle.</summary>
    public static string Line(string text)
    {
        // Cut before as well: a name of megabytes is not gone through.
        text = Cut(text, 4 * Most);
        if (text.EnumerateRunes().All(IsPlain) && text.Length <= Most)
        {
            return text;
        }

        StringBuilder shown = new();
        for (int i = 0; i < text.Length;)
        {
            if (!Rune.TryGetRuneAt(text, i, out Rune rune))
            {
                Escape(shown, text[i++]);
                continue;
            }

            i += rune.Utf16SequenceLength;
            if (IsPlain(rune))
            {
                shown.Append(rune);
            }
            else
            {
                Escape(shown, rune.Value);
            }
        }

        return Cut(shown.ToString(), Most);
    }

    // An unpaired surrogate enumerates as the replacement character, which is as good as a control.
    private static bool IsPlain(Rune rune) => rune.Value is ZeroWidthJoiner or ZeroWidthNonJoiner or '\t' || (rune != Rune.ReplacementChar && Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate));

    private static void Escape(StringBuilder shown, int value) => shown.Append(value switch
    {
        '\n' => @"\n",
        '\r' => @"\r",
        0xFFFD => "\uFFFD",
        _ => string.Create(CultureInfo.InvariantCulture, $"\\u{{{value:x}}}"),
    });

    private static string Cut(string text, int most)
    {
        if (text.Length <= most)
        {
            return text;
        }

        int from = most * Beginning / Most;
        int to = text.Length - (most * End / Most);
        from -= char.IsHighSurrogate(text[from - 1]) ? 1 : 0;
        to += char.IsLowSurrogate(text[to]) ? 1 : 0;
        return string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, from)} ... ({to - from:N0} characters left out) ... {text.AsSpan(to)}");
    }
}
