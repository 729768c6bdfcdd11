using System.Globalization;
using VggCuda.Engine.Verdicts;

namespace VggCuda.Cli.Verdicts;

/// <summary>Verdicts in words.</summary>
internal static class VerdictText
{
    /// <summary>"stronger than in 97.3 % of 2048 pictures", "never active".</summary>
    /// <param name="words">The kind, as <see cref="Verdict.Words"/>.</param>
    /// <param name="percentile">Its percentile.</param>
    /// <param name="pictures">How many sample pictures there were, or null where that is not known.</param>
    public static string Of(string words, double percentile, int? pictures)
    {
        string among = pictures is int n ? string.Create(CultureInfo.InvariantCulture, $"{n} pictures") : "the sample pictures";
        string place = percentile >= 100 ? $"stronger than in any of {among}"
            : percentile <= 0 ? $"no stronger than in any of {among}"
            : string.Create(CultureInfo.InvariantCulture, $"stronger than in {Math.Clamp(Math.Round(percentile, 1), 0.1, 99.9):0.#} % of {among}");
        return words switch
        {
            "percentile" => place,
            "never active" => $"never active: 0 in this picture and in all of {among}",
            _ => $"{words}; {place}",
        };
    }

    /// <summary>"block1 0.61, block2 0.85": trust by layer, by the layers' short names.</summary>
    public static string Of(IReadOnlyList<LayerTrust> trust) => string.Join(", ", trust.Select(t => string.Create(CultureInfo.InvariantCulture, $"{t.Layer} {(t.Value is double v ? v.ToString("F2", CultureInfo.InvariantCulture) : "unknown")}")));
}
