using System.Globalization;
using VggCuda.Cli.Sweeps.Format;
using VggCuda.Cli.Verdicts;

namespace VggCuda.Cli.Reports;

/// <summary>A sweep as a report's source.</summary>
internal static class SweepSource
{
    /// <summary>Follows words about the folder that a command line is for.</summary>
    public const string RelativeRemark = " (the weights' path is as it was given where they were drawn)";

    /// <summary>Reads a sweep's folder; of its records only what the index needs.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="pictures">Where the report keeps copies of this source's pictures, relative to its folder.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="Hosting.CommandException">It holds no sweep that can be read.</exception>
    public static ReportSource Read(string path, string pictures, CancellationToken cancellation)
    {
        SweepFolder folder = SweepFolder.Open(path);
        List<ReportGroup> groups = [];
        int done = 0;
        foreach (SweepPart part in folder.Manifest.Parts)
        {
            List<ReportEntry> entries = [];
            for (int i = 0; i < part.Units.Count; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                entries.Add(EntryOf(folder, part, i, pictures));
                done += entries[^1].Picture is null ? 0 : 1;
            }

            string title = part.Layer ?? $"{part.Name}: {part.Units[0].Label}";
            groups.Add(new ReportGroup(part.Name, title, part.Layer, part.Kind, entries));
        }

        SweepManifest manifest = folder.Manifest;
        SweepEngine? engine = folder.Engine;
        return new ReportSource(
            Path.GetFileName(Path.GetFullPath(path).TrimEnd(Path.DirectorySeparatorChar)),
            [
                new("Weights", manifest.Weights.Name),
                new("Weights' SHA-256", manifest.Weights.Sha256),
                new("Preset", manifest.Preset),
                new("Pictures", Text($"{done} of {folder.Count}")),
                new("Planned", manifest.Created.ToString("yyyy-MM-dd HH:mm 'UTC'zzz", CultureInfo.InvariantCulture)),
                .. engine is null ? (Fact[])[] : [new("Drawn by", $"version {engine.Engine}, {engine.Kernels}, {engine.Device}")],
            ],
            groups)
        {
            Weights = manifest.Weights.Sha256,
        };
    }

    private static ReportEntry EntryOf(SweepFolder folder, SweepPart part, int place, string pictures)
    {
        SweepUnit unit = part.Units[place];
        UnitRecord? record = folder.DoneOf(part, unit);
        UnitFailure? failure = record is null ? folder.FailureOf(part, unit) : null;
        return new ReportEntry
        {
            Name = unit.Name,
            Label = unit.Channel is int channel ? Text($"{channel} {unit.ClassName}").TrimEnd() : Text($"seed {unit.Seed}"),
            Channel = unit.Channel,
            Picture = record is null ? null : folder.PicturePath(part, unit),
            Fault = record is not null ? null : failure is not null ? Text($"given up after {failure.Attempts} attempts: {failure.Reason}") : "not drawn yet",
            Activation = record?.Activation,
            Probability = record?.Probability,
            Loss = record?.BestTotal,
            Verdict = record?.Verdict,
            Percentile = record?.Percentile,
            Detail = () => DetailOf(folder, part, place, pictures),
        };
    }

    private static ReportDetail DetailOf(SweepFolder folder, SweepPart part, int place, string pictures)
    {
        SweepUnit unit = part.Units[place];
        string plan = folder.PlanOf(part).Slice(place, 1).ToJson();
        SweepWeights weights = folder.Manifest.Weights;
        UnitRecord? record = folder.DoneOf(part, unit);
        if (record is null)
        {
            return new ReportDetail([], [], PlanFacts.Of(plan), plan, [new("Draw what is missing, where this report was made:", ShellWords.Join(["vggcuda", "sweep", "--out", folder.Root, .. folder.FailureOf(part, unit) is null ? (string[])[] : ["--retry"]]))]);
        }

        string[] given = ["--weights", weights.Path ?? "demo", .. weights.Network is null ? (string[])[] : ["--network-name", weights.Network]];
        string relative = weights.Path is null || Path.IsPathRooted(weights.Path) ? "" : RelativeRemark;
        string picture = $"{pictures}/{part.Name}/{unit.Name}.png";
        return new ReportDetail(
            [
                new("Activation", Number(record.Activation)),
                .. record.Probability is double p ? (Fact[])[new("Probability", Percent(p))] : [],
                .. record.Rank is int rank ? (Fact[])[new("Rank among the classes", Text($"{rank}"))] : [],
                .. record is { Verdict: { } words, Percentile: double percentile } ? (Fact[])[new("Verdict", VerdictText.Of(words, percentile, null))] : [],
                new("Lowest loss", Text($"{Number(record.BestTotal)} at step {record.BestStep + 1L} of {record.Steps}")),
                new("Seed", Text($"{unit.Seed}")),
                new("Size", Text($"{record.Width} x {record.Height}")),
                new("Drawn by", $"version {record.Engine}, {record.Kernels}{(record.Mixed ? " (not what the rest of the sweep was drawn by)" : "")}"),
                new("Finished", record.Finished.ToString("yyyy-MM-dd HH:mm 'UTC'zzz", CultureInfo.InvariantCulture)),
                new("SHA-256 of the pixels", record.Pixels),
            ],
            [new NamedCurve(unit.Label, record.Curve)],
            PlanFacts.Of(plan),
            plan,
            [
                new($"In this report's folder{relative}:", ShellWords.Join(["vggcuda", "activate", "--plan", picture, .. given, "--out", "again.png"])),
                new("To compare it with this one:", ShellWords.Join(["vggcuda", "verify", picture, .. given])),
                new("To go on from it:", ShellWords.Join(["vggcuda", "rerun", picture, .. given, "--iterations", "2000", "--out", "longer.png"])),
            ]);
    }

    /// <summary>A number as reports show it.</summary>
    public static string Number(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    /// <summary>A probability as reports show it.</summary>
    public static string Percent(double value) => (value * 100).ToString("F2", CultureInfo.InvariantCulture) + " %";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
