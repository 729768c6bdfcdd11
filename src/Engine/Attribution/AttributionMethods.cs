using System.Collections.Immutable;
using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Attribution;

/// <summary>All methods by name, with their ordinary settings.</summary>
public static class AttributionMethods
{
    /// <summary>The methods, those of one pass first.</summary>
    public static ImmutableArray<AttributionMethod> All { get; } =
    [
        new Saliency(),
        new GradientInput(),
        new SmoothGrad(),
        new VarGrad(),
        new IntegratedGradients(),
        new Saliency { Relu = ReluRule.Guided },
        new Saliency { Relu = ReluRule.Deconvnet },
        new GradCam(),
        new GradCamPlusPlus(),
        new LayerCam(),
        new ScoreCam(),
        new GuidedGradCam(),
        new Occlusion(),
        new Rise(),
    ];

    /// <summary>Their names.</summary>
    public static ImmutableArray<string> Names { get; } = [.. All.Select(m => m.Name)];

    /// <summary>Finds a method, case ignored.</summary>
    /// <exception cref="PlanException">There is none of that name; the message lists them.</exception>
    public static AttributionMethod Named(string name) =>
        All.FirstOrDefault(m => string.Equals(m.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new PlanException($"There is no method '{name}'.\nMethods: {string.Join(", ", Names)}.");
}
