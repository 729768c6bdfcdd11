using System.CommandLine;
using VggCuda.Cli.Drawing;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Networks;

namespace VggCuda.Cli.Sweeps;

/// <summary>The options of <c>sweep</c>.</summary>
internal sealed class SweepOptions
{
    private const string DefaultFolder = "sweep";

    public Option<string?> Layers { get; } = new("--layers", "--layer", "-l") { Description = "Layers to draw every filter, unit or class of, by Keras's names or indices, with commas; all: every convolution and dense layer.", HelpName = "L[,L...]|all" };

    public Option<string[]> Filter { get; } = new("--filter", "-f") { Description = "Only these filters (or units, or classes) of each layer, numbers and ranges.", HelpName = "I[-J][,K...]", Arity = ArgumentArity.OneOrMore };

    public Option<string[]> Objective { get; } = new("--objective") { Description = "What to excite in place of layers, in activate's language; may be given several times.", HelpName = "TEXT", Arity = ArgumentArity.OneOrMore };

    /// <summary>What every picture is drawn with: of these options a sweep has <see cref="ActivateOptions.Settings"/>.</summary>
    public ActivateOptions Drawing { get; } = new();

    public Option<string> Out { get; } = new("--out", "-o") { Description = $"The sweep's folder; default: {DefaultFolder}. Where it holds a sweep, that one goes on.", HelpName = "DIR", DefaultValueFactory = _ => DefaultFolder };

    public Option<int?> Batch { get; } = Parsers.WholeNumber(new Option<int?>("--batch") { Description = "Pictures drawn at once, fixed for the whole sweep; default: 32 on a GPU, 4 on the processor, fewer where they do not fit the memory.", HelpName = "N" }, 1, 1024);

    public Option<int?> Shards { get; } = Parsers.WholeNumber(new Option<int?>("--shards") { Description = "Into how many shares the sweep is dealt, fixed for the whole sweep; default 1.", HelpName = "N" }, 1, 100_000);

    public Option<string?> Shard { get; } = new("--shard") { Description = "Draw this share only, I from 0, N as the sweep was planned. In a Slurm array I is the task's number. Without it: all of them.", HelpName = "I/N" };

    public Option<bool> Prepare { get; } = new("--prepare") { Description = "Plan the sweep and draw nothing." };

    public Option<bool> Mixed { get; } = new("--mixed") { Description = "Go on with another version of the program, other kernels or other weights than the sweep was begun with, and mark those pictures." };

    public Option<bool> Retry { get; } = new("--retry") { Description = "Try units again that were given up." };

    public Option<int?> Grace { get; } = Parsers.WholeNumber(new Option<int?>("--grace") { Description = "Seconds that the pictures in work have after SIGTERM, SIGUSR1 or SIGUSR2; default 60.", HelpName = "S" }, 0, 86_400);

    public Option<int?> HangAfter { get; } = Parsers.WholeNumber(new Option<int?>("--hang-after") { Description = "Seconds without a step after which a worker counts as hung and another one takes its place, 0 for never; default: 30 times the longest that a step of the layer took so far, at least 600.", HelpName = "S" }, 0, 10_000_000);

    /// <summary>Those that say what is drawn, and so contradict a sweep that is there already.</summary>
    public IEnumerable<Option> Subjects => [Layers, Filter, Objective, .. Drawing.Settings];

    public void AddTo(Command command)
    {
        Layers.CompletionSources.Add(["all", .. LayerChoice.AllNames]);
        foreach (Option option in (Option[])[.. Subjects, Out, Batch, Shards, Shard, Prepare, Mixed, Retry, Grace, HangAfter])
        {
            command.Options.Add(option);
        }
    }
}
