using System.CommandLine;
using System.Globalization;
using System.Text.Json.Serialization;
using VggCuda.Cli.Figures;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Networks;
using VggCuda.Cli.Output;
using VggCuda.Engine.Model;

namespace VggCuda.Cli.Commands;

/// <summary><c>summary</c>: the layers of a network, as Keras prints them.</summary>
internal static class SummaryCommand
{
    public static Command Create(CommandHost host)
    {
        Option<bool> json = new("--json") { Description = "As JSON." };
        Option<string?> svg = new("--svg") { Description = "Draw the network as a figure instead, for an A4 page across.", HelpName = "FILE.svg" };
        Command command = new("summary", "Print the network's layers, shapes and parameter counts, or draw them.") { json, svg };
        host.Run(command, invocation =>
        {
            string? figure = invocation.Value(svg);
            if (figure is not null && invocation.Value(json))
            {
                throw CommandException.Usage("--json and --svg contradict each other; give one of them.");
            }

            using ChosenNetwork chosen = NetworkChoice.Open(invocation);
            if (figure is not null)
            {
                Draw(invocation, chosen, figure);
            }
            else if (invocation.Value(json))
            {
                invocation.Result(Summary.Of(chosen), SummaryJson.Default.Summary);
            }
            else
            {
                invocation.Result(SummaryTable.Title(chosen.Network.Topology));
                foreach (string line in SummaryTable.Lines(chosen.Network.Topology))
                {
                    invocation.Result(line);
                }
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static void Draw(Invocation invocation, ChosenNetwork chosen, string path)
    {
        Topology topology = chosen.Network.Topology;
        using Outputs files = new(invocation);
        files.ProtectWeights(chosen.Path);
        files.Plan("--svg", path);
        files.Stage(path, stream => NetworkFigure.Write(topology, stream));
        files.Commit();
        invocation.Note($"{topology.Name} is drawn in {Outputs.NameOf(path)}.");
    }
}

/// <summary>The summary as data.</summary>
internal sealed record Summary(string Weights, string Network, int? InputSize, int? Classes, IReadOnlyList<SummaryLayer> Layers, long TotalParameters)
{
    public static Summary Of(ChosenNetwork chosen)
    {
        Topology topology = chosen.Network.Topology;
        return new Summary(
            chosen.Path ?? chosen.Name,
            topology.Name,
            topology.FixedInputSize,
            topology.Head?.Classes,
            [.. topology.Layers.Select(l => new SummaryLayer(l.Index, l.Name, SummaryTable.ClassOf(l), SummaryTable.ShapeOf(topology, l), l.ParameterCount))],
            topology.ParameterCount);
    }
}

/// <summary>One layer: Keras's index, name and class, its output shape with null for what is open, its parameter count.</summary>
internal sealed record SummaryLayer(int Index, string Name, string Class, IReadOnlyList<int?> OutputShape, long Parameters);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Summary))]
internal sealed partial class SummaryJson : JsonSerializerContext;

/// <summary>Keras 2.0's table: 65 columns, fields ending at 29, 55 and 65, each cut before the next begins.</summary>
internal static class SummaryTable
{
    private const int Width = 65;
    private static readonly int[] Ends = [29, 55, 65];

    /// <summary>The line that later versions of Keras print above the table: Model: "vgg16".</summary>
    public static string Title(Topology topology) => $"Model: \"{topology.Name.ToLowerInvariant()}\"";

    public static IEnumerable<string> Lines(Topology topology)
    {
        string thin = new('_', Width);
        string thick = new('=', Width);
        yield return thin;
        yield return Row("Layer (type)", "Output Shape", "Param #");
        yield return thick;
        foreach (Layer layer in topology.Layers)
        {
            string shape = string.Join(", ", ShapeOf(topology, layer).Select(n => n?.ToString(CultureInfo.InvariantCulture) ?? "None"));
            yield return Row($"{layer.Name} ({ClassOf(layer)})", $"({shape})", layer.ParameterCount.ToString(CultureInfo.InvariantCulture));
            yield return layer.Index == topology.Layers.Length - 1 ? thick : thin;
        }

        yield return string.Create(CultureInfo.InvariantCulture, $"Total params: {topology.ParameterCount:N0}");
        yield return string.Create(CultureInfo.InvariantCulture, $"Trainable params: {topology.ParameterCount:N0}");
        yield return "Non-trainable params: 0";
        yield return thin;
    }

    public static string ClassOf(Layer layer) => layer.Kind switch
    {
        LayerKind.Input => "InputLayer",
        LayerKind.Convolution => "Conv2D",
        LayerKind.MaxPool => "MaxPooling2D",
        LayerKind.Flatten => "Flatten",
        _ => "Dense",
    };

    /// <summary>The output shape; null for the batch, and for rows and columns where the input's size is open.</summary>
    public static IReadOnlyList<int?> ShapeOf(Topology topology, Layer layer)
    {
        if (layer.Kind is LayerKind.Flatten or LayerKind.Dense)
        {
            return [null, layer.Outputs];
        }

        int? side = topology.FixedInputSize is int size ? Topology.OutputSize(layer, size, size).Height : null;
        return [null, side, side, layer.Outputs];
    }

    private static string Row(params string[] fields)
    {
        string line = "";
        for (int i = 0; i < fields.Length; i++)
        {
            line = (i > 0 ? line[..^1] + " " : line) + fields[i];
            line = line.Length > Ends[i] ? line[..Ends[i]] : line.PadRight(Ends[i]);
        }

        return line.TrimEnd();
    }
}
