using System.CommandLine;
using System.Text;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Output;
using VggCuda.Engine.Stages;
using VggCuda.Imaging;

namespace VggCuda.Cli.Commands;

/// <summary><c>spectrum build</c>: the mean spectrum of pictures, for the preset maco.</summary>
internal static class SpectrumCommand
{
    private const string DefaultFile = "spectrum.json";

    public static Command Create(CommandHost host)
    {
        Argument<string[]> pictures = new("FOLDER") { Description = "A folder of pictures, single ones, or patterns in quotes.", Arity = ArgumentArity.OneOrMore };
        Option<string?> output = new("--out", "-o") { Description = $"Where it goes; default: {DefaultFile}.", HelpName = "FILE.json" };
        Command build = new("build", "Measure how large the waves in pictures are on average.") { pictures, output };
        host.Run(build, invocation =>
        {
            string[] paths = [.. invocation.Value(pictures)!.SelectMany(PictureFiles.Named)];
            string path = invocation.Value(output) ?? DefaultFile;
            using Outputs files = new(invocation);
            foreach (string picture in paths)
            {
                files.Protect("FOLDER", picture);
            }

            files.Plan("--out", path);
            SpectrumMeter meter = new();
            int failed = 0;
            foreach (string picture in paths)
            {
                invocation.Cancellation.ThrowIfCancellationRequested();
                try
                {
                    meter.Add(Resizing.Fit(PictureFile.Read(picture), MeanSpectrum.Side, MeanSpectrum.Side).Rgb);
                }
                catch (PictureException error)
                {
                    failed++;
                    Failure.Report(error, invocation.Terminal, invocation.Verbose);
                }
            }

            if (failed == paths.Length)
            {
                throw CommandException.File($"None of {paths.Length} pictures could be read, so there is no spectrum.");
            }

            MeanSpectrum spectrum = meter.Result();
            files.Stage(path, Encoding.UTF8.GetBytes(spectrum.ToJson()));
            files.Commit();
            invocation.Say($"Wrote {Outputs.NameOf(path)}: the mean of {spectrum.Pictures} pictures{(failed > 0 ? $"; {failed} could not be read" : "")}.");
            return failed > 0 ? ExitCode.File : ExitCode.Done;
        });
        return new Command("spectrum", "The mean spectrum of pictures, for the preset maco.") { build };
    }
}
