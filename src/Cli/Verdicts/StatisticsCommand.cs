using System.CommandLine;
using System.Text;
using VggCuda.Cli.Devices;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Networks;
using VggCuda.Cli.Output;
using VggCuda.Cli.Viewing;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Verdicts;

namespace VggCuda.Cli.Verdicts;

/// <summary><c>statistics</c>: how strongly every unit answers to a folder's pictures.</summary>
internal static class StatisticsCommand
{
    // Every unit's answer to every picture is kept: 220 MB for the published network.
    private const int MostPictures = 4096;

    public static Command Create(CommandHost host)
    {
        Argument<string[]> pictures = new("FOLDER")
        {
            Description = "Pictures (PNG, JPEG, WebP, GIF), folders of them, or patterns in quotes. Each is brought to the network's input size as a whole. Of more than 4096 so many are taken, evenly.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string?> to = new("--out", "-o") { Description = "Where they go; default: beside the weights, where activate and sweep look for them, of the bundled model statistics.json.", HelpName = "FILE.json" };
        Command command = new("statistics", "Measure how strongly every filter, unit and class answers to pictures, for the verdicts on drawn ones.") { pictures, to };
        host.Run(command, invocation => Run(invocation, invocation.Value(pictures)!, invocation.Value(to)));
        return command;
    }

    private static int Run(Invocation invocation, string[] asked, string? to)
    {
        string[] all = [.. asked.SelectMany(PictureFiles.Named)];
        string[] files = all.Length <= MostPictures ? all : [.. Enumerable.Range(0, MostPictures).Select(i => all[(int)((long)i * all.Length / MostPictures)])];
        using ChosenNetwork chosen = NetworkChoice.Open(invocation);
        chosen.StartHashing();
        string path = to ?? (chosen.Path is null ? "statistics.json" : StatisticsFile.PathBeside(chosen.Path));
        using Outputs outputs = new(invocation);
        outputs.ProtectWeights(chosen.Path);
        foreach (string file in files)
        {
            outputs.Protect("FOLDER", file);
        }

        outputs.Plan("--out", path);
        StatisticsMeter meter = new(chosen.Network);
        PictureViewing viewing = new(invocation, "statistics", files);
        using (IBackend backend = DeviceChoice.Open(invocation, Precision.Fp32))
        {
            viewing.Run(backend, chosen.Network, meter.Taps, picture => meter.Add([.. picture.Taps.Select(t => t.Values)]));
        }

        invocation.Cancellation.ThrowIfCancellationRequested();
        if (meter.Pictures == 0)
        {
            throw CommandException.File($"None of the {files.Length} pictures could be read; nothing was written.");
        }

        string sha256 = chosen.Sha256(invocation.Cancellation) ?? throw new OperationCanceledException(invocation.Cancellation);
        UnitStatistics statistics;
        try
        {
            statistics = meter.Result(chosen.Name, sha256, PictureViewing.SideOf(chosen.Network));
        }
        catch (PlanException error)
        {
            throw CommandException.File($"There are no statistics of {chosen.Name}: {error.Message}.", error);
        }

        int faults = viewing.Faults.Count;
        outputs.Stage(path, Encoding.UTF8.GetBytes(statistics.ToJson()));
        outputs.Commit();
        invocation.Say($"Wrote {Outputs.NameOf(path)}: {statistics.Layers.Sum(l => l.Active.Length)} units on {meter.Pictures} pictures{(faults > 0 ? $"; {faults} could not be read" : "")}.");
        return faults > 0 ? ExitCode.File : ExitCode.Done;
    }
}
