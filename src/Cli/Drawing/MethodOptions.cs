using System.CommandLine;
using VggCuda.Cli.Hosting;
using VggCuda.Engine.Images;
using VggCuda.Engine.Optimizers;
using VggCuda.Engine.Plans;

namespace VggCuda.Cli.Drawing;

/// <summary>Options for how pictures are drawn: what else the preset's plan can be given.</summary>
internal sealed class MethodOptions
{
    public Option<int?> Rescue { get; } = Parsers.WholeNumber(new Option<int?>("--rescue") { Description = "Steps at the start in which units that are off everywhere are woken, as lucid does in 17; default: the preset's (none).", HelpName = "N" }, 0);

    public Option<double?> Rate { get; } = Number("--rate", "Length of the optimiser's steps; default: the preset's.", "R");

    public Option<RateCurve?> Schedule { get; } = CurveOption();

    public Option<int?> WarmUp { get; } = Parsers.WholeNumber(new Option<int?>("--warm-up") { Description = "Steps at the start in which the rate rises evenly to its value; default: none.", HelpName = "N" }, 0);

    public Option<bool?> NormalizeGradient { get; } = new("--normalize-gradient") { Description = "Divide each picture's gradient by its root mean square before the step: true or false; default: the preset's.", HelpName = "true|false" };

    public Option<int?> Views { get; } = Parsers.WholeNumber(new Option<int?>("--views") { Description = "Random views of each picture in a step; the gradient is their mean. Default: the preset's (1, accentuate 4).", HelpName = "K" }, 1, 64);

    public Option<double?> Noise { get; } = Number("--noise", "Deviation of the noise that is added before the network looks, of 255; default: the preset's (none).", "D");

    public Option<double?> Blur { get; } = Number("--blur", "Deviation in pixels of a blur before the network looks; default: the preset's (none).", "PX");

    public Option<int?> BlurEvery { get; } = Parsers.WholeNumber(new Option<int?>("--blur-every") { Description = "Blur the picture itself by half a pixel every K steps; for presets that optimise pixels.", HelpName = "K" }, 1);

    public Option<double?> EdgeWeight { get; } = Parsers.LossWeight(new Option<double?>("--edge-weight") { Description = "Weight of the roughness of the picture's edge; default: the preset's (none).", HelpName = "W" });

    public Option<int?> EdgeDepth { get; } = Parsers.WholeNumber(new Option<int?>("--edge-depth") { Description = "How many pixels deep the edge is, with --edge-weight; default 5.", HelpName = "PX" }, 1);

    public Option<bool?> Clip { get; } = new("--clip") { Description = "Cut values off at the ends of the picture's range, instead of squeezing them into it: true or false; default: the preset's (false).", HelpName = "true|false" };

    public Option<double?> Likeness { get; } = Number("--likeness", "Weight of likeness(LAYER), which keeps what the layer finds near the guide; default: the preset's (accentuate 0.02, others none).", "W");

    public Option<string?> Guide { get; } = new("--guide") { Description = "The picture that caricature and likeness compare with (.png .jpg .webp .npy); default: that of --seed-image.", HelpName = "FILE" };

    public Option<string?> Spectrum { get; } = new("--spectrum") { Description = "With maco: sizes of the waves as 'spectrum build' has measured them; default: a built-in law.", HelpName = "FILE.json" };

    /// <summary>Those that suit any picture.</summary>
    public IEnumerable<Option> Settings => [Rescue, Rate, Schedule, WarmUp, NormalizeGradient, Views, Noise, Blur, BlurEvery, EdgeWeight, EdgeDepth, Clip, Spectrum];

    /// <summary>Those for a picture that is compared with another one.</summary>
    public IEnumerable<Option> Comparing => [Likeness, Guide];

    /// <summary>What was asked for.</summary>
    /// <param name="invocation">The command line.</param>
    /// <param name="others">What the other options say; kept.</param>
    /// <param name="guide">The guide's values, or null.</param>
    public PlanOverrides AddTo(Invocation invocation, PlanOverrides others, PictureStart? guide)
    {
        int? warmUp = invocation.Value(WarmUp);
        RateCurve? curve = invocation.Value(Schedule);
        return others with
        {
            RescuedSteps = invocation.Value(Rescue),
            Rate = invocation.Value(Rate),
            Schedule = curve is null && warmUp is null ? null : new RateSchedule(curve ?? RateCurve.Constant) { WarmUp = warmUp ?? 0 },
            NormalizeGradient = invocation.Value(NormalizeGradient),
            Views = invocation.Value(Views),
            Noise = invocation.Value(Noise),
            Blur = invocation.Value(Blur),
            BlurEvery = invocation.Value(BlurEvery) is int every ? new PeriodicBlur(every) : null,
            EdgeWeight = invocation.Value(EdgeWeight),
            EdgeDepth = invocation.Value(EdgeDepth),
            Clips = invocation.Value(Clip),
            Guide = guide,
            Spectrum = invocation.Value(Spectrum) is { } path ? SpectrumFile.Read(path) : null,
        };
    }

    private static Option<double?> Number(string name, string description, string help) =>
        Parsers.LossWeight(new Option<double?>(name) { Description = description, HelpName = help });

    private static Option<RateCurve?> CurveOption() => Parsers.OneOf(new Option<RateCurve?>("--schedule")
    {
        Description = "How the rate falls to a tenth over the run: constant (not at all), linear, cosine or exponential; default: constant.",
        HelpName = "CURVE",
    });
}
