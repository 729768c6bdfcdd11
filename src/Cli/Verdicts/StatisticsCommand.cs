using System.CommandLine;
using System.Text;
using VggCuda.Cli.Devices;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Networks;
using VggCuda.Cli.Output;
using VggCuda.Cli.Progress;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Verdicts;
using VggCuda.Imaging;

namespace VggCuda.Cli.Verdicts;

/// <summary><c>statistics</c>: how strongly every unit answers to a folder's pictures.</summary>
internal static class StatisticsCommand
{
    // Every unit's answer to every picture is kept: 220 MB for the published network.
    private const int MostPictures = 4096;
    private const int MostAtOnce = 4;

    // Of networks without dense layers, which take any size.
    private const int UsualSide = 224;

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
        int side = chosen.Network.Topology.FixedInputSize ?? UsualSide;
        StatisticsMeter meter = new(chosen.Network);
        int faults;
        using (IBackend backend = DeviceChoice.Open(invocation, Precision.Fp32))
        {
            faults = Measure(invocation, backend, chosen.Network, files, side, meter);
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
            statistics = meter.Result(chosen.Name, sha256, side);
        }
        catch (PlanException error)
        {
            throw CommandException.File($"There are no statistics of {chosen.Name}: {error.Message}.", error);
        }

        outputs.Stage(path, Encoding.UTF8.GetBytes(statistics.ToJson()));
        outputs.Commit();
        invocation.Say($"Wrote {Outputs.NameOf(path)}: {statistics.Layers.Sum(l => l.Active.Length)} units on {meter.Pictures} pictures{(faults > 0 ? $"; {faults} could not be read" : "")}.");
        return faults > 0 ? ExitCode.File : ExitCode.Done;
    }

    private static int Measure(Invocation invocation, IBackend backend, Network network, string[] files, int side, StatisticsMeter meter)
    {
        ProgramSpec spec = new()
        {
            Taps = meter.Taps,
            Batch = Math.Min(MostAtOnce, files.Length),
            Height = side,
            Width = side,
            Precision = Precision.Fp32,
            NeedsGradient = false,
        };
        using INetworkProgram program = backend.Compile(network, spec, invocation.Cancellation);
        using ITensor input = backend.Allocate(program.InputShape);
        float[] pixels = new float[input.Shape.Count];
        float[][] values = [.. program.Taps.Select(t => new float[t.Shape.Count])];
        int perPicture = side * side * 3;
        CountProgress progress = new(invocation, "statistics", "pictures", files.Length);
        int faults = 0;
        int filled = 0;
        for (int i = 0; i < files.Length && !invocation.Cancellation.IsCancellationRequested; i++)
        {
            try
            {
                byte[] rgb = Resizing.Fit(PictureFile.Read(files[i]), side, side).Rgb;
                for (int k = 0; k < perPicture; k++)
                {
                    pixels[(filled * perPicture) + k] = rgb[k];
                }

                filled++;
            }
            catch (PictureException error)
            {
                faults++;
                Failure.Report(error, invocation.Terminal, invocation.Verbose);
            }

            if (filled == spec.Batch || (i == files.Length - 1 && filled > 0))
            {
                backend.Upload(input, pixels);
                program.Forward(input);
                for (int l = 0; l < values.Length; l++)
                {
                    backend.Download(program.Taps[l], values[l].AsSpan());
                }

                for (int n = 0; n < filled; n++)
                {
                    meter.Add([.. program.Taps.Select((t, l) => (ReadOnlyMemory<float>)values[l].AsMemory(n * (int)t.Shape.CountPerImage, (int)t.Shape.CountPerImage))]);
                }

                filled = 0;
            }

            progress.Add(1);
        }

        return faults;
    }
}
