using System.CommandLine;
using System.Globalization;
using System.Text.Json.Serialization;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Progress;
using VggCuda.Cli.Sweeps.Format;

namespace VggCuda.Cli.Sweeps;

/// <summary><c>sweep status</c>: how far a sweep is, who draws it, and what has failed.</summary>
internal static class SweepStatusCommand
{
    private const int MostFailuresTold = 20;

    public static Command Create(CommandHost host)
    {
        Argument<string> folder = new("DIR") { Description = "The sweep's folder." };
        Option<bool> json = new("--json") { Description = "As JSON." };
        Command command = new("status", "Say how far a sweep is.") { folder, json };
        host.Run(command, invocation =>
        {
            SweepFolder sweep = SweepFolder.Open(invocation.Value(folder)!);
            SweepStatus status = Of(sweep);
            if (invocation.Value(json))
            {
                invocation.Result(status, SweepStatusJson.Default.SweepStatus);
            }
            else
            {
                Print(invocation, status);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static SweepStatus Of(SweepFolder folder)
    {
        SweepSurvey survey = SweepSurvey.Of(folder);
        ShardStatus[] shards = [.. survey.Shards.Select((s, i) =>
        {
            ShardLease? lease = folder.LeaseOf(i);
            return new ShardStatus(i, s[(int)UnitState.Done], s[(int)UnitState.Failed], s[(int)UnitState.Missing], lease is null ? null : RunOf(folder, i, lease));
        })];
        double rate = shards.Where(s => s.Run is { IsAlive: not false }).Select(s => s.Run!).DistinctBy(r => (r.Host, r.Process)).Sum(r => r.PerMinute);
        return new SweepStatus
        {
            Folder = folder.Root,
            Weights = folder.Manifest.Weights.Name,
            Preset = folder.Manifest.Preset,
            Engine = folder.Engine?.Engine,
            Kernels = folder.Engine?.Kernels,
            Units = folder.Count,
            Done = survey.Done,
            Failed = survey.Failed,
            Missing = survey.Missing,
            Mixed = survey.Mixed,
            PerMinute = rate,
            MinutesLeft = rate > 0 ? survey.Missing / rate : null,
            Parts = [.. folder.Manifest.Parts.Select((p, i) => new PartStatus(p.Name, p.Units.Count, survey[i].Count(s => s == UnitState.Done), survey[i].Count(s => s == UnitState.Failed)))],
            Shards = shards,
            Failures = [.. folder.Units.Select(u => folder.FailureOf(u.Part, u.Unit)).OfType<UnitFailure>().Select(f => new FailureStatus(f.Part, f.Unit, f.Attempts, f.Reason))],
        };
    }

    // On this machine the process is looked for; of another one nothing is known but when its lease was written, by the file server's clock.
    private static RunStatus RunOf(SweepFolder folder, int shard, ShardLease lease)
    {
        bool isHere = lease.Host == ThisProcess.Host && lease.Boot == ThisProcess.Boot;
        double seconds = Math.Max(0, (DateTime.UtcNow - File.GetLastWriteTimeUtc(folder.LeasePath(shard))).TotalSeconds);
        return new RunStatus(lease.Host, lease.Process, isHere ? ThisProcess.StartOf(lease.Process) == lease.Started : null, Math.Round(seconds, 1), lease.PerMinute);
    }

    private static void Print(Invocation invocation, SweepStatus status)
    {
        string rate = status.PerMinute > 0 ? string.Create(CultureInfo.InvariantCulture, $", {status.PerMinute:F1} a minute, {ProgressText.Duration(TimeSpan.FromMinutes(status.MinutesLeft ?? 0))} left") : "";
        string mixed = status.Mixed > 0 ? $", {status.Mixed} by another engine, kernels or weights" : "";
        invocation.Result($"{status.Folder}: {status.Done} of {status.Units} pictures, {status.Failed} failed, {status.Missing} missing{mixed}{rate}");
        invocation.Result($"  {status.Weights}, preset {status.Preset}, {(status.Kernels is null ? "nothing drawn yet" : $"version {status.Engine}, kernels {status.Kernels}")}");
        int width = status.Parts.Max(p => p.Name.Length);
        foreach (PartStatus part in status.Parts)
        {
            invocation.Result($"  {part.Name.PadRight(width)}  {part.Done} of {part.Units}{(part.Failed > 0 ? $", {part.Failed} failed" : "")}");
        }

        foreach (ShardStatus shard in status.Shards)
        {
            string run = shard.Run switch
            {
                null => "",
                { IsAlive: false } r => $"; the run of process {r.Process} on {r.Host} has died",
                { IsAlive: true } r => $"; drawn by process {r.Process} on {r.Host}",
                { } r => string.Create(CultureInfo.InvariantCulture, $"; drawn by process {r.Process} on {r.Host}, heard of {r.SecondsAgo:F0} s ago"),
            };
            invocation.Result($"  shard {shard.Shard}: {shard.Done} done, {shard.Failed} failed, {shard.Missing} missing{run}");
        }

        foreach (FailureStatus failure in status.Failures.Take(MostFailuresTold))
        {
            invocation.Result($"  {failure.Part} {failure.Unit} failed: {failure.Reason}");
        }

        if (status.Failures.Count > MostFailuresTold)
        {
            invocation.Result($"  ... and {status.Failures.Count - MostFailuresTold} more failures; --json has them all.");
        }
    }
}

/// <summary>What <c>sweep status --json</c> prints.</summary>
internal sealed record SweepStatus
{
    public required string Folder { get; init; }

    public required string Weights { get; init; }

    public required string Preset { get; init; }

    public required string? Engine { get; init; }

    public required string? Kernels { get; init; }

    public required int Units { get; init; }

    public required int Done { get; init; }

    public required int Failed { get; init; }

    public required int Missing { get; init; }

    public required int Mixed { get; init; }

    public required double PerMinute { get; init; }

    public required double? MinutesLeft { get; init; }

    public required IReadOnlyList<PartStatus> Parts { get; init; }

    public required IReadOnlyList<ShardStatus> Shards { get; init; }

    public required IReadOnlyList<FailureStatus> Failures { get; init; }
}

internal sealed record PartStatus(string Name, int Units, int Done, int Failed);

internal sealed record ShardStatus(int Shard, int Done, int Failed, int Missing, RunStatus? Run);

/// <param name="Host">Where it runs.</param>
/// <param name="Process">Its number there.</param>
/// <param name="IsAlive">Null where that cannot be seen from here.</param>
/// <param name="SecondsAgo">When it was last heard of.</param>
/// <param name="PerMinute">Units a minute.</param>
internal sealed record RunStatus(string Host, int Process, bool? IsAlive, double SecondsAgo, double PerMinute);

internal sealed record FailureStatus(string Part, string Unit, int Attempts, string Reason);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SweepStatus))]
internal sealed partial class SweepStatusJson : JsonSerializerContext;
