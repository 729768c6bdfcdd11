using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using VggCuda.Cli.Devices;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Networks;
using VggCuda.Cli.Progress;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Rendering;
using VggCuda.Imaging;

namespace VggCuda.Cli.Commands;

/// <summary><c>predict</c>: what the network takes pictures for.</summary>
/// <remarks>Pictures are read a batch ahead of the network and forgotten with their results, so a million take no more memory than a few.</remarks>
internal static class PredictCommand
{
    // The dense layers' weights are read once for a batch; more pictures gain little and keep results waiting.
    private const int MostAtOnce = 8;

    public static Command Create(CommandHost host)
    {
        Argument<string[]> images = new("IMAGE")
        {
            Description = "Pictures (PNG, JPEG, WebP, GIF), folders of them, or patterns ('photos/*.jpg', 'photos/**/*.jpg'). Each picture is brought to the network's input size as a whole, stretched where it is not square.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<int?> top = Parsers.WholeNumber(new Option<int?>("--top") { Description = "How many classes to name per picture; default 5.", HelpName = "N" }, 1);
        Option<bool> json = new("--json") { Description = "As JSON, one picture a line." };
        Command command = new("predict", "Name the classes that the network sees in pictures.") { images, top, json };
        host.Run(command, invocation =>
        {
            string[] paths = [.. invocation.Value(images)!.SelectMany(PictureFiles.Named)];
            using ChosenNetwork chosen = NetworkChoice.Open(invocation);
            if (chosen.Network.Topology.FixedInputSize is not int side)
            {
                throw CommandException.File($"The weights {chosen.Name} {chosen.WhyNoClasses}, so they name no classes; predict needs a file with its top.");
            }

            Run run = new(invocation, chosen, invocation.Value(json), paths.Length);
            int most = Math.Min(invocation.Value(top) ?? 5, chosen.ClassCount);
            IBackend? backend = null;
            Predictor? predictor = null;
            try
            {
                Task<ReadPicture[]> next = Read(paths, 0, side, invocation.Cancellation);
                for (int done = 0; done < paths.Length;)
                {
                    ReadPicture[] pictures = next.GetAwaiter().GetResult();
                    done += pictures.Length;
                    next = Read(paths, done, side, invocation.Cancellation);

                    // Not before there is a picture: the device takes longer than to say that a file is missing.
                    float[][] pixels = [.. pictures.Where(p => p.Pixels is not null).Select(p => p.Pixels!)];
                    ImmutableArray<ImmutableArray<Prediction>> predictions = [];
                    if (pixels.Length > 0)
                    {
                        backend ??= DeviceChoice.Open(invocation);
                        predictor ??= new Predictor(backend, chosen.Network, Math.Min(MostAtOnce, paths.Length), top: chosen.Temperature.Value == 1 ? most : null, cancellation: invocation.Cancellation);
                        predictions = predictor.Predict(pixels);
                    }

                    run.Show(pictures, [.. predictions.Select(all => Probabilities.Calibrated(all, chosen.Temperature.Value).Take(most).ToImmutableArray())]);
                }

                return run.End();
            }
            finally
            {
                predictor?.Dispose();
                backend?.Dispose();
            }
        });
        return command;
    }

    private static Task<ReadPicture[]> Read(string[] paths, int from, int side, CancellationToken cancellation) => Task.Run(
        () => paths.Skip(from).Take(MostAtOnce).Select(path =>
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                return new ReadPicture(path, Array.ConvertAll(Resizing.Fit(PictureFile.Read(path), side, side).Rgb, value => (float)value), null);
            }
            catch (PictureException e)
            {
                return new ReadPicture(path, null, e);
            }
        }).ToArray(),
        cancellation);

    /// <summary>A picture at the network's size, or why there is none.</summary>
    private sealed record ReadPicture(string Path, float[]? Pixels, PictureException? Fault);

    /// <summary>Shows results as they come, and how far they are.</summary>
    private sealed class Run(Invocation invocation, ChosenNetwork chosen, bool json, int total)
    {
        private readonly CountProgress _progress = new(invocation, "predict", "pictures", total);
        private int _failed;

        public void Show(ReadPicture[] pictures, ImmutableArray<ImmutableArray<Prediction>> predictions)
        {
            int at = 0;
            foreach (ReadPicture picture in pictures)
            {
                if (picture.Fault is { } fault)
                {
                    _failed++;
                    Failure.Report(fault, invocation.Terminal, invocation.Verbose);
                    if (json)
                    {
                        Line(new PicturePrediction(picture.Path, null, fault.Cause));
                    }

                    continue;
                }

                ClassPrediction[] classes = [.. predictions[at++].Select(p => new ClassPrediction(p.Class, chosen.NameOf(p.Class), p.Probability, p.Logit))];
                if (json)
                {
                    Line(new PicturePrediction(picture.Path, classes, null));
                    continue;
                }

                invocation.Result($"{picture.Path}:");
                foreach (ClassPrediction p in classes)
                {
                    string percent = (p.Probability * 100).ToString("F2", CultureInfo.InvariantCulture).PadLeft(6);
                    invocation.Result($"  {percent} %  {chosen.Describe(p.Class)}");
                }
            }

            invocation.Terminal.Out.Flush();
            _progress.Add(pictures.Length);
        }

        public int End()
        {
            if (_failed > 0 && total > 1)
            {
                invocation.Note($"{_failed} of {total} pictures could not be read.");
            }

            return _failed > 0 ? ExitCode.File : ExitCode.Done;
        }

        private void Line(PicturePrediction picture) => invocation.Result(picture, PredictionJson.Default.PicturePrediction);
    }
}

/// <summary>What a picture is taken for, the likeliest class first; or why it could not be read.</summary>
internal sealed record PicturePrediction(
    string File,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ClassPrediction>? Predictions,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Error);

/// <summary>A class, its name where known, its softmax probability and its logit.</summary>
internal sealed record ClassPrediction(int Class, string? Name, double Probability, double Logit);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(PicturePrediction))]
internal sealed partial class PredictionJson : JsonSerializerContext;
