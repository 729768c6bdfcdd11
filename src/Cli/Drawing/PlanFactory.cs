using System.Collections.Immutable;
using System.CommandLine;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Networks;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Images;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Imaging;

namespace VggCuda.Cli.Drawing;

/// <summary>From the options of <c>activate</c> to a validated plan.</summary>
internal static class PlanFactory
{
    /// <summary>Seed where the user gives none: keras-vis's own example value, so that a picture can be made again.</summary>
    public const uint DefaultSeed = 1337;

    private const int SizeWithoutTop = 224;

    /// <summary>Checks what can be checked without a network.</summary>
    /// <exception cref="CommandException">Options that contradict each other, or none of --filter and --class.</exception>
    public static void CheckOptions(Invocation invocation, ActivateOptions options)
    {
        if (invocation.Has(options.Plan))
        {
            Option? other = ((Option[])[options.Layer, options.Filter, options.Class, options.Objective, options.Diversity, options.Count, options.Sum, options.Preset, options.Seed, options.Size]).FirstOrDefault(invocation.Has);
            if (other is not null)
            {
                throw CommandException.Usage($"--plan says what to draw, and {other.Name} too; give one of them.");
            }

            return;
        }

        bool filter = invocation.Has(options.Filter);
        bool byClass = invocation.Has(options.Class);
        if (filter && byClass)
        {
            throw CommandException.Usage("--filter and --class contradict each other; give one of them.");
        }

        bool byText = invocation.Has(options.Objective);
        if (byText && ((Option[])[options.Layer, options.Filter, options.Class, options.Sum]).FirstOrDefault(invocation.Has) is { } beside)
        {
            throw CommandException.Usage($"--objective says what to excite, and {beside.Name} too; give one of them.");
        }

        if (!filter && !byClass && !byText)
        {
            throw CommandException.Usage("Say what to draw: --class 20, --class bird, or --layer block3_conv1 --filter 20.");
        }

        string preset = PresetOf(invocation, options);
        if (preset == Presets.KerasVisName && invocation.Has(options.SeedImage) && invocation.Value(options.Jitter) is 0 && invocation.Value(options.Count) is > 1)
        {
            throw CommandException.Usage("--count with --seed-image and --jitter 0 would draw the same picture several times; leave out one of them.");
        }
    }

    /// <summary>What --preset says.</summary>
    /// <exception cref="CommandException">There is no such preset, or it has no use for --spectrum.</exception>
    public static string PresetOf(Invocation invocation, ActivateOptions options)
    {
        string preset = invocation.Value(options.Preset)!;
        return !Presets.Names.Contains(preset) ? throw CommandException.Usage($"There is no preset '{preset}'.{Nearest.Question(preset, Presets.Names)} Presets: {string.Join(", ", Presets.Names)}.")
            : invocation.Has(options.Method.Spectrum) && preset != Presets.MacoName ? throw CommandException.Usage($"--spectrum belongs to the preset maco, whose pictures are waves of given sizes; '{preset}' draws none such.")
            : preset;
    }

    /// <summary>Makes the plan.</summary>
    /// <exception cref="CommandException">A layer, filter, class or file that cannot be.</exception>
    /// <exception cref="PlanException">A value that the engine refuses.</exception>
    public static RenderPlan Create(Invocation invocation, ActivateOptions options, ChosenNetwork chosen)
    {
        if (invocation.Value(options.Plan) is { } file)
        {
            return Again(invocation, options, chosen, PlanFile.Read(file));
        }

        int count = invocation.Value(options.Count) ?? 1;
        (Objective objective, int pictures) = invocation.Value(options.Objective) is { } text
            ? (ObjectiveText.Parse(text, count, chosen.Network, name => chosen.Names?.Find(name)), count)
            : Units(invocation, options, chosen, count);
        if (invocation.Value(options.Diversity) is double weight)
        {
            objective = new SumObjective { Terms = [objective, new DiversityObjective { Layer = ComparedAt(objective, chosen.Network).Name, Group = count, Weight = weight }] };
        }

        string preset = PresetOf(invocation, options);
        double likeness = invocation.Value(options.Method.Likeness) ?? (preset == Presets.AccentuateName ? Presets.AccentuateLikeness : 0);
        if (likeness > 0 && !objective.Leaves.Any(l => l is GuidedObjective))
        {
            objective = new SumObjective { Terms = [objective, new LikenessObjective { Layer = ComparedAt(objective, chosen.Network).Name, Weight = likeness }] };
        }

        int? input = objective.InputSize(chosen.Network);
        (int side, ImageStart? start) = SizeAndStart(invocation, options, chosen, isOpen: input is null);
        uint seed = invocation.Value(options.Seed) ?? DefaultSeed;
        RenderPlan plan = Overrides(invocation, options, start, GuideOf(invocation, options, objective, start, side, side)).ApplyTo(Presets.Create(preset, objective, Seeds(seed, count, pictures), side, side, input));
        plan.Validate(chosen.Network);
        return plan;
    }

    /// <summary>A preset's plan of <paramref name="count"/> pictures of a unit at the network's own size, with seeds S, S+1, ..., and what the user wants otherwise.</summary>
    public static RenderPlan Create(string preset, Network network, Layer layer, int unit, int count, uint seed, PlanOverrides overrides)
    {
        ChannelObjective objective = new() { Layer = layer.Name, Channels = [.. Enumerable.Repeat(ImmutableArray.Create(unit), count)] };
        return Create(preset, network, objective, Seeds(seed, count, count), null, overrides);
    }

    /// <summary>A preset's plan of an objective, with what the user wants otherwise.</summary>
    /// <param name="preset">One of <see cref="Presets.Names"/>.</param>
    /// <param name="network">The network.</param>
    /// <param name="objective">What to excite.</param>
    /// <param name="seeds">For each picture its seed.</param>
    /// <param name="size">Rows and columns; null for the network's own size.</param>
    /// <param name="overrides">What the user wants otherwise.</param>
    /// <exception cref="PlanException">A value that the engine refuses.</exception>
    public static RenderPlan Create(string preset, Network network, Objective objective, ImmutableArray<uint> seeds, int? size, PlanOverrides overrides)
    {
        int side = size ?? network.Topology.FixedInputSize ?? SizeWithoutTop;
        RenderPlan plan = overrides.ApplyTo(Presets.Create(preset, objective, seeds, side, side, objective.InputSize(network)));
        plan.Validate(network);
        return plan;
    }

    /// <summary>S, S+1, ... for each unit, <paramref name="count"/> of them.</summary>
    /// <exception cref="CommandException">The last would be too large.</exception>
    public static ImmutableArray<uint> Seeds(uint seed, int count, int pictures) => (long)seed + count - 1 > uint.MaxValue
        ? throw CommandException.Usage($"--seed {seed} with --count {count} would need seeds up to {(long)seed + count - 1}; the largest is {uint.MaxValue}. Take a --seed of at most {uint.MaxValue - (uint)(count - 1)}.")
        : [.. Enumerable.Range(0, pictures).Select(k => seed + (uint)(k % count))];

    private static (Objective Objective, int Pictures) Units(Invocation invocation, ActivateOptions options, ChosenNetwork chosen, int count)
    {
        Layer layer = FindLayer(invocation, options, chosen);
        ImmutableArray<int> channels = invocation.Value(options.Class) is { } classes
            ? ClassChoice.Find(chosen, classes)
            : LayerChoice.Filters(layer, invocation.Value(options.Filter)!);
        bool sum = invocation.Value(options.Sum);
        if (sum && channels.Length < 2)
        {
            throw CommandException.Usage("--sum joins several filters into one picture, but only one was given.");
        }

        ImmutableArray<ImmutableArray<int>> units = sum ? [channels] : [.. channels.Select(c => ImmutableArray.Create(c))];
        long pictures = (long)units.Length * count;
        return pictures > 100_000
            ? throw CommandException.Usage($"{units.Length} filters times --count {count} are {pictures} pictures; at most 100000 at once.")
            : (new ChannelObjective { Layer = layer.Name, Channels = [.. units.SelectMany(u => Enumerable.Repeat(u, count))] }, (int)pictures);
    }

    // Where pictures can differ by what is where: at the objective's own layer, or the last convolution below a dense one.
    private static Layer ComparedAt(Objective objective, Network network)
    {
        Layer highest = objective.Taps(network).Select(t => t.Layer).MaxBy(l => l.Index)!;
        return highest.Kind == LayerKind.Dense ? network.Topology.Layers.Last(l => l.Kind == LayerKind.Convolution) : highest;
    }

    // What the objective compares with: the picture given for that, or the one that is started from.
    private static PictureStart? GuideOf(Invocation invocation, ActivateOptions options, Objective objective, ImageStart? start, int height, int width) =>
        invocation.Value(options.Method.Guide) is { } path ? StartFrom(path, height, width)
        : objective.Leaves.Any(l => l is GuidedObjective) ? start as PictureStart
        : null;

    private static PlanOverrides Overrides(Invocation invocation, ActivateOptions options, ImageStart? start, PictureStart? guide) => options.Method.AddTo(invocation, Plain(invocation, options, start), guide);

    /// <summary>What the user wants otherwise than the preset has it.</summary>
    public static PlanOverrides Overrides(Invocation invocation, ActivateOptions options, ImageStart? start) => Overrides(invocation, options, start, guide: null);

    private static PlanOverrides Plain(Invocation invocation, ActivateOptions options, ImageStart? start) => new()
    {
        Iterations = invocation.Value(options.Iterations),
        ActivationWeight = invocation.Value(options.ActWeight),
        LpWeight = invocation.Value(options.LpWeight),
        TotalVariationWeight = invocation.Value(options.TvWeight),
        AnisotropicWeight = invocation.Value(options.AnisotropicWeight),
        DecayWeight = invocation.Value(options.DecayWeight),
        Jitter = invocation.Value(options.Jitter),
        Precision = invocation.Value(options.Precision),
        Start = start,
    };

    /// <summary>A plan that was read, with what the user wants otherwise.</summary>
    /// <exception cref="CommandException">It starts from a picture that was not given.</exception>
    /// <exception cref="PlanException">It does not fit the network.</exception>
    public static RenderPlan Again(Invocation invocation, ActivateOptions options, ChosenNetwork chosen, RenderPlan plan)
    {
        ImageStart? start = invocation.Value(options.SeedImage) is { } path ? StartFrom(path, plan.Height, plan.Width) : null;
        if (plan.Start is PictureStart wanted && (start as PictureStart)?.Sha256 != wanted.Sha256)
        {
            // Its name comes from the file, so it is not opened unasked, and shown only where it is plain.
            string name = wanted.Source.Length <= 100 && !wanted.Source.Any(char.IsControl) ? $" '{wanted.Source}'" : "";
            throw CommandException.Usage($"The plan starts from a picture{name}; give that picture with --seed-image{(start is null ? "" : " (the one given has other values)")}.");
        }

        PictureStart? guide = GuideOf(invocation, options, plan.Objective, start, plan.Height, plan.Width);
        if (plan.Guide is { } compared && guide?.Sha256 != compared.Sha256)
        {
            throw CommandException.Usage($"The plan compares with a picture; give that picture with --guide{(guide is null ? "" : " (the one given has other values)")}.");
        }

        RenderPlan merged = Overrides(invocation, options, start, guide).ApplyTo(plan);
        merged.Validate(chosen.Network);
        return merged;
    }

    private static PictureStart StartFrom(string path, int height, int width) => IsArray(path)
        ? StartFrom(path, Npy.Read(path), height, width)
        : PictureStart.FromValues(Path.GetFileName(path), Array.ConvertAll(Resizing.Fit(PictureFile.Read(path), width, height).Rgb, value => (float)value));

    private static PictureStart StartFrom(string path, NpyArray array, int height, int width) =>
        PictureStart.FromValues(Path.GetFileName(path), Npy.ImageOf(array, path, height, width));

    private static bool IsArray(string path) => path.EndsWith(".npy", StringComparison.OrdinalIgnoreCase);

    private static Layer FindLayer(Invocation invocation, ActivateOptions options, ChosenNetwork chosen)
    {
        string? asked = invocation.Value(options.Layer);
        if (chosen.ClassCount == 0 && (asked is null || invocation.Has(options.Class)))
        {
            throw CommandException.File($"The weights {chosen.Name} {chosen.WhyNoClasses}, so there are no classes; choose a layer with --layer and its filters with --filter, or other --weights.");
        }

        Layer classifier = chosen.Network.Topology.Classifier!;
        Layer layer = asked is null ? classifier : LayerChoice.Find(chosen.Network, asked);
        return invocation.Has(options.Class) && layer != classifier
            ? throw CommandException.Usage($"--class belongs to the layer {classifier.Name}, not to '{layer.Name}'; filters of '{layer.Name}' are chosen with --filter.")
            : layer;
    }

    private static (int Side, ImageStart? Start) SizeAndStart(Invocation invocation, ActivateOptions options, ChosenNetwork chosen, bool isOpen)
    {
        int ordinary = chosen.Network.Topology.FixedInputSize ?? SizeWithoutTop;
        int? asked = invocation.Value(options.Size);
        string? path = invocation.Value(options.SeedImage);
        if (path is null)
        {
            return (asked ?? ordinary, null);
        }

        if (!IsArray(path))
        {
            return (asked ?? ordinary, StartFrom(path, asked ?? ordinary, asked ?? ordinary));
        }

        // An array carries its size with it; where the layer leaves the size open, it decides.
        NpyArray array = Npy.Read(path);
        int wanted = isOpen && asked is null && array.Shape[^2] == array.Shape[^3] ? array.Shape[^2] : asked ?? ordinary;
        return (wanted, StartFrom(path, array, wanted, wanted));
    }
}
