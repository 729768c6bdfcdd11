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
    // 10 pixels of 64.
    private const double ShiftPerSide = 0.15;

    // In units of the phases' own deviation.
    private const double MacoRate = 0.1;

    // Below it a network has hardly anything to look at.
    private const int SmallestOctave = 64;

    // The middle of the picture's range.
    private const double Grey = 127.5;

    /// <summary>The preset that is taken where none is named.</summary>
    public const string Default = ModernName;

    /// <summary>The name of <see cref="KerasVis(string, ImmutableArray{ImmutableArray{int}}, ImmutableArray{uint}, int, int, int)"/>'s plans.</summary>
    public const string KerasVisName = "keras-vis";

    private const string ModernName = "modern";

    /// <summary>The name of the preset that draws with phases alone.</summary>
    public const string MacoName = "maco";

    /// <summary>The name of the preset that draws into a picture.</summary>
    public const string AccentuateName = "accentuate";

    /// <summary>With accentuate: the weight of the likeness to the picture, at the objective's own layer or the last convolution below a dense one.</summary>
    public const double AccentuateLikeness = 0.02;

    private const string DeepDreamName = "deepdream";

    /// <summary>Names of all presets.</summary>
    public static ImmutableArray<string> Names { get; } = [ModernName, MacoName, DeepDreamName, AccentuateName, KerasVisName];

    /// <summary>A preset's plan.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="objective">What to excite.</param>
    /// <param name="seeds">For each picture its seed.</param>
    /// <param name="height">Rows of the picture.</param>
    /// <param name="width">Columns of the picture.</param>
    /// <param name="input">The only size of input that the objective's layers take, or null where they take any: pictures of another size are then looked at through random views of this one.</param>
    /// <exception cref="PlanException">There is no such preset.</exception>
    public static RenderPlan Create(string name, Objective objective, ImmutableArray<uint> seeds, int height, int width, int? input = null) => name switch
    {
        ModernName => Modern(objective, seeds, height, width, input),
        MacoName => Maco(objective, seeds, height, width, input),
        AccentuateName => Accentuate(objective, seeds, height, width, input),
        DeepDreamName => DeepDream(objective, seeds, height, width, input),
        KerasVisName => KerasVis(objective, seeds, height, width),
        _ => throw new PlanException($"There is no preset '{name}'; presets are {string.Join(", ", Names)}."),
    };

    /// <summary>What a preset is, in one line.</summary>
    /// <exception cref="PlanException">There is no such preset.</exception>
    public static string Describe(string name) => name switch
    {
        ModernName => "Fourier spectra in decorrelated colours, seen through random views; for classes, filters, everything",
        MacoName => "phases of waves whose sizes are those of photographs, seen through random views; the most natural textures",
        AccentuateName => "a class or filter brought out in a picture that stays what it is; for --seed-image",
        DeepDreamName => "what a layer sees in a picture, drawn into it from coarse to fine; for --seed-image and whole layers",
        KerasVisName => "keras-vis 0.3.3's visualize_class_activation, as the recipe uses it",
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
        Preset = KerasVisName,
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

    // Olah, Mordvintsev and Schubert, "Feature Visualization" (Distill 2017): the spectrum, the colours and Adam with lucid's settings.
    // The random views are drawn for each picture, and are stronger than lucid's: what a class looks like from one place alone is drawn less.
    private static RenderPlan Modern(Objective objective, ImmutableArray<uint> seeds, int height, int width, int? input)
    {
        int side = input ?? Math.Min(height, width);
        double enlargement = Math.Max(1, (double)side / Math.Min(height, width));
        double room = Math.Max(0, (Math.Min(height, width) - side) / 2.0);
        return new()
        {
            Preset = ModernName,
            Objective = objective.At(TapPoint.BeforeActivation),
            Seeds = seeds,
            Height = height,
            Width = width,
            Iterations = 256,
            Start = new NormalStart(),
            Parameters = [new Spectrum(), new Decorrelation(), new SigmoidRange()],
            Transforms =
            [
                new RandomAffine(15, 0.85 * enlargement, 1.25 * enlargement)
                {
                    Shift = room + Math.Round(side * ShiftPerSide),
                    Height = input,
                    Width = input,
                    Outside = Grey,
                },
            ],
            Optimizer = new Adam(),
            Preprocessing = Preprocessing.Vgg16,
            Display = new RgbDisplay(),
            Keep = PictureChoice.Last,
        };
    }

    // MACO's way, and what modern has for the rest: standardised phases, a standardised picture; the views are crops, as MACO's are.
    private static RenderPlan Maco(Objective objective, ImmutableArray<uint> seeds, int height, int width, int? input)
    {
        RenderPlan modern = Modern(objective, seeds, height, width, input);
        return modern with
        {
            Preset = MacoName,
            Start = new NormalStart(0, 1),
            Parameters = [new Standardization(), new PhaseSpectrum(), new Standardization(), new Decorrelation(), new SigmoidRange()],
            Optimizer = new Adam(MacoRate),
        };
    }

    // Hamblin et al., "Feature Accentuation" (2024): modern's parameters made from the picture, few steps, the mean of several crops. Whoever takes the preset adds the likeness to the objective.
    private static RenderPlan Accentuate(Objective objective, ImmutableArray<uint> seeds, int height, int width, int? input)
    {
        RenderPlan modern = Modern(objective, seeds, height, width, input);
        return modern with
        {
            Preset = AccentuateName,
            Iterations = 100,
            Views = 4,
            Transforms = [.. modern.Transforms.Select(t => t is RandomAffine view ? view with { Degrees = 5, SmallestScale = view.SmallestScale / 0.85, LargestScale = view.LargestScale * 1.2 } : t)],
        };
    }

    // google/deepdream: four sizes, ten steps each, every step 1.5 times the gradient over its mean size, shifted by up to 32 pixels and back.
    // The sigmoid keeps the picture in its range; a step is as long as theirs in the middle of it.
    private static RenderPlan DeepDream(Objective objective, ImmutableArray<uint> seeds, int height, int width, int? input)
    {
        int side = Math.Min(height, width);
        int octaves = 4;
        while (octaves > 1 && new Octaves(octaves).SideAt(side, 0) < SmallestOctave)
        {
            octaves--;
        }

        return new()
        {
            Preset = DeepDreamName,
            Objective = objective,
            Seeds = seeds,
            Height = height,
            Width = width,
            Iterations = input is null ? 10 : 40,
            Start = new NormalStart(0, 0.2),
            Parameters = [new SigmoidRange()],
            Transforms = [input is int own ? new RandomAffine(0, (double)own / side, (double)own / side) { Shift = Math.Min(32, own / 8), Height = own, Width = own, Outside = Grey } : new RandomShift(Math.Min(32, side / 8))],
            Optimizer = new Momentum(0.03, 0),
            Preprocessing = Preprocessing.Vgg16,
            Display = new RgbDisplay(),
            Keep = PictureChoice.Last,
            Octaves = input is null && octaves > 1 ? new Octaves(octaves) : null,
        };
    }
}
