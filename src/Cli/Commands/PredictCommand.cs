using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text.Json.Serialization;
using VggCuda.Cli.Devices;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Networks;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Rendering;
using VggCuda.Imaging;

namespace VggCuda.Cli.Commands;

/// <summary><c>predict</c>: what the network takes pictures for.</summary>
internal static class PredictCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string[]> images = new("IMAGE")
        {
            Description = "Pictures (PNG, JPEG, WebP, GIF). Each is brought to the network's input size as a whole, stretched where it is not square.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<int?> top = Parsers.WholeNumber(new Option<int?>("--top") { Description = "How many classes to name per picture; default 5.", HelpName = "N" }, 1);
        Option<bool> json = new("--json") { Description = "As JSON." };
        Command command = new("predict", "Name the classes that the network sees in pictures.") { images, top, json };
        host.Run(command, invocation =>
        {
            string[] paths = invocation.Value(images)!;
            using ChosenNetwork chosen = NetworkChoice.Open(invocation);
            if (chosen.Network.Topology.FixedInputSize is not int side)
            {
                throw CommandException.File($"The weights {chosen.Name} {chosen.WhyNoClasses}, so they name no classes; predict needs a file with its top.");
            }

            int most = Math.Min(invocation.Value(top) ?? 5, chosen.ClassCount);
            float[][] pixels = [.. paths.Select(path => ReadPixels(path, side))];
            using IBackend backend = DeviceChoice.Open(invocation);
            ImmutableArray<ImmutableArray<Prediction>> predictions = Predictor.Predict(backend, chosen.Network, pixels, top: chosen.Temperature == 1 ? most : null, cancellation: invocation.Cancellation);
            List<PicturePrediction> results = [.. paths.Select((path, i) => new PicturePrediction(
                path,
                [.. Calibrated(predictions[i], chosen.Temperature).Take(most).Select(p => new ClassPrediction(p.Class, chosen.NameOf(p.Class), p.Probability, p.Logit))]))];
            if (invocation.Value(json))
            {
                invocation.Result(results, PredictionJson.Default.ListPicturePrediction);
            }
            else
            {
                Print(invocation, chosen, results);
            }

            return ExitCode.Done;
        });
        return command;
    }

    // Softmax of the logits divided by the temperature; all classes are there wherever it is not 1. The order stays.
    private static IEnumerable<Prediction> Calibrated(ImmutableArray<Prediction> all, double temperature)
    {
        if (temperature == 1)
        {
            return all;
        }

        double most = all.Max(p => p.Logit);
        double sum = all.Sum(p => Math.Exp((p.Logit - most) / temperature));
        return all.Select(p => p with { Probability = Math.Exp((p.Logit - most) / temperature) / sum });
    }

    private static float[] ReadPixels(string path, int side) =>
        Array.ConvertAll(Resizing.Fit(PictureFile.Read(path), side, side).Rgb, value => (float)value);

    private static void Print(Invocation invocation, ChosenNetwork chosen, List<PicturePrediction> results)
    {
        foreach (PicturePrediction picture in results)
        {
            invocation.Result($"{picture.File}:");
            foreach (ClassPrediction p in picture.Predictions)
            {
                string percent = (p.Probability * 100).ToString("F2", CultureInfo.InvariantCulture).PadLeft(6);
                invocation.Result($"  {percent} %  {chosen.Describe(p.Class)}");
            }
        }
    }
}

/// <summary>What a picture is taken for, the likeliest class first.</summary>
internal sealed record PicturePrediction(string File, IReadOnlyList<ClassPrediction> Predictions);

/// <summary>A class, its name where known, its softmax probability and its logit.</summary>
internal sealed record ClassPrediction(int Class, string? Name, double Probability, double Logit);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(List<PicturePrediction>))]
internal sealed partial class PredictionJson : JsonSerializerContext;
