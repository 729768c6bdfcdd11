using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using VggCuda.Cli.Devices;
using VggCuda.Cli.Drawing;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Networks;
using VggCuda.Cli.Output;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;

namespace VggCuda.Cli.Commands;

/// <summary><c>recipe</c>: the summary, a class and a filter, drawn as the keras-vis recipe draws them, and beside them as the default preset does.</summary>
internal sealed class RecipeCommand
{
    private const string DefaultLayer = "block3_conv1";
    private const int RecipeSteps = 500;
    private readonly Option<string> _out = new("--out", "-o") { Description = "Folder for the pictures and recipe.json; default: out.", HelpName = "DIR", DefaultValueFactory = _ => "out" };
    private readonly Option<int?> _iterations = Parsers.WholeNumber(new Option<int?>("--iterations", "--max-iter", "-i") { Description = "Steps; default 500, and with the default preset its own.", HelpName = "N" }, 1, RenderPlan.MostIterations);
    private readonly Option<int?> _count = Parsers.WholeNumber(new Option<int?>("--count", "-n") { Description = "Pictures of each; default 3.", HelpName = "K" }, 1, 10000);
    private readonly Option<string?> _class = new("--class", "-c") { Description = "The class by number or name, and by its number the filter of the layer; default 20.", HelpName = "I|NAME" };
    private readonly Option<string> _layer = new("--layer", "-l") { Description = $"The layer of the second picture; default: {DefaultLayer}.", HelpName = "NAME|INDEX", DefaultValueFactory = _ => DefaultLayer };
    private readonly Option<uint?> _seed = Parsers.Seed(new Option<uint?>("--seed") { Description = "Start of the random numbers; default 1337.", HelpName = "S" });
    private readonly Option<Precision?> _precision = ActivateOptions.PrecisionOption();
    private readonly Option<int?> _scale = ActivateOptions.ScaleOption();
    private readonly Option<bool> _show = ActivateOptions.ShowOption();

    public static Command Create(CommandHost host)
    {
        RecipeCommand recipe = new();
        recipe._layer.CompletionSources.Add([.. LayerChoice.AllNames]);
        recipe._class.CompletionSources.Add(context => NetworkChoice.ClassNamesFor(host, context.ParseResult));
        Command command = new("recipe", "Print the summary, then draw a class and a filter of a layer, as the keras-vis recipe does, and both with the default preset.")
        {
            recipe._out, recipe._iterations, recipe._count, recipe._class, recipe._layer, recipe._seed, recipe._precision, recipe._scale, recipe._show,
        };
        host.Run(command, recipe.Run);
        return command;
    }

    private int Run(Invocation invocation)
    {
        DateTimeOffset started = DateTimeOffset.Now;
        using ChosenNetwork chosen = NetworkChoice.Open(invocation);
        (Layer predictions, Layer layer, int index) = Choose(invocation, chosen);
        RenderPlan[] plans = [.. from preset in (string[])[Presets.KerasVisName, Presets.Default] from drawn in (Layer[])[predictions, layer] select PlanOf(invocation, chosen, preset, drawn, index)];
        LabelledGrid[] grids = [.. plans.Select(p => new LabelledGrid(p, chosen, invocation.Value(_scale)))];
        string folder = invocation.Value(_out)!;
        if (folder.Length == 0)
        {
            throw CommandException.Usage("--out needs a folder.");
        }

        if (Outputs.IsStandardOutput(folder))
        {
            throw CommandException.Usage("recipe writes several files, and standard output takes one: --out needs a folder. activate --out - writes one picture there.");
        }

        DrawingFiles[] names = [.. plans.Select(p => new DrawingFiles(Path.Combine(folder, p.Objective.FileStem() + (p.Preset == Presets.KerasVisName ? "" : $"-{p.Preset}") + ".png")))];
        string record = Path.Combine(folder, "recipe.json");

        using Outputs files = new(invocation);
        files.ProtectWeights(chosen.Path);
        files.PlanFolder("--out", folder);
        foreach ((RenderPlan plan, LabelledGrid grid, DrawingFiles name) in plans.Zip(grids, names))
        {
            LabelledGrid.CheckSize(plan, grid.Scale);
            files.Plan("--out", name.Png);
        }

        files.Plan("--out", record);
        using IBackend backend = DeviceChoice.Open(invocation, plans[0].Precision);
        foreach (string line in SummaryTable.Lines(chosen.Network.Topology))
        {
            invocation.Say(line);
        }

        Drawer drawer = new(invocation, backend, chosen, files);
        List<RenderRecord> renders = [];
        string? cancelled = null;
        for (int i = 0; i < plans.Length && cancelled is null; i++)
        {
            try
            {
                RenderResult result = drawer.Draw(plans[i], $"{plans[i].Objective.Title(chosen.Network, chosen.NameOf)}{(plans[i].Preset == Presets.KerasVisName ? "" : $", {plans[i].Preset}")}", null, names[i], grids[i].Scale, DevelopingPicture.For(invocation, invocation.Value(_show), grids[i]));
                renders.Add(drawer.Stage(result, grids[i], null, names[i]));
                if (invocation.Value(_show))
                {
                    Showing.Show(invocation, grids[i].Stitch(result.Images, [.. result.Images.Select(image => image.Display)]));
                }

                ResultText.Scores(invocation, chosen, result);
                cancelled = result.Cancelled ? ResultText.Cancelled(result, [.. names.Take(i + 1).Select(n => n.Png)], null) : null;
            }
            catch (OperationCanceledException) when (i > 0)
            {
                string whole = string.Join(" and ", names.Take(i).Select(n => n.Png));
                cancelled = $"Cancelled; {whole} {(i == 1 ? "is" : "are")} whole, {names[i].Png} had not been begun.\nTo have all, run the same command again.";
            }
        }

        files.Stage(record, JsonSerializer.SerializeToUtf8Bytes(drawer.Record("recipe", started, renders), RunRecordJson.Default.RunRecord));
        files.Commit();
        drawer.TellMemory();
        if (cancelled is not null)
        {
            throw CommandException.Cancelled(cancelled);
        }

        invocation.Say($"{chosen.Describe(index)} is in {names[0].Png}, filter {index} of {layer.Name} in {names[1].Png}, both as {plans[2].Preset} draws them in {names[2].Png} and {names[3].Png}; the run record is {record}.");
        return ExitCode.Done;
    }

    private (Layer Predictions, Layer Layer, int Index) Choose(Invocation invocation, ChosenNetwork chosen)
    {
        if (chosen.Network.Topology.Classifier is not { } predictions)
        {
            throw CommandException.File($"The weights {chosen.Name} {chosen.WhyNoClasses}, so they name no classes; recipe needs a file with its top.");
        }

        ImmutableArray<int> classes = ClassChoice.Find(chosen, invocation.Value(_class) ?? "20");
        if (classes.Length != 1)
        {
            throw CommandException.Usage("recipe draws one class; for several use activate --class.");
        }

        Layer layer = LayerChoice.Find(chosen.Network, invocation.Value(_layer)!);
        if (layer == predictions)
        {
            throw CommandException.Usage($"recipe draws {predictions.Name} anyway; --layer names the second layer.");
        }

        if (classes[0] >= layer.Outputs)
        {
            throw CommandException.Usage($"The recipe draws filter {classes[0]} of {layer.Name} beside class {classes[0]}, but {layer.Name} of these weights has only filters 0 to {layer.Outputs - 1}.\nTake another --layer or --class, or activate, which draws classes and filters by themselves.");
        }

        return (predictions, layer, classes[0]);
    }

    private RenderPlan PlanOf(Invocation invocation, ChosenNetwork chosen, string preset, Layer layer, int index)
    {
        int? steps = invocation.Value(_iterations) ?? (preset == Presets.KerasVisName ? RecipeSteps : null);
        return PlanFactory.Create(
            preset,
            chosen.Network,
            layer,
            index,
            invocation.Value(_count) ?? 3,
            invocation.Value(_seed) ?? PlanFactory.DefaultSeed,
            new PlanOverrides { Iterations = steps, Precision = invocation.Value(_precision) });
    }
}
