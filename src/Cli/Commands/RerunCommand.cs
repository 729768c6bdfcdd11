using System.CommandLine;
using System.Globalization;
using VggCuda.Cli.Drawing;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Networks;
using VggCuda.Engine.Plans;
using VggCuda.Imaging;

namespace VggCuda.Cli.Commands;

/// <summary><c>rerun</c>: what a picture says of itself, drawn with more iterations.</summary>
/// <remarks>A picture does not hold the optimiser's state, so its steps are taken again first: the same seed takes the same way, and a longer run begins like a shorter one.</remarks>
internal static class RerunCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> picture = new("PICTURE") { Description = "A picture that this program drew (.png), or the record beside it (.json)." };
        ActivateOptions options = new();
        options.Iterations.Required = true;
        Command command = new("rerun", "Draw a picture again with more iterations: its own steps first, which come out the same, then further ones.") { picture, options.Iterations, options.SeedImage, options.Out, options.Raw, options.Alpha, options.Gif, options.WebP, options.Log, options.Scale, options.Show, options.Statistics, options.Trust, options.DryRun };
        host.Run(command, invocation => Run(invocation, options, invocation.Value(picture)!));
        return command;
    }

    private static int Run(Invocation invocation, ActivateOptions options, string path)
    {
        DateTimeOffset started = DateTimeOffset.Now;
        RenderPlan old = PlanFile.Read(path, "");
        IReadOnlyDictionary<string, string> texts = path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? new Dictionary<string, string>() : PngText.Read(path);
        using ChosenNetwork chosen = NetworkChoice.OpenFor(invocation, texts.GetValueOrDefault(PictureTexts.Weights));
        DrawnWith.CheckWeights(path, texts, chosen, invocation.Cancellation);
        RenderPlan plan = PlanFactory.Again(invocation, options, chosen, old);
        if (plan.Octaves is not null && plan.Iterations != old.Iterations)
        {
            invocation.Note($"'{path}' was drawn at {plan.Octaves.Count} sizes one after the other, with {old.Iterations} steps at each; with {plan.Iterations} at each it becomes another picture.");
        }

        string stem = Path.Combine(Path.GetDirectoryName(path) ?? "", Path.GetFileNameWithoutExtension(path));
        return ActivateCommand.Draw(
            invocation,
            options,
            chosen,
            plan,
            ActivateCommand.NamesOf(invocation, options, string.Create(CultureInfo.InvariantCulture, $"{stem}-{plan.Iterations}.png")),
            path,
            "rerun",
            started);
    }
}
