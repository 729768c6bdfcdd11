using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using VggCuda.Cli.Attribution;
using VggCuda.Cli.Drawing;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Sweeps.Format;
using VggCuda.Cli.Verdicts;
using VggCuda.Engine.Hashing;
using VggCuda.Imaging;

namespace VggCuda.Cli.Reports;

/// <summary>The records of <c>activate</c>, <c>recipe</c> and <c>rerun</c>, and what <c>attribute --json</c> wrote, as a report's source.</summary>
/// <remarks>A record may come from elsewhere. Of the files that it names those are taken that lie beside it, and drawn pictures only where they have the SHA-256 that it says.</remarks>
internal static partial class RecordSource
{
    private const long MostRecordBytes = 64L << 20;
    private const long MostLogBytes = 256L << 20;

    /// <summary>Reads a record, or all records of a folder.</summary>
    /// <param name="path">A .json file, or a folder.</param>
    /// <param name="pictures">Where the report keeps copies of this source's pictures, relative to its folder.</param>
    /// <param name="note">Gets a line for each file that was to be a record and could not be read.</param>
    /// <exception cref="CommandException">There is none.</exception>
    public static ReportSource Read(string path, string pictures, Action<string> note)
    {
        bool isFolder = Directory.Exists(path);
        if (!isFolder && !File.Exists(path))
        {
            throw CommandException.File($"There is no folder '{path}'.");
        }

        string[] files = isFolder ? [.. Directory.EnumerateFiles(path, "*.json").Order(StringComparer.Ordinal)] : [path];
        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        List<ReportGroup> groups = [];
        foreach (string file in files)
        {
            if (GroupOf(file, names, pictures, note) is { } group)
            {
                groups.Add(group);
            }
        }

        return groups.Count > 0
            ? new ReportSource(Path.GetFileName(Path.GetFullPath(path).TrimEnd(Path.DirectorySeparatorChar)), [new("Records", groups.Count.ToString(CultureInfo.InvariantCulture))], groups)
            : throw CommandException.File($"'{path}' holds nothing to report: neither a sweep (sweep.json) nor records of activate, recipe or rerun, nor a .json of attribute --json.");
    }

    private static ReportGroup? GroupOf(string file, HashSet<string> names, string pictures, Action<string> note)
    {
        try
        {
            byte[] bytes = FileContent.Read(file, MostRecordBytes);
            switch (KindOf(bytes))
            {
                case "run":
                    RunRecord run = JsonSerializer.Deserialize(bytes, ReportJson.Default.RunRecord)!;
                    return OfRun(file, run, ReportSection.Unique(names, Slug(file)), pictures);
                case "attribution":
                    List<AttributionReport> rows = JsonSerializer.Deserialize(bytes, ReportJson.Default.ListAttributionReport)!;
                    return OfAttribution(file, [.. rows.Where(r => r is not null)], ReportSection.Unique(names, Slug(file)));
                default:
                    return null;
            }
        }
        catch (Exception error) when (error is JsonException or PictureException)
        {
            note($"'{file}' is left out: {(error is JsonException ? "it is no record that can be read." : error.Message)}");
            return null;
        }
    }

    // Other JSON may lie in the folder.
    private static string KindOf(byte[] bytes)
    {
        using JsonDocument document = JsonDocument.Parse(bytes);
        JsonElement root = document.RootElement;
        return root.ValueKind == JsonValueKind.Object && root.TryGetProperty("renders", out _) ? "run"
            : root.ValueKind == JsonValueKind.Array && root.GetArrayLength() > 0 && root[0].ValueKind == JsonValueKind.Object && root[0].TryGetProperty("methods", out _) ? "attribution"
            : "";
    }

    private static ReportGroup OfRun(string file, RunRecord run, string name, string pictures)
    {
        List<ReportEntry> entries = [];
        RenderRecord[] renders = [.. run.Renders.Where(r => r is not null)];
        for (int i = 0; i < renders.Length; i++)
        {
            RenderRecord render = renders[i];
            string plan = render.Plan.GetRawText();
            FileRecord? png = FileOf(render, "png");
            string? picture = png is null ? null : Beside(file, png);
            PictureRecord[] drawn = [.. render.Pictures.Where(p => p is not null)];
            string entry = (i + 1).ToString("D3", CultureInfo.InvariantCulture);
            string label = png is null ? $"picture {i + 1}" : Path.GetFileNameWithoutExtension(png.Path);
            entries.Add(new ReportEntry
            {
                Name = entry,
                Label = label,
                Picture = picture,
                Fault = picture is not null ? null : png is null ? "the record names no PNG" : $"'{Path.GetFileName(png.Path)}' does not lie beside the record, or has been replaced since",
                Activation = drawn.Length == 1 ? drawn[0].Activation : null,
                Probability = drawn is [{ Channels: [{ Probability: double p }] }] ? p : null,
                Loss = drawn.Length == 1 ? drawn[0].BestTotal : null,
                Verdict = drawn is [{ Channels: [{ } only] }] ? only.Verdict : null,
                Percentile = drawn is [{ Channels: [{ } one] }] ? one.Percentile : null,
                Detail = () => new ReportDetail(
                    FactsOf(run, render, drawn),
                    CurvesOf(file, render),
                    render.Plan.ValueKind == JsonValueKind.Object ? PlanFacts.Of(plan) : [],
                    plan,
                    [
                        new($"In this report's folder{(run.Weights.Path is null || Path.IsPathRooted(run.Weights.Path) ? "" : SweepSource.RelativeRemark)}:", ShellWords.Join(["vggcuda", "activate", "--plan", $"{pictures}/{name}/{entry}.png", "--weights", run.Weights.Path ?? "demo", "--out", "again.png"])),
                        new("As it was called:", ShellWords.Join(["vggcuda", .. run.Arguments.OfType<string>()])),
                    ]),
            });
        }

        return new ReportGroup(name, $"{run.Command}: {Path.GetFileName(file)}", null, "picture", entries);
    }

    private static List<Fact> FactsOf(RunRecord run, RenderRecord render, PictureRecord[] drawn)
    {
        List<Fact> facts = [];
        foreach (PictureRecord picture in drawn)
        {
            string which = drawn.Length == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"Picture {picture.Index + 1L}: ");
            facts.Add(new($"{which}activation", SweepSource.Number(picture.Activation)));
            foreach (ScoreRecord score in picture.Channels.Where(c => c is not null))
            {
                string sure = score is { Probability: double p, Rank: int rank } ? string.Create(CultureInfo.InvariantCulture, $", probability {SweepSource.Percent(p)}, rank {rank}") : "";
                facts.Add(new(string.Create(CultureInfo.InvariantCulture, $"{which}{score.Channel} {score.Name}").TrimEnd(), $"activation {SweepSource.Number(score.Activation)}{sure}{(score is { Verdict: { } words, Percentile: double percentile } ? "; " + VerdictText.Of(words, percentile, null) : "")}"));
            }

            foreach (TrustRecord trust in (picture.Trust ?? []).Where(t => t is not null))
            {
                facts.Add(new($"{which}trust at {trust.Layer}", trust.Value is double value ? SweepSource.Number(value) : "unknown"));
            }

            facts.Add(new($"{which}lowest loss", string.Create(CultureInfo.InvariantCulture, $"{SweepSource.Number(picture.BestTotal)} at step {picture.BestStep + 1L} of {picture.Steps}, seed {picture.Seed}, {picture.Width} x {picture.Height}")));
        }

        if (render.Cancelled)
        {
            facts.Add(new("Ended", "by the user, before its time"));
        }

        facts.Add(new("Weights", $"{run.Weights.Name}{(run.Weights.Sha256 is null ? "" : $", SHA-256 {run.Weights.Sha256}")}"));
        facts.Add(new("Drawn by", $"version {run.Software.Version}, {run.Device.Name}, {run.Device.Processor}"));
        facts.Add(new("Started", run.Started.ToString("yyyy-MM-dd HH:mm 'UTC'zzz", CultureInfo.InvariantCulture)));
        return facts;
    }

    // Of runs with --log.
    private static List<NamedCurve> CurvesOf(string file, RenderRecord render)
    {
        if (FileOf(render, "log") is not { } log || Beside(file, log, MostLogBytes) is not { } path)
        {
            return [];
        }

        SortedDictionary<int, List<(int Step, double? Total)>> images = [];
        foreach (string line in File.ReadLines(path))
        {
            try
            {
                using JsonDocument document = JsonDocument.Parse(line);
                JsonElement root = document.RootElement;
                if (root.ValueKind == JsonValueKind.Object
                    && root.TryGetProperty("image", out JsonElement image) && image.TryGetInt32(out int number)
                    && root.TryGetProperty("iteration", out JsonElement iteration) && iteration.TryGetInt32(out int step)
                    && root.TryGetProperty("total", out JsonElement total))
                {
                    images.TryAdd(number, []);
                    images[number].Add((step, total.ValueKind == JsonValueKind.Number && total.TryGetDouble(out double value) && double.IsFinite(value) ? value : null));
                }
            }
            catch (Exception error) when (error is JsonException or InvalidOperationException)
            {
                // A line that is none of the log's; the rest is worth showing.
            }
        }

        return [.. images.Take(LossFigure.MostCurves).Select(i => new NamedCurve(string.Create(CultureInfo.InvariantCulture, $"picture {i.Key + 1L}"), LossFigure.Thinned(i.Value)))];
    }

    private static ReportGroup? OfAttribution(string file, AttributionReport[] rows, string name)
    {
        if (rows.Length == 0)
        {
            return null;
        }

        string sheet = Path.ChangeExtension(file, ".png");
        ReportEntry[] entries = IsSheet(sheet)
            ? [EntryOf("001", $"{rows.Length} answers", sheet, null, rows)]
            : [.. rows.Select((r, i) => EntryOf((i + 1).ToString("D3", CultureInfo.InvariantCulture), $"{Path.GetFileName(r.File)}: {r.Name ?? r.Class.ToString(CultureInfo.InvariantCulture)}", PhotoOf(file, r.File), r.Probability, [r]))];
        return new ReportGroup(name, $"attribute: {Path.GetFileName(file)}", null, "picture", entries);

        static ReportEntry EntryOf(string name, string label, string? picture, double? probability, AttributionReport[] rows) => new()
        {
            Name = name,
            Label = label,
            Picture = picture,
            Fault = picture is null ? "neither the picture nor a sheet of the same name lies beside the .json" : null,
            Probability = probability,
            Detail = () => new ReportDetail([.. rows.SelectMany(FactsOfRow)], [], [], null, []),
        };
    }

    private static IEnumerable<Fact> FactsOfRow(AttributionReport row)
    {
        string about = string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(row.File)}, {row.Class} {row.Name}").TrimEnd();
        yield return new(about, string.Create(CultureInfo.InvariantCulture, $"probability {SweepSource.Percent(row.Probability)}, logit {SweepSource.Number(row.Logit)}"));
        foreach (ReportedMap map in row.Methods.Where(m => m is not null))
        {
            string path = map.Gap is double gap ? string.Create(CultureInfo.InvariantCulture, $"; {map.Steps} steps, completeness gap {SweepSource.Number(gap)}") : "";
            yield return new($"{about}: {map.Method}", string.Create(CultureInfo.InvariantCulture, $"{SweepSource.Number(map.Least)} to {SweepSource.Number(map.Largest)}, largest at row {map.PeakRow}, column {map.PeakColumn}{path}"));
        }
    }

    private static bool IsSheet(string path)
    {
        try
        {
            return File.Exists(path) && PngText.Read(path).ContainsKey("vggcuda:attribution");
        }
        catch (PictureException)
        {
            return false;
        }
    }

    // As it was named, where that is below the record's folder; else beside the record.
    private static string? PhotoOf(string record, string named)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(record))!;
        if (named.Length == 0 || named.Contains('\0', StringComparison.Ordinal))
        {
            return null;
        }

        string asNamed = Path.GetFullPath(Path.Combine(folder, named));
        return ((string[])[asNamed, Path.Combine(folder, Path.GetFileName(named))]).FirstOrDefault(p => p.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal) && File.Exists(p));
    }

    private static FileRecord? FileOf(RenderRecord render, string kind) => render.Files.FirstOrDefault(f => f is not null && f.Kind == kind);

    private static string? Beside(string record, FileRecord file, long most = PictureFile.MaxFileBytes)
    {
        string name = Path.GetFileName(file.Path);
        if (name.Length == 0 || name.Contains('\0', StringComparison.Ordinal))
        {
            return null;
        }

        string path = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(record))!, name);
        try
        {
            return File.Exists(path) && string.Equals(ContentHash.Sha256Of(FileContent.Read(path, most)), file.Sha256, StringComparison.OrdinalIgnoreCase) ? path : null;
        }
        catch (PictureException)
        {
            return null;
        }
    }

    // A file's name with what is no letter, digit, '-' or '_' left out.
    private static string Slug(string file)
    {
        string slug = Unfit().Replace(Path.GetFileNameWithoutExtension(file), "-");
        return slug.Trim('-').Length == 0 ? "record" : slug[..Math.Min(60, slug.Length)];
    }

    [GeneratedRegex("[^A-Za-z0-9_-]+")]
    private static partial Regex Unfit();
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = false,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(RunRecord))]
[JsonSerializable(typeof(List<AttributionReport>))]
internal sealed partial class ReportJson : JsonSerializerContext;
