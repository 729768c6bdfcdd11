using System.CommandLine;
using System.Text.Json;
using VggCuda.Cli.Devices;
using VggCuda.Cli.Drawing;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Networks;
using VggCuda.Cli.Output;
using VggCuda.Cli.Verdicts;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;
using VggCuda.Engine.Verdicts;
using VggCuda.Imaging;

namespace VggCuda.Cli.Commands;

/// <summary><c>activate</c>: the pictures that most excite classes or filters.</summary>
internal static class ActivateCommand
{
    private const string DefaultFolder = "out";

    public static Command Create(CommandHost host)
    {
        ActivateOptions options = new();
        Command command = new("activate", "Draw the pictures that most excite classes or filters.");
        options.AddTo(command, host);
        host.Run(command, invocation => Run(invocation, options));
        return command;
    }

    private static int Run(Invocation invocation, ActivateOptions options)
    {
        DateTimeOffset started = DateTimeOffset.Now;
        PlanFactory.CheckOptions(invocation, options);
        using ChosenNetwork chosen = NetworkChoice.Open(invocation);
        RenderPlan plan = PlanFactory.Create(invocation, options, chosen);
        return Draw(invocation, options, chosen, plan, NamesOf(invocation, options, Path.Combine(DefaultFolder, $"activate-{plan.Objective.FileStem()}.png")), invocation.Value(options.Plan), "activate", started);
    }

    /// <summary>Draws a plan into files.</summary>
    /// <param name="invocation">The command line.</param>
    /// <param name="options">Those that it has are read.</param>
    /// <param name="chosen">The network.</param>
    /// <param name="plan">What to draw.</param>
    /// <param name="names">Where to.</param>
    /// <param name="planFile">The file that the plan came from, or null.</param>
    /// <param name="command">For the record.</param>
    /// <param name="started">For the record.</param>
    public static int Draw(Invocation invocation, ActivateOptions options, ChosenNetwork chosen, RenderPlan plan, DrawingFiles names, string? planFile, string command, DateTimeOffset started)
    {
        LabelledGrid grid = new(plan, chosen, invocation.Value(options.Scale));
        LabelledGrid.CheckSize(plan, grid.Scale);

        using Outputs files = new(invocation);
        files.Protect("--seed-image", invocation.Value(options.SeedImage));
        files.Protect("--plan", planFile);
        files.Protect("--statistics", invocation.Value(options.Statistics));
        files.ProtectWeights(chosen.Path);

        // Beside a pipe or a device there is no place for it.
        string? record = Outputs.IsFile(names.Png) ? Path.ChangeExtension(names.Png, ".json") : null;
        FrameCollector? frames = names.Animates ? new FrameCollector(plan, grid.Scale) : null;
        if (Path.GetDirectoryName(names.Png) == DefaultFolder && invocation.Value(options.Out) is null)
        {
            files.PlanFolder("the default folder", DefaultFolder);
        }

        PlanFiles(files, names, record);
        using IBackend backend = DeviceChoice.Open(invocation, plan.Precision);
        if (invocation.Value(options.DryRun))
        {
            DryRun.Print(invocation, backend, chosen, plan, names, grid.Scale);
            return ExitCode.Done;
        }

        UnitStatistics? statistics = StatisticsAsked(invocation, options, chosen, plan);
        Drawer drawer = new(invocation, backend, chosen, files);
        RenderResult result = drawer.Draw(plan, plan.Objective.Title(chosen.Network, chosen.NameOf), frames, names, grid.Scale, DevelopingPicture.For(invocation, invocation.Value(options.Show) && !names.All.Any(Outputs.IsStandardOutput), grid));
        string? resume = result is { Cancelled: true, Images.Length: 1 } && plan.Count == 1 ? ResumeFile(files, names) : null;
        statistics ??= result.Cancelled ? null : StatisticsFile.Find(invocation, chosen, null);
        IReadOnlyList<PictureVerdict> verdicts = statistics is null || result.Cancelled ? [] : Judging.Of(invocation, new Jury(backend, chosen.Network, statistics), result, invocation.Value(options.Trust), invocation.Cancellation);
        RenderRecord render = drawer.Stage(result, grid, frames, names with { Raw = names.Raw ?? resume }, verdicts);
        if (record is not null)
        {
            // Last, and so last in its place: what lies beside it without being named in it, with its checksum, is of another run.
            files.Stage(record, JsonSerializer.SerializeToUtf8Bytes(drawer.Record(command, started, [render]), RunRecordJson.Default.RunRecord));
        }

        files.Commit();
        if (invocation.Value(options.Show) && !render.Files.Any(f => Outputs.IsStandardOutput(f.Path)))
        {
            Showing.Show(invocation, grid.Stitch(result.Images, [.. result.Images.Select(i => i.Display)]));
        }

        ResultText.Scores(invocation, chosen, result, verdicts, statistics?.Pictures);
        drawer.TellMemory();
        string[] written = [.. render.Files.Select(f => Outputs.NameOf(f.Path)), .. record is null ? (string[])[] : [record]];
        invocation.Say($"Wrote {string.Join(", ", written)}.");
        if (result.Cancelled)
        {
            throw CommandException.Cancelled(ResultText.Cancelled(result, [Outputs.NameOf(names.Png)], resume));
        }

        return ExitCode.Done;
    }

    /// <summary>The files that the options name.</summary>
    /// <param name="invocation">The command line.</param>
    /// <param name="options">Those that it has are read.</param>
    /// <param name="usual">The picture's file where none is named.</param>
    /// <exception cref="CommandException">An ending does not fit.</exception>
    public static DrawingFiles NamesOf(Invocation invocation, ActivateOptions options, string usual)
    {
        string png = invocation.Value(options.Out) ?? usual;
        return new DrawingFiles(
            Checked("--out", png, ".png")!,
            Checked("--raw", invocation.Value(options.Raw), ".npy"),
            Checked("--gif", invocation.Value(options.Gif), ".gif"),
            Checked("--webp", invocation.Value(options.WebP), ".webp"),
            invocation.Value(options.Log),
            Checked("--alpha", invocation.Value(options.Alpha), ".png"));

        static string? Checked(string option, string? path, string extension) =>
            path is null || path.EndsWith(extension, StringComparison.OrdinalIgnoreCase) || !Outputs.IsFile(path)
                ? path
                : throw CommandException.Usage($"{option} writes a {extension} file; '{path}' is named otherwise.");
    }

    // Those that the user asks for, before anything is drawn; others are looked for when it has been.
    private static UnitStatistics? StatisticsAsked(Invocation invocation, ActivateOptions options, ChosenNetwork chosen, RenderPlan plan)
    {
        bool wantsTrust = invocation.Value(options.Trust);
        string? named = invocation.Value(options.Statistics);
        if (named is null && !wantsTrust)
        {
            return null;
        }

        UnitStatistics? statistics = StatisticsFile.Find(invocation, chosen, named);
        invocation.Cancellation.ThrowIfCancellationRequested();
        if (wantsTrust)
        {
            if (statistics is null || statistics.Likeness.IsEmpty)
            {
                throw CommandException.Usage($"--trust compares with real pictures of each class, and there are no statistics of such for {chosen.Name}; 'vggcuda statistics FOLDER' makes them.");
            }

            if (!Enumerable.Range(0, plan.Count).Any(i => Jury.ClassOf(chosen.Network, plan, i) is not null))
            {
                throw CommandException.Usage("--trust compares a picture with real ones of its class; none of these pictures is of one class.");
            }
        }

        return statistics;
    }

    // The array of a cancelled run, to go on from; the one that this run itself went on from is not replaced.
    private static string? ResumeFile(Outputs files, DrawingFiles names)
    {
        if (names.Raw is not null)
        {
            return Outputs.IsFile(names.Raw) ? names.Raw : null;
        }

        return Outputs.IsFile(names.Png)
            ? ((string[])[".best.npy", ".best-2.npy"]).Select(ending => Path.ChangeExtension(names.Png, ending)).FirstOrDefault(files.CanTake)
            : null;
    }

    private static void PlanFiles(Outputs files, DrawingFiles names, string? record)
    {
        files.Plan("--out", names.Png);
        foreach ((string option, string? path) in ((string, string?)[])[("the run record", record), ("--raw", names.Raw), ("--alpha", names.Alpha), ("--gif", names.Gif), ("--webp", names.WebP), ("--log", names.Log)])
        {
            if (path is not null)
            {
                files.Plan(option, path);
            }
        }
    }
}
