using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using VggCuda.Cli.Hosting;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Files;
using VggCuda.Engine.Plans;
using VggCuda.Imaging;

namespace VggCuda.Cli.Sweeps.Format;

/// <summary>A sweep's folder: where its files are, and how they are read and written. docs/sweeps.md describes it.</summary>
/// <remarks>Whatever is read may come from elsewhere: names that would lead out of the folder are refused, and files longer than they can be.</remarks>
internal sealed partial class SweepFolder
{
    private const long MostManifestBytes = 512L << 20;
    private const long MostRecordBytes = 4L << 20;
    private readonly Dictionary<string, RenderPlan> _plans = [];

    private SweepFolder(string path, SweepManifest manifest)
    {
        Root = path;
        Manifest = manifest;
    }

    /// <summary>The folder, as it was named.</summary>
    public string Root { get; }

    public SweepManifest Manifest { get; }

    /// <summary>Number of units.</summary>
    public int Count => Manifest.Parts.Sum(p => p.Units.Count);

    /// <summary>All units with their parts, in the manifest's order.</summary>
    public IEnumerable<(SweepPart Part, SweepUnit Unit)> Units => Manifest.Parts.SelectMany(p => p.Units.Select(u => (p, u)));

    /// <summary>The manifest's path in a folder.</summary>
    public static string ManifestIn(string folder) => Path.Combine(folder, "sweep.json");

    /// <summary>Whether a folder holds a sweep.</summary>
    public static bool IsThere(string folder) => File.Exists(ManifestIn(folder));

    /// <summary>Opens a sweep.</summary>
    /// <exception cref="CommandException">There is none, or its manifest cannot be read.</exception>
    public static SweepFolder Open(string folder)
    {
        string path = ManifestIn(folder);
        if (!File.Exists(path))
        {
            throw CommandException.File(Directory.Exists(folder)
                ? $"'{folder}' holds no sweep: there is no sweep.json in it."
                : $"There is no folder '{folder}'.");
        }

        SweepManifest manifest = Read(path, MostManifestBytes, SweepJson.Default.SweepManifest)
            ?? throw CommandException.File($"'{path}' is no manifest of a sweep that can be read. Plan the sweep anew in another folder.");
        if (Complaint(manifest) is { } complaint)
        {
            throw CommandException.File($"'{path}' cannot be used: {complaint}.");
        }

        return new SweepFolder(folder, manifest);
    }

    /// <summary>Writes a manifest into a folder that has none, with the folders for its files.</summary>
    /// <exception cref="IOException">It cannot be written, or another run has just written one.</exception>
    public static SweepFolder Create(string folder, SweepManifest manifest)
    {
        using StagedFiles files = new();
        files.Stage(ManifestIn(folder), JsonSerializer.SerializeToUtf8Bytes(manifest, SweepJson.Default.SweepManifest), replace: false);
        files.Commit();
        return new SweepFolder(folder, manifest);
    }

    /// <summary>Makes the folders that pictures, records and claims go to.</summary>
    public void MakeFolders()
    {
        foreach (string name in Manifest.Parts.SelectMany(p => ((string[])["pictures", "records", "failures"]).Select(k => Path.Combine(k, p.Name))).Append("claims").Append("logs"))
        {
            Directory.CreateDirectory(Path.Combine(Root, name));
        }
    }

    /// <summary>The plan of a part.</summary>
    /// <exception cref="CommandException">It cannot be read.</exception>
    public RenderPlan PlanOf(SweepPart part)
    {
        if (!_plans.TryGetValue(part.Name, out RenderPlan? plan))
        {
            try
            {
                plan = RenderPlan.FromJson(part.Plan.GetRawText());
            }
            catch (Exception error) when (error is JsonException or PlanException)
            {
                throw CommandException.File($"The plan of '{part.Name}' in '{ManifestIn(Root)}' cannot be read: {(error is JsonException ? "it is no plan" : error.Message)}", error);
            }

            if (plan.Count != part.Units.Count)
            {
                throw CommandException.File($"The plan of '{part.Name}' in '{ManifestIn(Root)}' has {plan.Count} pictures for {part.Units.Count} units.");
            }

            _plans[part.Name] = plan;
        }

        return plan;
    }

    public string PicturePath(SweepPart part, SweepUnit unit) => Path.Combine(Root, "pictures", part.Name, unit.Name + ".png");

    public string RecordPath(SweepPart part, SweepUnit unit) => Path.Combine(Root, "records", part.Name, unit.Name + ".json");

    public string FailurePath(SweepPart part, SweepUnit unit) => Path.Combine(Root, "failures", part.Name, unit.Name + ".json");

    /// <summary>A unit's picture as its record names it.</summary>
    public static string PictureName(SweepPart part, SweepUnit unit) => $"pictures/{part.Name}/{unit.Name}.png";

    public string LeasePath(int shard) => Path.Combine(Root, "claims", string.Create(CultureInfo.InvariantCulture, $"shard-{shard}.json"));

    public string LockPath(int shard) => Path.Combine(Root, "claims", string.Create(CultureInfo.InvariantCulture, $"shard-{shard}.lock"));

    public string EnginePath => Path.Combine(Root, "engine.json");

    /// <summary>What draws it, or null where nothing has been drawn yet.</summary>
    /// <exception cref="CommandException">The file cannot be read.</exception>
    public SweepEngine? Engine => !File.Exists(EnginePath) ? null
        : Read(EnginePath, MostRecordBytes, SweepJson.Default.SweepEngine) ?? throw CommandException.File($"'{EnginePath}' cannot be read. Where no picture has been drawn yet it may be deleted.");

    /// <summary>A unit's record, or null where it has none that can be read, or it is of another unit.</summary>
    public UnitRecord? RecordOf(SweepPart part, SweepUnit unit) =>
        Read(RecordPath(part, unit), MostRecordBytes, SweepJson.Default.UnitRecord) is { } record
        && record.Part == part.Name && record.Unit == unit.Name && record.Picture == PictureName(part, unit)
        && record.Curve.Steps.Count == record.Curve.Totals.Count && (record.Key == unit.Key || record.Mixed)
            ? record
            : null;

    /// <summary>A unit's record where its picture is there too, with the length that the record says.</summary>
    public UnitRecord? DoneOf(SweepPart part, SweepUnit unit) =>
        RecordOf(part, unit) is { } record && new FileInfo(PicturePath(part, unit)) is { Exists: true } picture && picture.Length == record.Bytes ? record : null;

    /// <summary>Why a unit was given up, or null.</summary>
    public UnitFailure? FailureOf(SweepPart part, SweepUnit unit) =>
        Read(FailurePath(part, unit), MostRecordBytes, SweepJson.Default.UnitFailure) is { } failure && failure.Key == unit.Key ? failure : null;

    /// <summary>Who draws a shard, or null.</summary>
    public ShardLease? LeaseOf(int shard) => Read(LeasePath(shard), MostRecordBytes, SweepJson.Default.ShardLease);

    /// <summary>Reads a JSON file; null where it is not there, or not what it should be.</summary>
    private static T? Read<T>(string path, long mostBytes, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize(FileContent.Read(path, mostBytes), type) : null;
        }
        catch (Exception error) when (error is JsonException or PictureException)
        {
            return null;
        }
    }

    private static string? Complaint(SweepManifest manifest)
    {
        if (manifest.Format != SweepManifest.CurrentFormat)
        {
            return string.Create(CultureInfo.InvariantCulture, $"it has the format {manifest.Format}, and this program reads {SweepManifest.CurrentFormat}; take the version that wrote it, or a later one");
        }

        if (manifest.Batch is < 1 or > 100_000 || manifest.Shards is < 1 or > 100_000)
        {
            return "its batch and its number of shards must be 1 to 100000";
        }

        HashSet<string> parts = new(StringComparer.OrdinalIgnoreCase);
        foreach (SweepPart part in manifest.Parts)
        {
            if (!FileName().IsMatch(part.Name) || !parts.Add(part.Name))
            {
                return $"a part is called '{part.Name}'; names are letters, digits, '-' and '_', each once";
            }

            HashSet<string> units = new(StringComparer.OrdinalIgnoreCase);
            if (part.Units.FirstOrDefault(u => !FileName().IsMatch(u.Name) || !units.Add(u.Name)) is { } unit)
            {
                return $"a unit of '{part.Name}' is called '{unit.Name}'; names are letters, digits, '-' and '_', each once";
            }
        }

        return manifest.Parts.Count == 0 || manifest.Parts.Any(p => p.Units.Count == 0) ? "it has no units" : null;
    }

    /// <summary>What a part or a unit may be called.</summary>
    public static bool IsFileName(string name) => FileName().IsMatch(name);

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,100}\z")]
    private static partial Regex FileName();
}
