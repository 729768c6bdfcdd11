using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace VggCuda.Cli.Reports;

/// <summary>HTML that is being written. What stands in the braces of a string is text and escaped, whatever it holds; markup is only what our own sources spell out.</summary>
internal sealed class Html
{
    private readonly StringBuilder _text = new();

    /// <summary>Adds markup; the values in it become text.</summary>
    public Html Add([InterpolatedStringHandlerArgument("")] ref Handler markup)
    {
        // The handler has written it.
        _ = markup;
        return this;
    }

    /// <summary>Adds what was written elsewhere.</summary>
    public Html Add(Html other)
    {
        _text.Append(other._text);
        return this;
    }

    /// <summary>UTF-8, with <c>&lt;!DOCTYPE html&gt;</c> where the markup began with it.</summary>
    public byte[] ToUtf8() => Encoding.UTF8.GetBytes(_text.ToString());

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    private void AddText(string text)
    {
        for (int i = 0; i < text.Length;)
        {
            bool isWhole = Rune.TryGetRuneAt(text, i, out Rune rune);
            i += isWhole ? rune.Utf16SequenceLength : 1;
            switch (rune.Value)
            {
                case '&': _text.Append("&amp;"); break;
                case '<': _text.Append("&lt;"); break;
                case '>': _text.Append("&gt;"); break;
                case '"': _text.Append("&quot;"); break;
                case '\'': _text.Append("&#39;"); break;
                case '\n' or '\t': _text.Append((char)rune.Value); break;
                default:
                    // Controls are no characters of HTML, and some others turn the direction of the text behind them.
                    _text.Append(!isWhole || IsUnfit(rune) ? "\uFFFD" : rune.ToString());
                    break;
            }
        }
    }

    private static bool IsUnfit(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        || rune.Value is (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) or 0xFFFE or 0xFFFF;

    /// <summary>Writes the pieces of an interpolated string.</summary>
    [InterpolatedStringHandler]
    internal readonly ref struct Handler(int literalLength, int formattedCount, Html html)
    {
        private readonly Html _html = Reserve(html, literalLength + (16 * formattedCount));

        public void AppendLiteral(string markup) => _html._text.Append(markup);

        public void AppendFormatted(string? text) => _html.AddText(text ?? "");

        public void AppendFormatted(int number) => _html._text.Append(CultureInfo.InvariantCulture, $"{number}");

        public void AppendFormatted(double number, string? format = null) => _html.AddText(number.ToString(format, CultureInfo.InvariantCulture));

        public void AppendFormatted(Html markup) => _html.Add(markup);

        private static Html Reserve(Html html, int more)
        {
            html._text.EnsureCapacity(html._text.Length + more);
            return html;
        }
    }
}
