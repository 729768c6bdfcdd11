using System.CommandLine;
using System.Text.Json;
using VggCuda.Cli.Devices;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Networks;
using VggCuda.Cli.Output;
using VggCuda.Cli.Viewing;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Files;
using VggCuda.Engine.Model;
using VggCuda.Imaging;

namespace VggCuda.Cli.Examples;

/// <summary><c>examples</c>: the patches of a folder's pictures that excite each unit most.</summary>
internal static class ExamplesCommand
{
    private const string DefaultFolder = "examples";
    private const int Quality = 88;

    public static Command Create(CommandHost host)
    {
        Argument<string[]> pictures = new("FOLDER")
        {
            Description = "Pictures (PNG, JPEG, WebP, GIF), folders of them, or patterns ('photos/*.jpg', 'photos/**/*.jpg'). Each is brought to the network's input size as a whole, stretched where it is not square.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string?> layers = new("--layers", "--layer", "-l") { Description = "Layers to look at, by Keras's names or indices, with commas; default: all convolutions and dense layers.", HelpName = "L[,L...]|all" };
        Option<string> to = new("--out", "-o") { Description = $"Where the examples go; default: {DefaultFolder}.", HelpName = "DIR", DefaultValueFactory = _ => DefaultFolder };
        layers.CompletionSources.Add(["all", .. LayerChoice.AllNames]);
        Command command = new("examples", "Find the parts of pictures that excite each filter, unit or class most.") { pictures, layers, to };
        host.Run(command, invocation => Run(invocation, invocation.Value(pictures)!, invocation.Value(layers) ?? "all", invocation.Value(to)!));
        return command;
    }

    private static int Run(Invocation invocation, string[] asked, string layers, string folder)
    {
        if (folder.Length == 0 || Outputs.IsStandardOutput(folder))
        {
            throw CommandException.Usage("--out needs a folder: examples are many files.");
        }

        string[] files = [.. asked.SelectMany(PictureFiles.Named)];
        using ChosenNetwork chosen = NetworkChoice.Open(invocation);
        chosen.StartHashing();
        Layer[] wanted = LayersOf(layers, chosen.Network);
        using Outputs outputs = new(invocation);
        outputs.PlanFolder("--out", folder);
        outputs.Plan("--out", ExamplesFile.PathIn(folder));
        StrongestPatches[] found = [.. wanted.Select(l => new StrongestPatches(l, ReceptiveField.Of(chosen.Network.Topology, l, PictureViewing.SideOf(chosen.Network))))];
        PictureViewing viewing = new(invocation, "examples", files);
        using (IBackend backend = DeviceChoice.Open(invocation, Precision.Fp32))
        {
            viewing.Run(backend, chosen.Network, [.. wanted.Select(l => new TapSpec(l))], picture =>
            {
                for (int l = 0; l < found.Length; l++)
                {
                    found[l].Add(picture.File, picture.Taps[l].Values.Span, picture.Taps[l].Shape.W, picture.Input);
                }

                outputs.Keep();
            });
        }

        if (viewing.Seen == 0)
        {
            invocation.Cancellation.ThrowIfCancellationRequested();
            throw CommandException.File($"None of the {files.Length} pictures could be read; nothing was written.");
        }

        bool isCancelled = invocation.Cancellation.IsCancellationRequested;
        Write(folder, files, found, (chosen.Name, chosen.Sha256() ?? ""), asked, viewing);
        invocation.Terminal.AreFilesWritten = true;
        if (isCancelled)
        {
            throw CommandException.Cancelled($"Cancelled after {viewing.Seen + viewing.Faults.Count} of {files.Length} pictures; the strongest patches of those are in {folder}.");
        }

        invocation.Say($"Wrote the strongest patches of {found.Sum(f => f.Layer.Outputs)} units in {viewing.Seen} pictures to {folder}; 'vggcuda report SWEEP --examples {folder}' shows them.");
        if (viewing.Faults.Count > 0)
        {
            invocation.Note($"{viewing.Faults.Count} of {files.Length} pictures could not be read.");
        }

        return viewing.Faults.Count > 0 ? ExitCode.File : ExitCode.Done;
    }

    private static void Write(string folder, string[] files, IReadOnlyList<StrongestPatches> found, (string Name, string Sha256) weights, string[] asked, PictureViewing viewing)
    {
        ExampleLayer[] layers = [.. found.Select(f => new ExampleLayer(FolderOf(f.Layer), f.Layer.Name, f.Field, f.Cell, f.Units(files)))];
        for (int l = 0; l < layers.Length; l++)
        {
            string patches = Path.Combine(folder, "patches", layers[l].Name);
            Directory.CreateDirectory(patches);
            StagedFiles.Sweep(patches);
            foreach (ExampleUnit unit in layers[l].Units)
            {
                string path = Path.Combine(folder, ExamplesFile.SheetOf(layers[l], unit).Replace('/', Path.DirectorySeparatorChar));
                if (found[l].Sheet(unit.Channel) is not { } sheet)
                {
                    File.Delete(path);
                    continue;
                }

                using StagedFiles staged = new() { SweepsParts = false };
                staged.Stage(path, PictureFile.EncodeWebP(sheet, Quality));
                staged.Commit();
            }
        }

        ExamplesFile file = new()
        {
            Format = ExamplesFile.CurrentFormat,
            Version = Software.Version,
            Weights = weights.Name,
            Sha256 = weights.Sha256,
            Folder = string.Join(", ", asked),
            Pictures = viewing.Seen,
            Faults = [.. viewing.Faults.Select(f => new ExampleFault(f.File, f.Reason))],
            Layers = layers,
        };
        StagedFiles.Write(ExamplesFile.PathIn(folder), JsonSerializer.SerializeToUtf8Bytes(file, ExamplesJson.Default.ExamplesFile));
    }

    private static string FolderOf(Layer layer) =>
        layer.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') && layer.Name.Length is > 0 and <= 100 ? layer.Name : $"layer-{layer.Index}";

    private static Layer[] LayersOf(string text, Network network)
    {
        if (text.Trim() == "all")
        {
            return [.. network.Topology.Layers.Where(l => l.HasWeights)];
        }

        List<Layer> layers = [];
        foreach (string name in text.Split(','))
        {
            Layer layer = LayerChoice.Find(network, name.Trim());
            if (layers.Contains(layer))
            {
                throw CommandException.Usage($"--layers names {layer.Name} twice.");
            }

            layers.Add(layer);
        }

        return [.. layers.OrderBy(l => l.Index)];
    }
}
