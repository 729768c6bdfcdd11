using System.Globalization;

namespace VggCuda.Cli.Reports;

/// <summary>The page of all: <c>index.html</c>. Its tiles are added one by one.</summary>
/// <param name="sources">One or two.</param>
/// <param name="sections">All sections.</param>
internal sealed class IndexPage(IReadOnlyList<ReportSource> sources, IReadOnlyList<ReportSection> sections)
{
    private readonly Dictionary<ReportSection, Html> _tiles = sections.ToDictionary(s => s, _ => new Html());

    /// <summary>Adds a unit's tile.</summary>
    public void Add(ReportSection section, ReportRow row, IReadOnlyList<ShownPicture> pictures)
    {
        ReportEntry main = row.Main;
        Html html = _tiles[section];
        html.Add($"<li id=\"unit.{section.Name}.{row.Name}\"{Score("a", main.Activation)}{Score("p", main.Probability)}{Score("l", main.Loss)}{Score("v", main.VerdictOrder)}{Score("d", Difference(row))}><a href=\"units/{section.Name}/{row.Name}.html\">");
        foreach (ShownPicture picture in pictures)
        {
            html.Add($"<i class=\"{(picture.Path is null ? "t none" : picture.Thumbnail)}\"></i>");
        }

        html.Add($"<b>{main.Label}</b>");
        if (pictures.All(p => p.Path is null))
        {
            html.Add($"<small>no picture</small>");
        }
        else if (main.Probability is double p)
        {
            html.Add($"<small>{p * 100:F1} %</small>");
        }
        else if (main.Verdict is { } words and not "percentile")
        {
            html.Add($"<small>{words}</small>");
        }

        html.Add($"</a></li>\n");
    }

    /// <summary>The whole page.</summary>
    /// <param name="remarks">Sentences above all.</param>
    public byte[] ToUtf8(IReadOnlyList<string> remarks)
    {
        int units = sections.Sum(s => s.Rows.Count);
        string title = string.Join(" and ", sources.Select(s => s.Name));
        Html body = new();
        body.Add($"""
            <a class="skip" href="#atlas">To the pictures</a>
            <header><h1><bdi>{title}</bdi></h1>
            {Page.Table("What this is", [.. sources.Select(s => s.Name)], [.. sources.Select(s => s.Facts)])}
            """);
        foreach (string remark in remarks)
        {
            body.Add($"<p>{remark}</p>\n");
        }

        if (sources.Count > 1)
        {
            body.Add($"<p>Of each pair the left picture is of <bdi>{sources[0].Name}</bdi>, the right one of <bdi>{sources[1].Name}</bdi>; scores are the left one's.</p>\n");
        }

        body.Add($"""
            </header>
            <form role="search" id="find"><label>Search <input type="search" id="q" autocomplete="off" spellcheck="false" aria-describedby="hint"></label>
            <label>Sort <select id="sort"><option value="">by place</option>{Sort("a", "activation", r => r.Main.Activation)}{Sort("p", "probability", r => r.Main.Probability)}{Sort("l", "loss, lowest first", r => r.Main.Loss)}{Sort("v", "verdict, weakest first", r => r.Main.VerdictOrder)}{Sort("d", "difference of the activations", Difference)}</select></label>
            <output id="count" for="q">{units} pictures</output>
            <span id="hint" class="hint">A layer, a number, a class. Keys: <kbd>/</kbd> search, <kbd>arrows</kbd> from picture to picture, <kbd>Enter</kbd> opens, <kbd>s</kbd> sorts, <kbd>Esc</kbd> shows all.</span></form>
            <nav aria-label="Layers"><ul>

            """);
        foreach (ReportSection section in sections)
        {
            body.Add($"<li><a href=\"#layer.{section.Name}\"><bdi>{section.Title}</bdi> <small>{section.Rows.Count}</small></a></li>\n");
        }

        body.Add($"</ul></nav>\n<main id=\"atlas\" tabindex=\"-1\">\n");
        foreach (ReportSection section in sections)
        {
            body.Add($"<section id=\"layer.{section.Name}\" aria-labelledby=\"title.{section.Name}\"><h2 id=\"title.{section.Name}\"><bdi>{section.Title}</bdi> <small>{section.Rows.Count} {Many(section.Kind, section.Rows.Count)}</small></h2>\n<ul class=\"tiles{(sources.Count > 1 ? " pairs" : "")}\">\n{_tiles[section]}</ul></section>\n");
        }

        body.Add($"</main>\n<footer>{Hosting.Software.Name} {Hosting.Software.Version}</footer>\n");
        Html links = new();
        links.Add($"<link rel=\"stylesheet\" href=\"thumbs.css\">");
        return Page.Of($"{title} - what it has learned", "", "index", links, body);

        Html Sort(string value, string words, Func<ReportRow, double?> of)
        {
            Html html = new();
            return sections.SelectMany(s => s.Rows).Any(r => of(r) is double v && double.IsFinite(v)) ? html.Add($"<option value=\"{value}\">by {words}</option>") : html;
        }
    }

    private static string Many(string kind, int count) => count == 1 ? kind : kind == "class" ? "classes" : kind + "s";

    private static double? Difference(ReportRow row) =>
        row.Sides is [{ Activation: double left }, { Activation: double right }] ? Math.Abs(left - right) : null;

    private static Html Score(string name, double? value)
    {
        Html html = new();
        return value is double v && double.IsFinite(v) ? html.Add($" data-{name}=\"{v.ToString("G7", CultureInfo.InvariantCulture)}\"") : html;
    }
}
