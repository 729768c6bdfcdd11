using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Display;
using VggCuda.Engine.Images;
using VggCuda.Engine.Model;
using VggCuda.Engine.Optimizers;
using VggCuda.Engine.Regularizers;
using VggCuda.Engine.Stages;

namespace VggCuda.Engine.Plans;

/// <summary>What a user asks for beside a preset: what is null stays the preset's.</summary>
public sealed record PlanOverrides
{
    /// <summary>Number of steps.</summary>
    public int? Iterations { get; init; }

    /// <summary>Factor of the objective.</summary>
    public double? ActivationWeight { get; init; }

    /// <summary>Factor of the Lp norm; its exponent stays the preset's, or keras-vis's where the preset has no such norm.</summary>
    public double? LpWeight { get; init; }

    /// <summary>Factor of the total variation, likewise.</summary>
    public double? TotalVariationWeight { get; init; }

    /// <summary>Factor of the anisotropic total variation.</summary>
    public double? AnisotropicWeight { get; init; }

    /// <summary>Factor of the L2 decay; its centre stays the preset's, or grey where the preset has none.</summary>
    public double? DecayWeight { get; init; }

    /// <summary>Largest random shift in pixels; the kind of shift stays the preset's (of its random views where it shifts by them; keras-vis's jitter where it has none and the pixels are optimised). 0 takes a shift that is a stage of its own out: then no numbers are drawn for it, which is another random stream than shifts by 0.</summary>
    public int? Jitter { get; init; }

    /// <summary>In how many steps, the first, dead units are rescued.</summary>
    public int? RescuedSteps { get; init; }

    /// <summary>What the parameters start from.</summary>
    public ImageStart? Start { get; init; }

    /// <summary>How gradients become steps.</summary>
    public Optimizer? Optimizer { get; init; }

    /// <summary>Length of the optimiser's steps.</summary>
    public double? Rate { get; init; }

    /// <summary>Whether the optimiser divides each picture's gradient by its root mean square first.</summary>
    public bool? NormalizeGradient { get; init; }

    /// <summary>How the rate changes from step to step.</summary>
    public RateSchedule? Schedule { get; init; }

    /// <summary>How often what is optimised is blurred.</summary>
    public PeriodicBlur? BlurEvery { get; init; }

    /// <summary>How many random views of each picture a step looks at.</summary>
    public int? Views { get; init; }

    /// <summary>Deviation of the noise that is added behind all other transforms; 0 for none.</summary>
    public double? Noise { get; init; }

    /// <summary>Deviation of the blur behind the random views, in pixels; 0 for none.</summary>
    public double? Blur { get; init; }

    /// <summary>Factor of the edge's roughness; how deep the edge is stays the preset's, or <see cref="EdgeDepth"/> says it.</summary>
    public double? EdgeWeight { get; init; }

    /// <summary>How many pixels deep the edge is, where its roughness counts.</summary>
    public int? EdgeDepth { get; init; }

    /// <summary>Whether values are cut off at the ends of the picture's range instead of squeezed into it; only where the preset keeps them in a range.</summary>
    public bool? Clips { get; init; }

    /// <summary>Sizes of the waves of a picture of phases alone; only where the preset draws such.</summary>
    public MeanSpectrum? Spectrum { get; init; }

    /// <summary>The picture that the objective compares with.</summary>
    public PictureStart? Guide { get; init; }

    /// <summary>The network's arithmetic.</summary>
    public Precision? Precision { get; init; }

    /// <summary>What happens to the picture on its way into the network.</summary>
    public Preprocessing? Preprocessing { get; init; }

    /// <summary>How the picture is shown.</summary>
    public PictureDisplay? Display { get; init; }

    /// <summary>The preset with everything that is not null in its place.</summary>
    public RenderPlan ApplyTo(RenderPlan preset)
    {
        ArgumentNullException.ThrowIfNull(preset);
        return preset with
        {
            Iterations = Iterations ?? preset.Iterations,
            Objective = ActivationWeight is double weight ? preset.Objective with { Weight = weight } : preset.Objective,
            Regularizers = WithEdge(With(With(With(With(preset.Regularizers, LpWeight, w => new LpNorm(w), isFirst: true), TotalVariationWeight, w => new TotalVariation(w)), AnisotropicWeight, w => new AnisotropicVariation(w)), DecayWeight, w => new ValueDecay(w))),
            Parameters = [.. preset.Parameters.Select(stage => Asked(stage))],
            Transforms = Behind(Behind(Jitter is int pixels ? WithJitter(preset, pixels) : preset.Transforms, Blur, d => new Blur(d)), Noise, d => new Noise(d)),
            RescuedSteps = RescuedSteps ?? preset.RescuedSteps,
            Start = Start ?? preset.Start,
            Optimizer = (Optimizer ?? preset.Optimizer).With(Rate, NormalizeGradient),
            Schedule = Schedule ?? preset.Schedule,
            BlurEvery = BlurEvery ?? preset.BlurEvery,
            Views = Views ?? preset.Views,
            Guide = Guide ?? preset.Guide,
            Precision = Precision ?? preset.Precision,
            Preprocessing = Preprocessing ?? preset.Preprocessing,
            Display = Display ?? preset.Display,
        };
    }

    private static ImmutableArray<Stage> WithJitter(RenderPlan plan, int pixels)
    {
        ImmutableArray<Stage> transforms = plan.Transforms;
        if (transforms.Any(t => t is Shifting))
        {
            return pixels == 0
                ? [.. transforms.Where(t => t is not Shifting)]
                : [.. transforms.Select(t => t is Shifting shift ? shift with { Pixels = pixels } : t)];
        }

        // Nothing may replace a picture that is made of other parameters than its pixels.
        bool isPixels = plan.Parameters.IsEmpty;
        if (transforms.Any(t => t is RandomAffine view && (view.Shift > 0 || !isPixels)))
        {
            return [.. transforms.Select(t => t is RandomAffine view ? view with { Shift = pixels } : t)];
        }

        return pixels == 0 ? transforms : [isPixels ? new Jitter(pixels) : new RandomShift(pixels), .. transforms];
    }

    private Stage Asked(Stage stage) => stage switch
    {
        SigmoidRange range when Clips == true => new ClipRange(range.Low, range.High),
        ClipRange range when Clips == false => new SigmoidRange(range.Low, range.High),
        PhaseSpectrum phases when Spectrum is not null => phases with { Measured = Spectrum },
        _ => stage,
    };

    private static ImmutableArray<Stage> Behind<T>(ImmutableArray<Stage> transforms, double? asked, Func<double, T> create)
        where T : Stage
    {
        if (asked is not double deviation)
        {
            return transforms;
        }

        ImmutableArray<Stage> others = [.. transforms.Where(t => t is not T)];
        return deviation == 0 ? others : [.. others, create(deviation)];
    }

    private ImmutableArray<Regularizer> WithEdge(ImmutableArray<Regularizer> regularizers) =>
        [.. With(regularizers, EdgeWeight, w => new EdgeRoughness(w)).Select(r => r is EdgeRoughness edge && EdgeDepth is int depth ? edge with { Depth = depth } : r)];

    private static ImmutableArray<Regularizer> With<T>(ImmutableArray<Regularizer> regularizers, double? asked, Func<double, T> create, bool isFirst = false)
        where T : Regularizer =>
        asked is not double weight ? regularizers
        : regularizers.Any(r => r is T) ? [.. regularizers.Select(r => r is T ? r with { Weight = weight } : r)]
        : isFirst ? [create(weight), .. regularizers]
        : [.. regularizers, create(weight)];
}
