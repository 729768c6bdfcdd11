namespace VggCuda.Cli.Progress;

/// <summary>How a line of title, bar and numbers shares the columns of a terminal; what there is no room for is left out, never wrapped.</summary>
internal static class BarLayout
{
    private const int WidestTitle = 24;
    private const int WidestBar = 12;
    private const int LeastBar = 4;

    // Between title, bar and numbers, and the last column, where some terminals wrap.
    private const int Gaps = 3;

    /// <summary>Shares the columns out.</summary>
    /// <param name="columns">Of the terminal.</param>
    /// <param name="title">What is done; empty for none.</param>
    /// <param name="numbers">The same numbers, the longest wording first.</param>
    /// <returns>The title, cut where it is too long and empty where there is no room; the columns of the bar; the longest wording that fits.</returns>
    public static (string Title, int Bar, string Numbers) Share(int columns, string title, params ReadOnlySpan<string> numbers)
    {
        int wanted = Math.Min(title.Length, Math.Min(WidestTitle, columns * 3 / 10));
        string words = "";
        foreach (string wording in numbers)
        {
            words = wording;
            if (wanted + LeastBar + wording.Length + Gaps <= columns)
            {
                break;
            }
        }

        int room = Math.Max(0, columns - Gaps - LeastBar - words.Length);
        string shown = title.Length <= room && title.Length <= WidestTitle ? title
            : Math.Min(room, wanted) < 2 ? ""
            : title[..(Math.Min(room, wanted) - 1)] + "…";
        int bar = Math.Clamp(columns - Gaps - shown.Length - words.Length, 1, WidestBar);
        return (shown, bar, words.Length > columns - 1 ? words[..Math.Max(0, columns - 1)] : words);
    }
}
