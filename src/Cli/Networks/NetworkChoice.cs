using System.CommandLine;
using System.CommandLine.Completions;
using System.Text.Json;
using VggCuda.Cli.Hosting;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader;
using VggCuda.Hdf5Loader.Files;
using VggCuda.Hdf5Loader.Keras;

namespace VggCuda.Cli.Networks;

/// <summary>Which weights a command uses: a file, the published network, or the bundled model.</summary>
internal static class NetworkChoice
{
    private const string BundledModel = "bundled model";

    /// <summary>Opens what --weights says; without it the published file where it is found, else the bundled model, and a line says which.</summary>
    /// <exception cref="WeightsException">The file is missing or not what it should be.</exception>
    public static ChosenNetwork Open(Invocation invocation) => Open(invocation, invocation.Weights, invocation.NetworkName);

    /// <summary>Opens what a picture says that it was drawn with, unless --weights says otherwise: the bundled model, or what <see cref="Open(Invocation)"/> opens.</summary>
    /// <param name="invocation">The command line.</param>
    /// <param name="weights">The picture's <c>vggcuda:weights</c>, or null.</param>
    /// <inheritdoc cref="Open(Invocation)"/>
    public static ChosenNetwork OpenFor(Invocation invocation, string? weights) =>
        Open(invocation, invocation.Weights ?? (weights?.StartsWith(BundledModel, StringComparison.Ordinal) == true ? "demo" : null), invocation.NetworkName);

    /// <summary>Opens weights by the words of --weights and --network-name, wherever they come from.</summary>
    /// <inheritdoc cref="Open(Invocation)"/>
    public static ChosenNetwork Open(Invocation invocation, string? asked, string? networkName)
    {
        if (asked is not null && string.IsNullOrWhiteSpace(asked))
        {
            throw CommandException.Usage("--weights needs a file name, demo or imagenet.");
        }

        WeightsChoice choice = WeightsFiles.Find(asked, WeightsFolders.Find(invocation.Terminal.Variable, invocation.Terminal.Home));
        if (choice.Explanation is { } line)
        {
            invocation.Note(line);
        }

        return choice.Path is { } path ? OpenFile(invocation, path, networkName) : OpenDemo(networkName);
    }

    /// <summary>Names that --class can take with the --weights of an unfinished command line; for completion, so it never fails.</summary>
    public static IEnumerable<CompletionItem> ClassNamesFor(CommandHost host, ParseResult arguments)
    {
        try
        {
            WeightsChoice choice = WeightsFiles.Find(arguments.GetValue(host.Globals.Weights), WeightsFolders.Find(host.Terminal.Variable, host.Terminal.Home));
            ClassNames names = choice.Path is null ? DemoNames() : File.Exists(ClassNames.PathBeside(choice.Path)) ? ClassNames.Load(ClassNames.PathBeside(choice.Path)) : ImageNetClasses.Names;
            return Enumerable.Range(0, names.Count).Select(i => new CompletionItem(TerminalText.Line(names[i])));
        }
        catch (WeightsException)
        {
            return [];
        }
    }

    private static ChosenNetwork OpenDemo(string? networkName) =>
        new(KerasWeights.Open(Resource("demo.h5"), "the bundled model", networkName), BundledModel, null, DemoNames()) { Temperature = new(DemoTemperature) };

    private static ClassNames DemoNames() => ClassNames.Parse(Resource("demo.classes.txt"), "the bundled model's class names");

    private static double DemoTemperature()
    {
        using JsonDocument facts = JsonDocument.Parse(Resource("demo.json"));
        return facts.RootElement.GetProperty("prediction_temperature").GetDouble();
    }

    private static ChosenNetwork OpenFile(Invocation invocation, string path, string? networkName)
    {
        KerasWeights weights = KerasWeights.Open(path, networkName);
        try
        {
            Tell(invocation, path, weights.Inspection);

            ClassNames? names = Network.FromWeights(weights).Topology.Head is { } head ? ClassNames.For(path, head.Classes) : null;
            return new ChosenNetwork(weights, Path.GetFileName(path), path, names);
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    // What of the file is not used, and what was taken for granted: never without a word.
    private static void Tell(Invocation invocation, string path, KerasInspection found)
    {
        string file = Path.GetFileName(path);
        if (found.HeadRefusal is { } refusal)
        {
            invocation.Note($"Weights: of {file} the convolutions are used, its dense layers are not: {refusal}.");
        }
        else if (found.Ignored.Length > 0)
        {
            invocation.Note($"Weights: {found.Ignored.Length} layer{(found.Ignored.Length == 1 ? "" : "s")} of {file} beside the network {(found.Ignored.Length == 1 ? "is" : "are")} not used; 'vggcuda weights info' says which, and why.");
        }

        if (found.Assumption is { } assumption)
        {
            invocation.Note($"Weights: for {file} it is assumed {assumption}.");
        }
    }

    private static byte[] Resource(string name)
    {
        using Stream stream = typeof(NetworkChoice).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The build left out the resource {name}.");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
