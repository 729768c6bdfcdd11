using System.Globalization;
using VggCuda.Cli.Examples;
using VggCuda.Cli.Verdicts;

namespace VggCuda.Cli.Reports;

/// <summary>The page of one unit, at <c>units/SECTION/UNIT.html</c>.</summary>
internal static class UnitPage
{
    // Up to here a picture is shown larger, its pixels as squares.
    private const int Small = 160;

    /// <summary>Writes the page.</summary>
    /// <param name="sources">One or two.</param>
    /// <param name="section">The unit's section.</param>
    /// <param name="row">The unit.</param>
    /// <param name="pictures">For each source the picture in the report's folder with its size, or why there is none.</param>
    /// <param name="previous">The page before it, or null.</param>
    /// <param name="next">The page after it, or null.</param>
    /// <param name="examples">Examples with the path of their sheet, or null.</param>
    public static byte[] Of(IReadOnlyList<ReportSource> sources, ReportSection section, ReportRow row, IReadOnlyList<ShownPicture> pictures, string? previous, string? next, (ExampleLayer Layer, ExampleUnit Unit, string Sheet, ExamplesFile File)? examples)
    {
        string title = TitleOf(section, row);
        ReportDetail?[] details = [.. row.Sides.Select(s => s?.Detail())];
        string[] names = [.. sources.Select(s => s.Name)];
        Html body = new();
        body.Add($"""
            <header><nav aria-label="Pages"><a href="../../index.html#unit.{section.Name}.{row.Name}" rel="up">All</a> {Neighbour(previous, "prev", "Previous")} {Neighbour(next, "next", "Next")}</nav>
            <h1><bdi>{title}</bdi></h1></header>
            <main>
            <div class="sides">

            """);
        for (int i = 0; i < sources.Count; i++)
        {
            body.Add($"{FigureOf(sources, row, pictures, title, i)}");
        }

        body.Add($"</div>\n");
        NamedCurve[] curves = sources.Count == 1
            ? [.. details[0]?.Curves ?? []]
            : [.. details.SelectMany((d, i) => (d?.Curves ?? []).Select(c => c with { Name = names[i] }))];
        if (LossFigure.Draw(curves) is { } figure)
        {
            body.Add($"<section aria-labelledby=\"loss\"><h2 id=\"loss\">Loss</h2>\n{figure}");
            if (curves.Length > 1)
            {
                body.Add($"<ul class=\"legend\">");
                for (int i = 0; i < curves.Length; i++)
                {
                    body.Add($"<li class=\"c{i % LossFigure.MostCurves}\"><bdi>{curves[i].Name}</bdi></li>");
                }

                body.Add($"</ul>");
            }

            body.Add($"</section>\n");
        }

        if (examples is { } found)
        {
            body.Add($"{ExamplesOf(found.Layer, found.Unit, found.Sheet, found.File)}");
        }

        body.Add($"""
            <section aria-labelledby="scores"><h2 id="scores">Scores</h2>
            {Page.Table("What the network says to the picture, and how it came about", names, [.. details.Select(d => d?.Facts)])}</section>

            """);
        if (details.Any(d => d?.Commands.Count > 0))
        {
            body.Add($"<section aria-labelledby=\"again\"><h2 id=\"again\">Draw it again</h2>\n");
            for (int i = 0; i < details.Length; i++)
            {
                foreach (Fact command in details[i]?.Commands ?? [])
                {
                    body.Add($"<p>{(sources.Count > 1 ? $"{names[i]}: " : "")}{command.Name}</p>\n<pre tabindex=\"0\" aria-label=\"Command line\"><code>{command.Value}</code></pre>\n");
                }
            }

            body.Add($"</section>\n");
        }

        body.Add($"<section aria-labelledby=\"settings\"><h2 id=\"settings\">Settings</h2>\n{Page.Table("What it was drawn with", names, [.. details.Select(d => d?.Settings)])}");
        for (int i = 0; i < details.Length; i++)
        {
            if (details[i]?.Plan is { } plan)
            {
                body.Add($"<details><summary>The whole plan{(sources.Count > 1 ? $" of {names[i]}" : "")}</summary><pre tabindex=\"0\" aria-label=\"Plan\"><code>{plan}</code></pre></details>\n");
            }
        }

        body.Add($"</section>\n</main>\n<footer>Keys: <kbd>←</kbd> <kbd>→</kbd> previous and next, <kbd>u</kbd> all pictures.</footer>\n");
        Html links = new();
        links.Add($"{Link("prev", previous)}{Link("next", next)}");
        return Page.Of(title, "../../", "unit", links, body);
    }

    /// <summary>What a unit is called in a heading.</summary>
    public static string TitleOf(ReportSection section, ReportRow row) =>
        row.Main.Channel is null ? $"{section.Title}, {row.Main.Label}" : $"{section.Title}, {section.Kind} {row.Main.Label}";

    private static Html FigureOf(IReadOnlyList<ReportSource> sources, ReportRow row, IReadOnlyList<ShownPicture> pictures, string title, int side)
    {
        Html html = new();
        Html heading = new();
        if (sources.Count > 1)
        {
            heading.Add($"<strong><bdi>{sources[side].Name}</bdi></strong>: ");
        }

        if (pictures[side] is not { Path: { } path } picture)
        {
            return html.Add($"<figure class=\"none\"><figcaption>{heading}no picture: <bdi>{pictures[side].Fault}</bdi></figcaption></figure>\n");
        }

        string name = sources.Count > 1 ? $"{title}, {sources[side].Name}" : title;
        string size = Math.Max(picture.Width, picture.Height) <= Small ? "small" : "full";
        return html.Add($"""
            <figure><a href="../../{path}"><img class="{size}" src="../../{path}" width="{picture.Width}" height="{picture.Height}" alt="What most excites {name}"></a>
            <figcaption>{heading}{VerdictOf(row.Sides[side]!)}</figcaption></figure>

            """);
    }

    private static string VerdictOf(ReportEntry entry)
    {
        string activation = entry.Activation is double a ? $"activation {SweepSource.Number(a)}" : "";
        string sure = entry.Probability is double p ? $"the network takes it for this class with {SweepSource.Percent(p)}" : "";
        string verdict = entry is { Verdict: { } words, Percentile: double percentile } ? VerdictText.Of(words, percentile, null) : "";
        return string.Join("; ", ((string[])[sure, activation, verdict]).Where(t => t.Length > 0));
    }

    private static Html ExamplesOf(ExampleLayer layer, ExampleUnit unit, string sheet, ExamplesFile file)
    {
        Html html = new();
        html.Add($"""
            <section aria-labelledby="examples"><h2 id="examples">Pictures that excite it most</h2>
            <div class="sides"><figure><img class="patches" src="../../{sheet}" alt="Patches of the {unit.Top.Count} pictures that excite it most" loading="lazy">
            <figcaption>Of {file.Pictures} pictures in <bdi>{file.Folder}</bdi>, the strongest first, row by row; {layer.Field.Size} x {layer.Field.Size} pixels of the network's input each.</figcaption></figure>
            <table><caption>Where</caption><thead><tr><th scope="col">Picture</th><th scope="col">Activation</th><th scope="col">Column, row</th></tr></thead><tbody>

            """);
        foreach (Example example in unit.Top.Where(e => e is not null))
        {
            html.Add($"<tr><td><bdi>{example.File}</bdi></td><td>{example.Activation.ToString("G5", CultureInfo.InvariantCulture)}</td><td>{example.Left}, {example.Top}</td></tr>\n");
        }

        return html.Add($"</tbody></table></div></section>\n");
    }

    private static Html Neighbour(string? page, string relation, string words)
    {
        Html html = new();
        return page is null ? html.Add($"<span class=\"off\">{words}</span>") : html.Add($"<a href=\"../../{page}\" rel=\"{relation}\">{words}</a>");
    }

    private static Html Link(string relation, string? page)
    {
        Html html = new();
        return page is null ? html : html.Add($"<link rel=\"{relation}\" href=\"../../{page}\">");
    }
}

/// <summary>A picture as the report shows it.</summary>
/// <param name="Path">Relative to the report's folder, with slashes; null where there is none.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Thumbnail">Classes of an element that shows its thumbnail.</param>
/// <param name="Fault">Why there is none.</param>
internal sealed record ShownPicture(string? Path, int Width, int Height, string Thumbnail, string? Fault);
