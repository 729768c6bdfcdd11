using VggCuda.Cli.Sweeps.Format;

namespace VggCuda.Cli.Reports;

/// <summary>What a report is of: a sweep, or the records of runs.</summary>
/// <param name="Name">What it is called beside another one.</param>
/// <param name="Facts">What holds for all of it: name and value.</param>
/// <param name="Groups">A sweep's parts, or the records.</param>
internal sealed record ReportSource(string Name, IReadOnlyList<Fact> Facts, IReadOnlyList<ReportGroup> Groups)
{
    /// <summary>SHA-256 of the weights, or null where it is not one file's.</summary>
    public string? Weights { get; init; }
}

/// <summary>A name and a value, for a table.</summary>
internal sealed record Fact(string Name, string Value);

/// <summary>Entries that belong together.</summary>
/// <param name="Name">Letters, digits, '-' and '_'; each once in a source.</param>
/// <param name="Title">The layer's name, or the record's; from a file.</param>
/// <param name="Layer">Keras's name of the layer, or null.</param>
/// <param name="Kind">What its entries are, in the singular: filter, unit, class, objective, picture.</param>
/// <param name="Entries">In their order.</param>
internal sealed record ReportGroup(string Name, string Title, string? Layer, string Kind, IReadOnlyList<ReportEntry> Entries);

/// <summary>One picture of a report.</summary>
internal sealed record ReportEntry
{
    /// <summary>Letters, digits, '-' and '_'; each once in its group.</summary>
    public required string Name { get; init; }

    /// <summary>What stands below its thumbnail.</summary>
    public required string Label { get; init; }

    /// <summary>The channel, or null; pictures of two sweeps are put side by side by it.</summary>
    public int? Channel { get; init; }

    /// <summary>The picture's file, or null where there is none.</summary>
    public required string? Picture { get; init; }

    /// <summary>Why there is no picture, or null.</summary>
    public string? Fault { get; init; }

    public double? Activation { get; init; }

    /// <summary>For classes: what the network says to the picture.</summary>
    public double? Probability { get; init; }

    /// <summary>The lowest total.</summary>
    public double? Loss { get; init; }

    /// <summary>percentile, never active, saturated or no gradient; null where nothing was said.</summary>
    public string? Verdict { get; init; }

    /// <summary>Percent of the sample pictures to which the unit answers more weakly.</summary>
    public double? Percentile { get; init; }

    /// <summary>The order by verdict: first what has no gradient, was never active or is saturated, then by percentile.</summary>
    public double? VerdictOrder => Verdict switch
    {
        null => null,
        "never active" => -3,
        "no gradient" => -2,
        "saturated" => -1,
        _ => Percentile,
    };

    /// <summary>The rest, which is read when its page is written: thousands of them are not held.</summary>
    public required Func<ReportDetail> Detail { get; init; }
}

/// <summary>What stands on an entry's own page.</summary>
/// <param name="Facts">Scores and what else is known.</param>
/// <param name="Curves">Losses over the run: what each is of, and the curve.</param>
/// <param name="Settings">What it was drawn with.</param>
/// <param name="Plan">The plan as JSON, or null.</param>
/// <param name="Commands">Command lines: what each is for, and the line.</param>
internal sealed record ReportDetail(IReadOnlyList<Fact> Facts, IReadOnlyList<NamedCurve> Curves, IReadOnlyList<Fact> Settings, string? Plan, IReadOnlyList<Fact> Commands);

/// <summary>A loss curve and what it is of.</summary>
internal sealed record NamedCurve(string Name, LossCurve Curve);

/// <summary>One place in the report: the same unit of one source or two.</summary>
/// <param name="Name">Of its page, unique in its section.</param>
/// <param name="Sides">One per source; null where a source has no such unit. Not all are null.</param>
internal sealed record ReportRow(string Name, IReadOnlyList<ReportEntry?> Sides)
{
    /// <summary>The first source's entry, where it has one.</summary>
    public ReportEntry Main => Sides.First(s => s is not null)!;
}

/// <summary>A group of one source or two.</summary>
/// <param name="Name">Letters, digits, '-' and '_'; each once in a report.</param>
/// <param name="Title">The layer's name, or the record's; from a file.</param>
/// <param name="Layer">Keras's name of the layer, or null.</param>
/// <param name="Kind">What its rows are, in the singular.</param>
/// <param name="Groups">One per source; null where a source has no such group.</param>
/// <param name="Rows">By channel.</param>
internal sealed record ReportSection(string Name, string Title, string? Layer, string Kind, IReadOnlyList<ReportGroup?> Groups, IReadOnlyList<ReportRow> Rows)
{
    /// <summary>Puts the groups of sources side by side: those of one layer (or one name), and in them the units of one channel (or one name).</summary>
    public static IReadOnlyList<ReportSection> Of(IReadOnlyList<ReportSource> sources)
    {
        List<(string Key, ReportGroup?[] Groups)> pairs = [];
        for (int i = 0; i < sources.Count; i++)
        {
            foreach (ReportGroup group in sources[i].Groups)
            {
                string key = group.Layer ?? "/" + group.Name;
                int at = pairs.FindIndex(p => p.Key == key && p.Groups[i] is null);
                if (at < 0)
                {
                    at = pairs.Count;
                    pairs.Add((key, new ReportGroup?[sources.Count]));
                }

                pairs[at].Groups[i] = group;
            }
        }

        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        return [.. pairs.Select(p => Joined(Unique(names, p.Groups.First(g => g is not null)!.Name), p.Groups))];
    }

    /// <summary>The name, or the name with a number where it has been given already.</summary>
    public static string Unique(HashSet<string> names, string name)
    {
        string unique = name;
        for (int i = 2; !names.Add(unique); i++)
        {
            unique = $"{name}-{i}";
        }

        return unique;
    }

    private static ReportSection Joined(string name, ReportGroup?[] groups)
    {
        Dictionary<(int?, string?, int), int> places = [];
        List<ReportEntry?[]> rows = [];
        for (int i = 0; i < groups.Length; i++)
        {
            // Of several pictures of a channel the first beside the first.
            Dictionary<(int?, string?), int> seen = [];
            foreach (ReportEntry entry in groups[i]?.Entries ?? [])
            {
                (int?, string?) of = (entry.Channel, entry.Channel is null ? entry.Name : null);
                int count = seen[of] = seen.GetValueOrDefault(of) + 1;
                (int?, string?, int) key = (of.Item1, of.Item2, count);
                if (!places.TryGetValue(key, out int at))
                {
                    at = places[key] = rows.Count;
                    rows.Add(new ReportEntry?[groups.Length]);
                }

                rows[at][i] = entry;
            }
        }

        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        ReportGroup main = groups.First(g => g is not null)!;
        return new ReportSection(name, main.Title, main.Layer, main.Kind, groups, [.. rows.OrderBy(r => r.First(e => e is not null)!.Channel ?? -1).Select(r => new ReportRow(Unique(names, r.First(e => e is not null)!.Name), r))]);
    }
}
