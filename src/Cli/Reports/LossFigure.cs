using System.Globalization;
using VggCuda.Cli.Sweeps.Format;

namespace VggCuda.Cli.Reports;

/// <summary>Losses over a run as a figure in the page (SVG).</summary>
internal static class LossFigure
{
    /// <summary>The most curves of a figure: so many colours tell them apart.</summary>
    public const int MostCurves = 8;

    private const int MostPoints = 201;
    private const int Width = 640;
    private const int Height = 220;
    private const int Left = 76;
    private const int Bottom = 28;
    private const int Top = 10;

    /// <summary>Evenly thinned to at most 201 points, the first and the last among them.</summary>
    public static LossCurve Thinned(IReadOnlyList<(int Step, double? Total)> points)
    {
        int count = Math.Min(MostPoints, points.Count);
        int[] places = [.. Enumerable.Range(0, count).Select(i => count == 1 ? 0 : (int)((long)i * (points.Count - 1) / (count - 1)))];
        return new LossCurve([.. places.Select(p => points[p].Step)], [.. places.Select(p => points[p].Total)]);
    }

    /// <summary>Draws the curves into one figure; null where none has two finite points.</summary>
    public static Html? Draw(IReadOnlyList<NamedCurve> curves)
    {
        (int Step, double Total)[] all = [.. curves.SelectMany(c => c.Curve.Steps.Zip(c.Curve.Totals)).Where(p => p.Second is double t && double.IsFinite(t)).Select(p => (p.First, p.Second!.Value))];
        if (all.Length < 2)
        {
            return null;
        }

        (int first, int last) = (all.Min(p => p.Step), all.Max(p => p.Step));
        (double low, double most) = (all.Min(p => p.Total), all.Max(p => p.Total));

        // Where a run begins far above all the rest, that would be a flat line.
        double high = all.Where(p => p.Step >= first + (((double)last - first) / 10)).Max(p => p.Total);
        high = high == low ? most : high;
        string words = string.Create(CultureInfo.InvariantCulture, $"Loss from step {first + 1L} to {last + 1L}, between {low:G4} and {most:G4}: {string.Join(", ", curves.Select(c => c.Name))}");
        Html html = new();
        html.Add($"""
            <svg class="loss" viewBox="0 0 {Width} {Height}" role="img"><title>{words}</title>
            <g class="axis"><path d="M{Left} {Top}V{Height - Bottom}H{Width - 4}"/>
            <text x="{Left - 6}" y="{Top + 10}" text-anchor="end">{high:G4}</text><text x="{Left - 6}" y="{Height - Bottom}" text-anchor="end">{low:G4}</text>
            <text x="{Left + 8}" y="{Top + 10}">{(most > high ? string.Create(CultureInfo.InvariantCulture, $"begins at {most:G4}") : "")}</text>
            <text x="{Left}" y="{Height - 8}">step {first + 1}</text><text x="{Width - 4}" y="{Height - 8}" text-anchor="end">{last + 1}</text></g>

            """);
        for (int i = 0; i < curves.Count; i++)
        {
            html.Add($"<path class=\"curve c{i % MostCurves}\" d=\"{PathOf(curves[i].Curve)}\"/>\n");
        }

        return html.Add($"</svg>\n");

        string PathOf(LossCurve curve)
        {
            System.Text.StringBuilder path = new();
            bool isBroken = true;
            foreach ((int step, double? total) in curve.Steps.Zip(curve.Totals))
            {
                if (total is not double value || !double.IsFinite(value))
                {
                    isBroken = true;
                    continue;
                }

                // Halves first: the difference of two finite numbers need not be finite.
                double x = Left + (last == first ? 0 : ((double)step - first) / ((double)last - first) * (Width - Left - 4));
                double y = Top + (high == low ? 0.5 : Math.Max(0, ((high / 2) - (value / 2)) / ((high / 2) - (low / 2)))) * (Height - Top - Bottom);
                path.Append(CultureInfo.InvariantCulture, $"{(isBroken ? 'M' : 'L')}{x:F1} {y:F1}");
                isBroken = false;
            }

            return path.ToString();
        }
    }
}
