using System.Collections.Immutable;
using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Attribution;

/// <summary>What a user asked for beside the methods' ordinary settings; null where nothing.</summary>
public sealed record AttributionOverrides
{
    /// <summary>Of the methods that look at a layer.</summary>
    public string? Layer { get; init; }

    /// <summary>Of <see cref="Saliency"/>, <see cref="SmoothGrad"/> and the methods that weigh maps by gradients.</summary>
    public GradientModifier? Modifier { get; init; }

    /// <summary>Of all methods of gradients but integrated gradients and those that set it themselves.</summary>
    public ReluRule? Relu { get; init; }

    /// <summary>Of <see cref="SmoothGrad"/> and <see cref="VarGrad"/>.</summary>
    public int? Samples { get; init; }

    /// <inheritdoc cref="Samples"/>
    public double? Noise { get; init; }

    /// <summary>Of <see cref="SmoothGrad"/>, <see cref="VarGrad"/> and <see cref="Rise"/>.</summary>
    public uint? Seed { get; init; }

    /// <summary>Of <see cref="IntegratedGradients"/>; where the limit is not given and lies below, it becomes the limit too.</summary>
    public int? Steps { get; init; }

    /// <summary>Of <see cref="IntegratedGradients"/>.</summary>
    public int? MaxSteps { get; init; }

    /// <inheritdoc cref="MaxSteps"/>
    public double? Tolerance { get; init; }

    /// <inheritdoc cref="MaxSteps"/>
    public Quadrature? Rule { get; init; }

    /// <summary>Of <see cref="IntegratedGradients"/> and <see cref="Occlusion"/>.</summary>
    public Baseline? Baseline { get; init; }

    /// <summary>Of <see cref="Occlusion"/>.</summary>
    public int? Window { get; init; }

    /// <inheritdoc cref="Window"/>
    public int? Stride { get; init; }

    /// <summary>Of <see cref="Rise"/>.</summary>
    public int? Masks { get; init; }

    /// <inheritdoc cref="Masks"/>
    public int? Grid { get; init; }

    /// <inheritdoc cref="Masks"/>
    public double? Keep { get; init; }

    /// <summary>Of <see cref="ScoreCam"/>.</summary>
    public int? Channels { get; init; }

    /// <summary>Merges into methods.</summary>
    /// <exception cref="PlanException">Something was asked for that none of the methods has.</exception>
    public ImmutableArray<AttributionMethod> ApplyTo(ImmutableArray<AttributionMethod> methods)
    {
        (string Name, bool IsGiven, Func<AttributionMethod, bool> Has, string Methods)[] settings =
        [
            ("layer", Layer is not null, m => m is CamMethod, "the CAM methods"),
            ("grad-modifier", Modifier is not null, m => m is Saliency or SmoothGrad or GradientCamMethod, "saliency, guided, deconvnet, smoothgrad, grad-cam, grad-cam++ and layer-cam"),
            ("backprop", Relu is not null, m => m is Saliency { Relu: ReluRule.Plain } or GradientInput or SmoothGrad or VarGrad or GradientCamMethod, "saliency, gradient-input, smoothgrad, vargrad, grad-cam, grad-cam++ and layer-cam"),
            ("samples", Samples is not null, m => m is SmoothGrad or VarGrad, "smoothgrad and vargrad"),
            ("noise", Noise is not null, m => m is SmoothGrad or VarGrad, "smoothgrad and vargrad"),
            ("seed", Seed is not null, m => m is SmoothGrad or VarGrad or Rise, "smoothgrad, vargrad and rise"),
            ("steps", Steps is not null, m => m is IntegratedGradients, "integrated-gradients"),
            ("max-steps", MaxSteps is not null, m => m is IntegratedGradients, "integrated-gradients"),
            ("tolerance", Tolerance is not null, m => m is IntegratedGradients, "integrated-gradients"),
            ("quadrature", Rule is not null, m => m is IntegratedGradients, "integrated-gradients"),
            ("baseline", Baseline is not null, m => m is IntegratedGradients or Occlusion, "integrated-gradients and occlusion"),
            ("window", Window is not null, m => m is Occlusion, "occlusion"),
            ("stride", Stride is not null, m => m is Occlusion, "occlusion"),
            ("masks", Masks is not null, m => m is Rise, "rise"),
            ("grid", Grid is not null, m => m is Rise, "rise"),
            ("keep", Keep is not null, m => m is Rise, "rise"),
            ("channels", Channels is not null, m => m is ScoreCam, "score-cam"),
        ];
        foreach ((string name, bool given, Func<AttributionMethod, bool> has, string some) in settings)
        {
            if (given && !methods.Any(has))
            {
                throw new PlanException($"{name} is a setting of {some}; it was asked for with {string.Join(", ", methods.Select(m => m.Name))} alone.");
            }
        }

        return [.. methods.Select(Apply)];
    }

    private AttributionMethod Apply(AttributionMethod method) => method switch
    {
        Saliency m => m with { Modifier = Modifier ?? m.Modifier, Relu = m.Relu == ReluRule.Plain ? Relu ?? m.Relu : m.Relu },
        GradientInput m => m with { Relu = Relu ?? m.Relu },
        SmoothGrad m => m with { Samples = Samples ?? m.Samples, Noise = Noise ?? m.Noise, Seed = Seed ?? m.Seed, Modifier = Modifier ?? m.Modifier, Relu = Relu ?? m.Relu },
        VarGrad m => m with { Samples = Samples ?? m.Samples, Noise = Noise ?? m.Noise, Seed = Seed ?? m.Seed, Relu = Relu ?? m.Relu },
        IntegratedGradients m => m with
        {
            Steps = Steps ?? m.Steps,
            MaxSteps = MaxSteps ?? Math.Max(Steps ?? 0, m.MaxSteps),
            Tolerance = Tolerance ?? m.Tolerance,
            Rule = Rule ?? m.Rule,
            Baseline = Baseline ?? m.Baseline,
        },
        GradientCamMethod m => m with { Layer = Layer ?? m.Layer, Modifier = Modifier ?? m.Modifier, Relu = Relu ?? m.Relu },
        ScoreCam m => m with { Layer = Layer ?? m.Layer, Channels = Channels ?? m.Channels },
        GuidedGradCam m => m with { Layer = Layer ?? m.Layer },
        Occlusion m => m with { Window = Window ?? m.Window, Stride = Stride ?? m.Stride, Baseline = Baseline ?? m.Baseline },
        Rise m => m with { Masks = Masks ?? m.Masks, Grid = Grid ?? m.Grid, Keep = Keep ?? m.Keep, Seed = Seed ?? m.Seed },
        _ => method,
    };
}
