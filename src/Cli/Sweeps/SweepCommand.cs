using System.CommandLine;
using System.Globalization;
using VggCuda.Cli.Devices;
using VggCuda.Cli.Drawing;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Networks;
using VggCuda.Cli.Output;
using VggCuda.Cli.Progress;
using VggCuda.Cli.Sweeps.Format;
using VggCuda.Kernels;

namespace VggCuda.Cli.Sweeps;

/// <summary><c>sweep</c>: every filter, unit or class that is asked for, one picture each, into a folder.</summary>
internal static class SweepCommand
{
    private const string SlurmTask = "SLURM_ARRAY_TASK_ID";

    public static Command Create(CommandHost host)
    {
        SweepOptions options = new();
        Command command = new("sweep", "Draw every filter, unit or class asked for, one picture each, into a folder; goes on where it was ended.");
        options.AddTo(command);
        command.Subcommands.Add(SweepStatusCommand.Create(host));
        command.Subcommands.Add(SweepMergeCommand.Create(host));
        command.Subcommands.Add(SlurmScriptCommand.Create(host));
        host.Run(command, invocation => Run(invocation, options));
        return command;
    }

    private static int Run(Invocation invocation, SweepOptions options)
    {
        string path = invocation.Value(options.Out)!;
        if (string.IsNullOrWhiteSpace(path))
        {
            throw CommandException.Usage("--out needs the name of a folder.");
        }

        // From here on, so that a batch system's signal during the start is no Ctrl-C.
        using GentleEnd gentle = new(invocation.Terminal);
        bool isThere = SweepFolder.IsThere(path);
        if (!isThere || options.Subjects.Any(invocation.Has))
        {
            SweepPlanning.CheckOptions(invocation, options);
        }

        // A sweep that goes on does so with its own weights, unless others are named.
        SweepWeights? planned = isThere && invocation.Weights is null ? SweepFolder.Open(path).Manifest.Weights : null;
        string? networkName = invocation.NetworkName ?? planned?.Network;
        using ChosenNetwork chosen = NetworkChoice.Open(invocation, planned is null ? invocation.Weights : planned.Path ?? "demo", networkName);
        IReadOnlyList<string> devices = DeviceChoice.Names(invocation);
        SweepFolder folder = isThere ? Existing(invocation, options, chosen, path) : Planned(invocation, options, chosen, path, devices[0]);
        if (invocation.Value(options.Prepare))
        {
            invocation.Say($"Planned {folder.Count} pictures in {Plural(folder.Manifest.Shards, "shard")}, {folder.Manifest.Batch} at once, in {path}.");
            return ExitCode.Done;
        }

        CheckEngine(folder, invocation.Value(options.Mixed));
        IReadOnlyList<int> shards = ShardsOf(invocation, options, folder.Manifest.Shards);
        string[] worker =
        [
            "sweep-worker", path, "--quiet", "--weights", chosen.Path ?? "demo",
            .. networkName is { } name ? (string[])["--network-name", name] : [],
            .. invocation.Threads is int threads ? (string[])["--threads", threads.ToString(CultureInfo.InvariantCulture)] : [],
            .. invocation.Value(options.Mixed) ? (string[])["--mixed"] : [],
            .. invocation.DenseWeights == DenseWeights.EightBit ? (string[])["--dense-weights", "int8"] : [],
            // Which of cuDNN's engines wins a race differs from run to run, and so would the last bits.
            .. devices[0].StartsWith("cuda", StringComparison.Ordinal) ? (string[])["--no-autotune"] : [],
        ];
        SweepRunSettings settings = new(shards, devices, worker, invocation.Value(options.Mixed), invocation.Value(options.Retry), TimeSpan.FromSeconds(invocation.Value(options.Grace) ?? 60), invocation.Value(options.HangAfter) is int seconds ? TimeSpan.FromSeconds(seconds) : null);
        return Draw(invocation, folder, settings, gentle);
    }

    private static int Draw(Invocation invocation, SweepFolder folder, SweepRunSettings settings, GentleEnd gentle)
    {
        try
        {
            folder.MakeFolders();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CommandException.File($"The folders of '{folder.Root}' cannot be made: {error.Message}", error);
        }

        using IDisposable keeping = invocation.Terminal.Keeping.Begin();
        using CancellationTokenSource any = CancellationTokenSource.CreateLinkedTokenSource(gentle.Token, invocation.Cancellation);
        using SweepRun run = new(folder, settings, invocation.Detail);
        SweepEnd end;
        try
        {
            run.Begin(invocation.Note, any.Token);
            if (run.Left > 0)
            {
                invocation.Say($"{folder.Root}: {run.Left} of {run.Done + run.Failed + run.Left} pictures to draw, on {string.Join(", ", settings.Devices)}.");
            }

            end = LineDisplay.For(invocation).Show("sweep", display => run.Draw(display, gentle.Token, invocation.Cancellation));
        }
        catch (OperationCanceledException)
        {
            end = invocation.Cancellation.IsCancellationRequested ? SweepEnd.Cancelled : SweepEnd.Gentle;
        }

        string state = $"{run.Done} of {run.Done + run.Failed + run.Left} pictures are in {folder.Root}";
        return end switch
        {
            SweepEnd.Cancelled => throw CommandException.Cancelled($"Cancelled; {state}.\nThe same command goes on."),
            SweepEnd.Gentle => throw CommandException.Again($"Ended by a signal; {state}.\nThe same command goes on."),
            _ when run.Failed > 0 => throw CommandException.Incomplete($"{state}; {Plural(run.Failed, "unit")} cannot be drawn.\nThe reasons are in '{Path.Combine(folder.Root, "failures")}'; --retry tries again."),
            _ => Done(invocation, $"Drew {Plural(run.Drawn, "picture")}; {state}."),
        };
    }

    private static int Done(Invocation invocation, string line)
    {
        invocation.Say(line);
        return ExitCode.Done;
    }

    private static SweepFolder Planned(Invocation invocation, SweepOptions options, ChosenNetwork chosen, string path, string device)
    {
        string sha256 = Sha256(invocation, chosen);
        IReadOnlyList<SweepPart> parts = SweepPlanning.Parts(invocation, options, chosen, sha256);
        SweepManifest manifest = new()
        {
            Format = SweepManifest.CurrentFormat,
            Created = DateTimeOffset.UtcNow,
            Version = Software.Version,
            Preset = PlanFactory.PresetOf(invocation, options.Drawing),
            Batch = invocation.Value(options.Batch) ?? SweepPlanning.BatchFor(invocation, device, chosen.Network, parts),
            Shards = invocation.Value(options.Shards) ?? 1,
            Weights = new SweepWeights(chosen.Name, chosen.Path is null ? null : Path.GetFullPath(chosen.Path), invocation.NetworkName, sha256, chosen.Network.Topology.ParameterCount, chosen.ClassCount == 0 ? null : chosen.ClassCount),
            Parts = parts,
        };
        using Outputs files = new(invocation);
        files.ProtectWeights(chosen.Path);
        files.PlanFolder("--out", path);
        files.Plan("--out", SweepFolder.ManifestIn(path));
        try
        {
            return SweepFolder.Create(path, manifest);
        }
        catch (IOException) when (SweepFolder.IsThere(path))
        {
            // Another shard's run, started at the same time, was first.
            return Existing(invocation, options, chosen, path);
        }
        catch (IOException error)
        {
            throw CommandException.File(error.Message, error);
        }
    }

    // The folder says what is drawn; what the command line says too must be the same.
    private static SweepFolder Existing(Invocation invocation, SweepOptions options, ChosenNetwork chosen, string path)
    {
        SweepFolder folder = SweepFolder.Open(path);
        SweepManifest manifest = folder.Manifest;
        string sha256 = Sha256(invocation, chosen);
        if (sha256 != manifest.Weights.Sha256 && !invocation.Value(options.Mixed))
        {
            string where = manifest.Weights.Path is { } file ? $" ({file})" : "";
            throw CommandException.File($"'{path}' is a sweep of {manifest.Weights.Name}{where}, SHA-256 {manifest.Weights.Sha256[..Math.Min(12, manifest.Weights.Sha256.Length)]}..., and these weights are {chosen.Name}, {sha256[..12]}....\nGive the right file with --weights, or --mixed to go on with this one and mark its pictures.");
        }

        foreach ((Option<int?> option, int planned) in ((Option<int?>, int)[])[(options.Batch, manifest.Batch), (options.Shards, manifest.Shards)])
        {
            if (invocation.Value(option) is int asked && asked != planned)
            {
                throw CommandException.Usage($"{option.Name} is {asked}, and '{path}' was planned with {planned}, which cannot change any more. Leave it out, or take another --out.");
            }
        }

        if (options.Subjects.Any(invocation.Has) && !IsSame(manifest.Parts, SweepPlanning.Parts(invocation, options, chosen, manifest.Weights.Sha256)))
        {
            throw CommandException.Usage($"'{path}' holds another sweep than these options ask for.\nTake another --out; to go on with the one that is there give --out alone.");
        }

        foreach (SweepPart part in manifest.Parts)
        {
            folder.PlanOf(part).Validate(chosen.Network);
        }

        return folder;
    }

    private static bool IsSame(IReadOnlyList<SweepPart> first, IReadOnlyList<SweepPart> second) =>
        first.SelectMany(p => p.Units.Select(u => (p.Name, u.Name, u.Key))).SequenceEqual(second.SelectMany(p => p.Units.Select(u => (p.Name, u.Name, u.Key))));

    private static void CheckEngine(SweepFolder folder, bool isMixed)
    {
        if (folder.Engine is { } engine && engine.Engine != Software.Version && !isMixed)
        {
            throw CommandException.File($"'{folder.Root}' was begun with version {engine.Engine}, and this is {Software.Version}, whose pictures may differ.\nTake that version, or give --mixed to go on with this one and mark its pictures.");
        }
    }

    private static IReadOnlyList<int> ShardsOf(Invocation invocation, SweepOptions options, int shards)
    {
        if (invocation.Value(options.Shard) is { } text)
        {
            string[] both = text.Split('/');
            if (both.Length != 2 || !int.TryParse(both[0], NumberStyles.None, CultureInfo.InvariantCulture, out int shard) || !int.TryParse(both[1], NumberStyles.None, CultureInfo.InvariantCulture, out int of))
            {
                throw CommandException.Usage($"--shard is '{text}'; it must be I/N, such as 0/4: the first of four shares.");
            }

            return of != shards
                ? throw CommandException.Usage($"--shard says {Plural(of, "shard")}, and the sweep was planned with {shards}.")
                : shard >= shards
                ? throw CommandException.Usage($"There is no shard {shard}; they are 0 to {shards - 1}.")
                : [shard];
        }

        // How many tasks there are now says nothing: one that is run again alone is an array of one.
        return invocation.Terminal.Variable(SlurmTask) is { Length: > 0 } task
            ? int.TryParse(task, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < shards
                ? [number]
                : throw CommandException.Usage($"This is task {task} of a Slurm array ({SlurmTask}), and the sweep has {Plural(shards, "shard")}, numbered from 0.\nSubmit it with --array=0-{shards - 1}, or say --shard I/{shards}.")
            : [.. Enumerable.Range(0, shards)];
    }

    private static string Sha256(Invocation invocation, ChosenNetwork chosen) => chosen.Sha256(invocation.Cancellation) ?? throw new OperationCanceledException(invocation.Cancellation);

    private static string Plural(int count, string what) => count == 1 ? $"1 {what}" : string.Create(CultureInfo.InvariantCulture, $"{count} {what}s");
}
