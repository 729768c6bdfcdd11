namespace VggCuda.Cli.Reports;

/// <summary>What all pages of a report have.</summary>
internal static class Page
{
    /// <summary>Tells our pages from others.</summary>
    public const string Generator = "VggCuda report";

    // Nothing but what lies in the report's folder; 'self' is what a server makes of it, file: what the disk does.
    private const string Policy = "default-src 'none'; img-src 'self' file:; style-src 'self' file:; script-src 'self' file:; base-uri 'none'; form-action 'none'";

    /// <summary>A page.</summary>
    /// <param name="title">In the window's bar.</param>
    /// <param name="up">From the page to the report's folder: nothing, or <c>../../</c>.</param>
    /// <param name="kind">Index or unit, for the script.</param>
    /// <param name="links">Neighbours, for the head.</param>
    /// <param name="body">The rest.</param>
    public static byte[] Of(string title, string up, string kind, Html links, Html body)
    {
        Html html = new();
        html.Add($"""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="{Policy}">
            <meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
            <meta name="generator" content="{Generator}"><meta name="referrer" content="no-referrer">
            <title>{title}</title>
            <link rel="icon" href="{up}icon.png"><link rel="stylesheet" href="{up}report.css">{links}
            <script src="{up}report.js" defer></script></head>
            <body data-page="{kind}">
            {body}</body></html>

            """);
        return html.ToUtf8();
    }

    /// <summary>A table of facts of one source or two.</summary>
    /// <param name="caption">What it is.</param>
    /// <param name="names">The sources' names where there are two.</param>
    /// <param name="columns">Their facts; null where a source has none.</param>
    public static Html Table(string caption, IReadOnlyList<string> names, IReadOnlyList<IReadOnlyList<Fact>?> columns)
    {
        Html html = new();
        string[] rows = [.. columns.SelectMany(c => c ?? []).Select(f => f.Name).Distinct()];
        if (rows.Length == 0)
        {
            return html;
        }

        html.Add($"<table><caption>{caption}</caption>\n");
        if (columns.Count > 1)
        {
            html.Add($"<thead><tr><td></td>");
            foreach (string name in names)
            {
                html.Add($"<th scope=\"col\">{name}</th>");
            }

            html.Add($"</tr></thead>\n");
        }

        html.Add($"<tbody>\n");
        foreach (string row in rows)
        {
            string[] values = [.. columns.Select(c => string.Join("; ", (c ?? []).Where(f => f.Name == row).Select(f => f.Value)))];
            html.Add($"<tr{(values.Length > 1 && values.Distinct().Count() > 1 ? Differs : None)}><th scope=\"row\">{row}</th>");
            foreach (string value in values)
            {
                html.Add($"<td><bdi>{value}</bdi></td>");
            }

            html.Add($"</tr>\n");
        }

        return html.Add($"</tbody></table>\n");
    }

    private static Html None => new();

    private static Html Differs => new Html().Add($" class=\"differs\"");
}
