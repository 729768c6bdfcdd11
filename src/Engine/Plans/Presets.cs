using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Display;
using VggCuda.Engine.Images;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Optimizers;
using VggCuda.Engine.Regularizers;
using VggCuda.Engine.Stages;

namespace VggCuda.Engine.Plans;

/// <summary>Complete plans under a name.</summary>
public static class Presets
{
    /// <summary>The preset that is taken where none is named.</summary>
    public const string Default = "keras-vis";

    /// <summary>Names of all presets.</summary>
    public static ImmutableArray<string> Names { get; } = [Default];

    /// <summary>A preset's plan.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="objective">What to excite.</param>
    /// <param name="seeds">For each picture its seed.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <exception cref="PlanException">There is no such preset.</exception>
    public static RenderPlan Create(string name, Objective objective, ImmutableArray<uint> seeds, int height, int width) => name switch
    {
        Default => KerasVis(objective, seeds, height, width),
        _ => throw new PlanException($"There is no preset '{name}'; presets are {string.Join(", ", Names)}."),
    };

    /// <summary>
    /// keras-vis 0.3.3's <c>visualize_class_activation</c> with all its defaults: the array is fed raw and shown as it is,
    /// activation, L6 norm and total variation weigh 1, 10 and 10, a jitter of 16 pixels wanders, RMSprop steps by 1.
    /// </summary>
    /// <param name="layer">Keras's layer name.</param>
    /// <param name="channels">For each picture the channels it shall excite.</param>
    /// <param name="seeds">For each picture its seed.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="iterations">keras-vis: 200; the recipe: 500.</param>
    public static RenderPlan KerasVis(string layer, ImmutableArray<ImmutableArray<int>> channels, ImmutableArray<uint> seeds, int height, int width, int iterations = 200) =>
        KerasVis(new ChannelObjective { Layer = layer, Channels = channels }, seeds, height, width) with { Iterations = iterations };

    private static RenderPlan KerasVis(Objective objective, ImmutableArray<uint> seeds, int height, int width) => new()
    {
        Preset = Default,
        Objective = objective,
        Seeds = seeds,
        Height = height,
        Width = width,
        Iterations = 200,
        Start = new NoiseStart(),
        Transforms = [new Jitter(16)],
        Regularizers = [new LpNorm(10), new TotalVariation(10)],
        Optimizer = new RmsProp(),
        Preprocessing = Preprocessing.Raw,
        Display = new KerasVisDisplay(),
    };
}
