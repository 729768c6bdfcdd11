using System.CommandLine;
using System.Globalization;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Networks;
using VggCuda.Engine.Attribution;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Display;

namespace VggCuda.Cli.Attribution;

/// <summary>The arguments and options of <c>attribute</c>.</summary>
internal sealed class AttributeOptions
{
    public Argument<string[]> Images { get; } = new("IMAGE") { Description = "Pictures (PNG, JPEG, WebP, GIF), or folders of them.", Arity = ArgumentArity.OneOrMore };

    public Option<string> Method { get; } = new("--method", "-m") { Description = $"Methods, several with commas: {string.Join(", ", AttributionMethods.Names)}. Default: grad-cam.", HelpName = "NAME[,NAME...]", DefaultValueFactory = _ => "grad-cam" };

    public Option<string> Class { get; } = new("--class", "-c") { Description = "What to ask about: classes by number or name, several with commas, or top1, the likeliest of each picture. Default: top1.", HelpName = "I|NAME|top1", DefaultValueFactory = _ => "top1" };

    public Option<string?> Layer { get; } = new("--layer", "-l") { Description = "The convolution or pooling that the CAM methods look at; default: the last convolution.", HelpName = "NAME|INDEX" };

    public Option<PictureFit> Fit { get; } = Choice("--fit", "How a picture comes to the network's square: stretch (as predict does), crop (the middle) or pad (with the mean colour). Default: stretch.", PictureFit.Stretch);

    public Option<bool> RawInput { get; } = new("--raw-input") { Description = "Feed the picture as it is, RGB 0..255 without BGR and means, as keras-vis does." };

    public Option<GradientModifier?> Modifier { get; } = Choice<GradientModifier>("--grad-modifier", "keras-vis's grad_modifier: none, absolute, relu, negate, invert or small-values.");

    public Option<ReluRule?> Backprop { get; } = Choice<ReluRule>("--backprop", "keras-vis's backprop_modifier, the rule of every ReLU: plain, guided or deconvnet.");

    public Option<int?> Samples { get; } = Parsers.WholeNumber(new Option<int?>("--samples") { Description = "smoothgrad, vargrad: noisy copies; default 50.", HelpName = "N" }, 2, 100_000);

    public Option<double?> Noise { get; } = Parsers.LossWeight(new Option<double?>("--noise") { Description = "smoothgrad, vargrad: deviation of the noise as a share of the picture's range; default 0.15.", HelpName = "S" });

    public Option<uint?> Seed { get; } = Parsers.Seed(new Option<uint?>("--seed") { Description = "smoothgrad, vargrad, rise: start of the random numbers; default 1337.", HelpName = "S" });

    public Option<int?> Steps { get; } = Parsers.WholeNumber(new Option<int?>("--steps") { Description = "integrated-gradients: nodes to begin with; default 50.", HelpName = "N" }, 2, 10_000);

    public Option<int?> MaxSteps { get; } = Parsers.WholeNumber(new Option<int?>("--max-steps") { Description = "integrated-gradients: the most nodes; default 400.", HelpName = "N" }, 2, 10_000);

    public Option<double?> Tolerance { get; } = Parsers.LossWeight(new Option<double?>("--tolerance") { Description = "integrated-gradients: the completeness gap that is good enough, as a share of the logit's difference; default 0.01.", HelpName = "T" });

    public Option<Quadrature?> Rule { get; } = Choice<Quadrature>("--quadrature", "integrated-gradients: gauss-legendre (default), midpoint or trapezoid.");

    public Option<Baseline?> Baseline { get; } = Choice<Baseline>("--baseline", "integrated-gradients, occlusion: zero (the mean colour, default), black, white or blur.");

    public Option<int?> Window { get; } = Parsers.WholeNumber(new Option<int?>("--window") { Description = "occlusion: side of the window; default: a seventh of the network's input, 32 of 224.", HelpName = "PX" }, 1, 16384);

    public Option<int?> Stride { get; } = Parsers.WholeNumber(new Option<int?>("--stride") { Description = "occlusion: from window to window; default: a quarter of the window.", HelpName = "PX" }, 1, 16384);

    public Option<int?> Masks { get; } = Parsers.WholeNumber(new Option<int?>("--masks") { Description = "rise: random masks; default 4000.", HelpName = "N" }, 1, 1_000_000);

    public Option<int?> Cells { get; } = Parsers.WholeNumber(new Option<int?>("--grid") { Description = "rise: cells of a mask along each side; default 7.", HelpName = "N" }, 1, 16384);

    public Option<double?> Keep { get; } = Parsers.LossWeight(new Option<double?>("--keep") { Description = "rise: probability that a cell is kept; default 0.5.", HelpName = "P" });

    public Option<int?> Channels { get; } = Parsers.WholeNumber(new Option<int?>("--channels") { Description = "score-cam: try only the N channels that vary most; default: all.", HelpName = "N" }, 1, 1_000_000);

    public Option<int?> Batch { get; } = Parsers.WholeNumber(new Option<int?>("--batch") { Description = "The most images in one pass; default 8. Decides memory and speed, not the maps.", HelpName = "N" }, 1, 4096);

    public Option<ColourMap?> Colours { get; } = ColoursOption();

    public Option<double?> Alpha { get; } = Share("--alpha", "How much the map covers the picture, 0 to 1; default 0.6.", 1);

    public Option<double?> Clip { get; } = Share("--clip", "Percent of a map's values that may lie beyond the last colour; default 0.5.", 50);

    public Option<int?> Size { get; } = Parsers.WholeNumber(new Option<int?>("--size") { Description = "Longer side of each picture on the sheet; default 256.", HelpName = "PX" }, 96, 4096);

    public Option<string?> Out { get; } = new("--out", "-o") { Description = "The sheet: a row for each picture and class, a column for each method. Default: out/attribution.png.", HelpName = "FILE.png" };

    public Option<string?> Each { get; } = new("--each") { Description = "A sheet of its own for each picture, DIR/PICTURE.png, instead of one for all.", HelpName = "DIR" };

    public Option<string?> Overlay { get; } = new("--overlay") { Description = "The overlay alone, in the picture's own pixels; for one picture, class and method.", HelpName = "FILE.png" };

    public Option<string?> Raw { get; } = new("--raw") { Description = "The maps before any display step: float32 (N, h, w) of the network's input size, in the sheet's order.", HelpName = "FILE.npy" };

    public Option<bool> Json { get; } = new("--json") { Description = "What was found, as JSON on standard output." };

    public void AddTo(Command command, CommandHost host)
    {
        Class.CompletionSources.Add(context => [new("top1"), .. NetworkChoice.ClassNamesFor(host, context.ParseResult)]);
        Method.CompletionSources.Add([.. AttributionMethods.Names]);
        command.Arguments.Add(Images);
        foreach (Option option in (Option[])[Method, Class, Layer, Fit, RawInput, Modifier, Backprop, Samples, Noise, Seed, Steps, MaxSteps, Tolerance, Rule, Baseline, Window, Stride, Masks, Cells, Keep, Channels, Batch, Colours, Alpha, Clip, Size, Out, Each, Overlay, Raw, Json])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What was given of the methods' settings.</summary>
    public AttributionOverrides Overrides(Invocation invocation) => new()
    {
        Layer = invocation.Value(Layer),
        Modifier = invocation.Value(Modifier),
        Relu = invocation.Value(Backprop),
        Samples = invocation.Value(Samples),
        Noise = invocation.Value(Noise),
        Seed = invocation.Value(Seed),
        Steps = invocation.Value(Steps),
        MaxSteps = invocation.Value(MaxSteps),
        Tolerance = invocation.Value(Tolerance),
        Rule = invocation.Value(Rule),
        Baseline = invocation.Value(Baseline),
        Window = invocation.Value(Window),
        Stride = invocation.Value(Stride),
        Masks = invocation.Value(Masks),
        Grid = invocation.Value(Cells),
        Keep = invocation.Value(Keep),
        Channels = invocation.Value(Channels),
    };

    private static Option<T?> Choice<T>(string name, string description)
        where T : struct, Enum
        => Parsers.OneOf(new Option<T?>(name) { Description = description, HelpName = string.Join('|', Parsers.NamesOf<T>()) });

    private static Option<T> Choice<T>(string name, string description, T usual)
        where T : struct, Enum
        => Parsers.OneOf(new Option<T>(name) { Description = description, HelpName = string.Join('|', Parsers.NamesOf<T>()), DefaultValueFactory = _ => usual }, usual);

    private static Option<ColourMap?> ColoursOption()
    {
        string[] names = [.. ColourMap.All.Select(m => m.Name)];
        Option<ColourMap?> option = new("--colours") { Description = $"{string.Join(", ", names)}; default: viridis, for signed maps diverging.", HelpName = string.Join('|', names) };
        option.CompletionSources.Add(names);
        option.CustomParser = result =>
        {
            string text = result.Tokens[^1].Value;
            ColourMap? found = ColourMap.All.FirstOrDefault(m => string.Equals(m.Name, text, StringComparison.OrdinalIgnoreCase));
            if (found is null)
            {
                result.AddError($"--colours is '{text}'; it must be one of {string.Join(", ", names)}.");
            }

            return found;
        };
        return option;
    }

    private static Option<double?> Share(string name, string description, double most)
    {
        Option<double?> option = new(name) { Description = description, HelpName = "A" };
        option.CustomParser = result =>
        {
            string text = result.Tokens[^1].Value;
            if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) || !(value >= 0 && value <= most))
            {
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} is '{text}'; it must be a number from 0 to {most}."));
            }

            return value;
        };
        return option;
    }
}
