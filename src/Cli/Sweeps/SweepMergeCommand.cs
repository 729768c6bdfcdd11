using System.CommandLine;
using System.Text.Json;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Sweeps.Format;
using VggCuda.Engine.Files;
using VggCuda.Engine.Hashing;
using VggCuda.Imaging;

namespace VggCuda.Cli.Sweeps;

/// <summary><c>sweep merge</c>: brings the shards together where they were drawn into several folders, checks that nothing is missing or damaged, and lists the units in one file.</summary>
internal static class SweepMergeCommand
{
    private const int MostLines = 3;

    public static Command Create(CommandHost host)
    {
        Argument<string> folder = new("DIR") { Description = "The sweep's folder." };
        Argument<string[]> others = new("FROM") { Description = "Copies of the folder that other shards were drawn into, where there is no common file system.", Arity = ArgumentArity.ZeroOrMore };
        Option<bool> mixed = new("--mixed") { Description = "Take pictures of another engine, other kernels or other weights too; they stay marked." };
        Command command = new("merge", "Check that every picture of a sweep is there and whole; bring shards of several folders together.") { folder, others, mixed };
        host.Run(command, invocation => Run(invocation, invocation.Value(folder)!, invocation.Value(others) ?? [], invocation.Value(mixed)));
        return command;
    }

    private static int Run(Invocation invocation, string path, string[] others, bool isMixed)
    {
        SweepFolder folder = SweepFolder.Open(path);
        SweepFolder[] sources = [.. others.Select(SweepFolder.Open)];
        foreach (SweepFolder source in sources)
        {
            CheckSame(folder, source, isMixed);
        }

        try
        {
            folder.MakeFolders();
            int taken = sources.Sum(s => Take(invocation, s, folder));
            if (sources.Length > 0)
            {
                invocation.Say($"Took {taken} pictures from {string.Join(", ", others)}.");
            }

            return Check(invocation, folder, isMixed);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CommandException.File(error.Message, error);
        }
    }

    private static void CheckSame(SweepFolder folder, SweepFolder source, bool isMixed)
    {
        if (!folder.Units.Select(u => (u.Part.Name, u.Unit.Name, u.Unit.Key)).SequenceEqual(source.Units.Select(u => (u.Part.Name, u.Unit.Name, u.Unit.Key)))
            || folder.Manifest.Batch != source.Manifest.Batch)
        {
            throw CommandException.File($"'{source.Root}' is another sweep than '{folder.Root}': its units are not the same. Shards belong together when their folders began as copies of one that was planned.");
        }

        if (!isMixed && folder.Engine is { } own && source.Engine is { } other && (own.Engine != other.Engine || own.Kernels != other.Kernels))
        {
            throw CommandException.File($"'{source.Root}' was drawn by version {other.Engine} with '{other.Kernels}', and '{folder.Root}' by {own.Engine} with '{own.Kernels}', which may differ in pixels.\nGive --mixed to take its pictures all the same; they are marked.");
        }
    }

    private static int Take(Invocation invocation, SweepFolder source, SweepFolder folder)
    {
        if (folder.Engine is null && source.Engine is { } first)
        {
            StagedFiles.Write(folder.EnginePath, JsonSerializer.SerializeToUtf8Bytes(first, SweepJson.Default.SweepEngine));
        }

        SweepEngine? engine = folder.Engine;
        int taken = 0;
        foreach ((SweepPart part, SweepUnit unit) in folder.Units)
        {
            invocation.Cancellation.ThrowIfCancellationRequested();
            if (folder.DoneOf(part, unit) is not null || source.DoneOf(part, unit) is not { } record)
            {
                continue;
            }

            byte[] png = FileContent.Read(source.PicturePath(part, unit), PictureFile.MaxFileBytes);
            if (ContentHash.Sha256Of(png) != record.Sha256)
            {
                invocation.Note($"'{source.PicturePath(part, unit)}' is not what its record says; it is left out.");
                continue;
            }

            bool isOther = engine is not null && (engine.Engine != record.Engine || engine.Kernels != record.Kernels);
            using StagedFiles files = new() { SweepsParts = false };
            files.Stage(folder.PicturePath(part, unit), png);
            files.Stage(folder.RecordPath(part, unit), JsonSerializer.SerializeToUtf8Bytes(record with { Mixed = record.Mixed || isOther }, SweepJson.Default.UnitRecord));
            files.Commit();
            File.Delete(folder.FailurePath(part, unit));
            taken++;
        }

        return taken;
    }

    private static int Check(Invocation invocation, SweepFolder folder, bool isMixed)
    {
        List<string> damaged = [];
        int mixed = 0;
        using MemoryStream list = new();
        SweepSurvey survey = SweepSurvey.Of(folder, (part, unit, record) =>
        {
            invocation.Cancellation.ThrowIfCancellationRequested();
            mixed += record.Mixed ? 1 : 0;
            if (HashOf(folder.PicturePath(part, unit)) == record.Sha256)
            {
                JsonSerializer.Serialize(list, record, SweepJson.Default.UnitRecord);
                list.WriteByte((byte)'\n');
                return;
            }

            damaged.Add($"{part.Name} {unit.Name}");
            // So that the next run draws it again.
            File.Delete(folder.RecordPath(part, unit));
        });
        StagedFiles.Write(Path.Combine(folder.Root, "units.jsonl"), list.ToArray());
        int complete = survey.Done - damaged.Count;
        string state = $"{complete} of {folder.Count} pictures are there and whole{(mixed > 0 ? $", {mixed} of them by another engine, kernels or weights" : "")}";
        if (complete == folder.Count && (mixed == 0 || isMixed))
        {
            invocation.Say($"{state}; their list is in {Path.Combine(folder.Root, "units.jsonl")}.");
            return ExitCode.Done;
        }

        string[] lines =
        [
            .. damaged.Count > 0 ? (string[])[$"Damaged, to be drawn again: {string.Join(", ", damaged.Take(20))}{(damaged.Count > 20 ? $" and {damaged.Count - 20} more" : "")}."] : [],
            .. Named(folder, survey, UnitState.Missing, "Missing"),
            .. Named(folder, survey, UnitState.Failed, "Failed"),
            .. complete == folder.Count ? (string[])["Give --mixed to take them as they are."] : [],
        ];
        foreach (string line in lines.Skip(MostLines - 1))
        {
            invocation.Terminal.Error.WriteLine(TerminalText.Line(line));
        }

        throw CommandException.Incomplete(string.Join('\n', [state + ".", .. lines.Take(MostLines - 1)]));
    }

    // "Missing of block3_conv1: 0003-0007, 0012 (shards 1, 2)."
    private static IEnumerable<string> Named(SweepFolder folder, SweepSurvey survey, UnitState state, string word)
    {
        ILookup<int, SweepGroup> groups = SweepGroup.Of(folder.Manifest).ToLookup(g => g.Part);
        for (int part = 0; part < folder.Manifest.Parts.Count; part++)
        {
            int[] places = [.. Enumerable.Range(0, survey[part].Count).Where(i => survey[part][i] == state)];
            if (places.Length == 0)
            {
                continue;
            }

            IReadOnlyList<SweepUnit> units = folder.Manifest.Parts[part].Units;
            IEnumerable<string> ranges = RangesOf(places).Select(r => r.First == r.Last ? units[r.First].Name : $"{units[r.First].Name}-{units[r.Last].Name}");
            IEnumerable<int> shards = groups[part].Where(g => places.Any(p => p >= g.First && p < g.First + g.Count)).Select(g => g.ShardOf(folder.Manifest.Shards)).Distinct().Order();
            yield return $"{word} of {folder.Manifest.Parts[part].Name}: {string.Join(", ", ranges)}{(folder.Manifest.Shards > 1 ? $" (shard {string.Join(", ", shards)})" : "")}.";
        }
    }

    private static IEnumerable<(int First, int Last)> RangesOf(int[] places)
    {
        int first = places[0];
        for (int i = 1; i <= places.Length; i++)
        {
            if (i == places.Length || places[i] != places[i - 1] + 1)
            {
                yield return (first, places[i - 1]);
                first = i < places.Length ? places[i] : first;
            }
        }
    }

    private static string HashOf(string path) => ContentHash.Sha256Of(FileContent.Read(path, PictureFile.MaxFileBytes));
}
