using System.CommandLine;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Networks;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Plans;

namespace VggCuda.Cli.Drawing;

/// <summary>The options of <c>activate</c>.</summary>
internal sealed class ActivateOptions
{
    public Option<string?> Layer { get; } = new("--layer", "-l") { Description = "The layer, by Keras's name or index; default: predictions.", HelpName = "NAME|INDEX" };

    public Option<string[]> Filter { get; } = new("--filter", "-f") { Description = "Filters (or units) of the layer, numbers and ranges, one picture each, drawn as one batch.", HelpName = "I[-J][,K...]", Arity = ArgumentArity.OneOrMore };

    public Option<string?> Class { get; } = new("--class", "-c") { Description = "Classes of predictions, by number, range or name.", HelpName = "I|NAME" };

    public Option<string?> Objective { get; } = new("--objective") { Description = "What to excite, in a small language: \"predictions:20 - 0.5*predictions:71\", \"block4_conv2:133@7,7\", \"block5_conv3\".", HelpName = "TEXT" };

    public Option<double?> Diversity { get; } = Parsers.LossWeight(new Option<double?>("--diversity") { Description = "Draw the --count pictures of each unlike each other, with this weight.", HelpName = "W" });

    public Option<int?> Count { get; } = Parsers.WholeNumber(new Option<int?>("--count", "-n") { Description = "Pictures of each, from seeds S, S+1, ...; default 1.", HelpName = "K" }, 1, 10000);

    public Option<bool> Sum { get; } = new("--sum") { Description = "One joint picture of all filters, as keras-vis makes it." };

    public Option<string> Preset { get; } = PresetOption();

    public Option<string?> Plan { get; } = new("--plan") { Description = "Draw again what a picture, its record or a plan says (.png, .json); options given beside it take the place of what it says.", HelpName = "FILE" };

    public Option<int?> Iterations { get; } = Parsers.WholeNumber(new Option<int?>("--iterations", "--max-iter", "-i") { Description = "Steps; default: the preset's (modern 256, keras-vis 200).", HelpName = "N" }, 1, RenderPlan.MostIterations);

    public Option<uint?> Seed { get; } = Parsers.Seed(new Option<uint?>("--seed") { Description = "Start of the random numbers, as numpy.random.seed takes it; default 1337.", HelpName = "S" });

    public Option<int?> Size { get; } = Parsers.WholeNumber(new Option<int?>("--size") { Description = "Rows and columns of the image; default: the network's input size. With keras-vis another size needs a convolution or pooling layer.", HelpName = "PX" }, 32, 16384);

    public Option<string?> SeedImage { get; } = new("--seed-image") { Description = "Start from this picture (.png .jpg .webp) or array (.npy) instead of noise.", HelpName = "FILE" };

    public Option<int?> Jitter { get; } = Parsers.WholeNumber(new Option<int?>("--jitter") { Description = "Largest random shift per step; default: the preset's (modern about a seventh of the side, keras-vis 16), 0 for none.", HelpName = "PX" }, 0);

    public Option<double?> ActWeight { get; } = Parsers.LossWeight(new Option<double?>("--act-weight") { Description = "Weight of the activation; default 1.", HelpName = "W" });

    public Option<double?> LpWeight { get; } = Parsers.LossWeight(new Option<double?>("--lp-weight") { Description = "Weight of the L6 norm; default: the preset's (modern none, keras-vis 10).", HelpName = "W" });

    public Option<double?> TvWeight { get; } = Parsers.LossWeight(new Option<double?>("--tv-weight") { Description = "Weight of the total variation; default: the preset's (modern none, keras-vis 10).", HelpName = "W" });

    public Option<double?> AnisotropicWeight { get; } = Parsers.LossWeight(new Option<double?>("--tv1-weight") { Description = "Weight of the anisotropic total variation; default: the preset's (none).", HelpName = "W" });

    public Option<double?> DecayWeight { get; } = Parsers.LossWeight(new Option<double?>("--decay-weight") { Description = "Weight of the L2 decay towards grey; default: the preset's (none).", HelpName = "W" });

    public Option<Precision?> Precision { get; } = PrecisionOption();

    public Option<string?> Out { get; } = new("--out", "-o") { Description = "The pictures, labelled and stitched; the run record goes to FILE.json beside it. Default: out/activate-LAYER-FILTERS.png.", HelpName = "FILE.png" };

    public Option<string?> Raw { get; } = new("--raw") { Description = "The optimised arrays: float32 (N, H, W, 3); RGB 0..255, with keras-vis as fed to the network.", HelpName = "FILE.npy" };

    public Option<string?> Alpha { get; } = new("--alpha") { Description = "The pictures without labels, transparent where changes mattered little (MACO's transparency).", HelpName = "FILE.png" };

    public Option<string?> Gif { get; } = new("--gif") { Description = "The optimisation as an animated GIF.", HelpName = "FILE.gif" };

    public Option<string?> WebP { get; } = new("--webp") { Description = "The optimisation as an animated WebP.", HelpName = "FILE.webp" };

    public Option<string?> Log { get; } = new("--log") { Description = "The weighted losses, one JSON line per image and iteration.", HelpName = "FILE.jsonl" };

    public Option<int?> Scale { get; } = ScaleOption();

    public Option<bool> Show { get; } = ShowOption();

    public Option<string?> Statistics { get; } = new("--statistics") { Description = "What 'statistics' measured of the network's units, for the verdicts; default: what lies beside the weights, the bundled model's own.", HelpName = "FILE.json" };

    public Option<bool> Trust { get; } = new("--trust") { Description = "Say of each class picture how like real pictures of its class the network takes it, layer by layer: 1 as these are, 0 as pictures of other classes." };

    public MethodOptions Method { get; } = new();

    /// <summary>What decides how each picture is drawn, whatever it shows: <c>activate</c> and <c>sweep</c> have all of them. Whoever adds an option of that kind puts it here, or into <see cref="MethodOptions.Settings"/>.</summary>
    public IEnumerable<Option> Settings => [Count, Preset, Iterations, Seed, Size, Jitter, ActWeight, LpWeight, TvWeight, AnisotropicWeight, DecayWeight, .. Method.Settings, Precision];

    public Option<bool> DryRun { get; } = new("--dry-run") { Description = "Check everything and print the memory that the run would take; draw nothing." };

    /// <summary>--scale, which recipe has too.</summary>
    public static Option<int?> ScaleOption() => Parsers.WholeNumber(
        new Option<int?>("--scale")
        {
            Description = "Enlarge each picture by this whole factor (bicubic) for the PNG and animations. Default: 1, or what brings a small picture to 224 pixels: 3 for the bundled model's 96. --raw and the record keep the true size.",
            HelpName = "N",
        },
        1,
        64);

    /// <summary>--show, which recipe has too.</summary>
    public static Option<bool> ShowOption() => new("--show") { Description = "Show the pictures in the terminal when they are done, and now and then while they develop: as kitty, iTerm2 or sixel graphics where it says that it can, else in half blocks." };

    private static Option<string> PresetOption()
    {
        Option<string> option = new("--preset") { Description = $"Method: {string.Join(", ", Presets.Names)}; default: {Presets.Default}.", HelpName = "NAME", DefaultValueFactory = _ => Presets.Default };
        option.CompletionSources.Add([.. Presets.Names]);
        return option;
    }

    /// <summary>--precision, which recipe has too.</summary>
    public static Option<Precision?> PrecisionOption() => Parsers.OneOf(new Option<Precision?>("--precision")
    {
        Description = "Arithmetic of the network: auto (default: the device's choice), fp32, tf32, fp16 or bf16.",
        HelpName = "auto|fp32|tf32|fp16|bf16",
    });

    public void AddTo(Command command, CommandHost host)
    {
        Class.CompletionSources.Add(context => NetworkChoice.ClassNamesFor(host, context.ParseResult));
        Layer.CompletionSources.Add([.. LayerChoice.AllNames]);
        foreach (Option option in (Option[])[Layer, Filter, Class, Objective, Diversity, Sum, Plan, SeedImage, .. Settings, .. Method.Comparing, Out, Raw, Alpha, Gif, WebP, Log, Scale, Show, Statistics, Trust, DryRun])
        {
            command.Options.Add(option);
        }
    }
}
