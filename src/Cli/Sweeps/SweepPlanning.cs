using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using VggCuda.Cli.Devices;
using VggCuda.Cli.Drawing;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Networks;
using VggCuda.Cli.Sweeps.Format;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;

namespace VggCuda.Cli.Sweeps;

/// <summary>From the options of <c>sweep</c> to a manifest.</summary>
internal static class SweepPlanning
{
    private const int MostUnits = 1_000_000;

    // On the processor a picture costs hardly less beside others, and a batch is what a signal waits for.
    private const int AtOnceOnHost = 4;

    /// <summary>Checks what can be checked without a network.</summary>
    /// <exception cref="CommandException">Nothing says what to draw, or two things do.</exception>
    public static void CheckOptions(Invocation invocation, SweepOptions options)
    {
        bool byText = invocation.Has(options.Objective);
        if (byText && (invocation.Has(options.Layers) || invocation.Has(options.Filter)))
        {
            throw CommandException.Usage($"--objective says what to excite, and {(invocation.Has(options.Layers) ? options.Layers.Name : options.Filter.Name)} too; give one of them.");
        }

        if (!byText && !invocation.Has(options.Layers))
        {
            throw CommandException.Usage($"Say what to draw: --layers all, --layers block3_conv1, or --objective TEXT. ('{invocation.Value(options.Out)}' holds no sweep to go on with.)");
        }

        if (PlanFactory.PresetOf(invocation, options.Drawing) == Presets.AccentuateName)
        {
            throw CommandException.Usage($"'{Presets.AccentuateName}' brings units out in a picture, and the pictures of a sweep begin with noise. Draw it with activate, which has --seed-image, or take another --preset.");
        }
    }

    /// <summary>The parts of a sweep: a plan for each layer or objective.</summary>
    /// <param name="invocation">The command line.</param>
    /// <param name="options">Its options.</param>
    /// <param name="chosen">The network.</param>
    /// <param name="sha256">Of its weights.</param>
    /// <exception cref="CommandException">A layer or filter that cannot be.</exception>
    /// <exception cref="PlanException">A value that the engine refuses.</exception>
    public static IReadOnlyList<SweepPart> Parts(Invocation invocation, SweepOptions options, ChosenNetwork chosen, string sha256)
    {
        IReadOnlyList<SweepPart> parts = invocation.Value(options.Objective) is { Length: > 0 } texts
            ? [.. texts.Select((t, i) => OfObjective(invocation, options, chosen, sha256, t, i + 1))]
            : [.. LayersOf(invocation.Value(options.Layers)!, chosen.Network).Select(l => OfLayer(invocation, options, chosen, sha256, l))];
        int units = parts.Sum(p => p.Units.Count);
        return units <= MostUnits
            ? parts
            : throw CommandException.Usage($"This sweep would have {units} pictures; at most {MostUnits} are taken.");
    }

    /// <summary>How many pictures are drawn at once where the user does not say: as many as fit the memory of the device that would draw here.</summary>
    /// <param name="invocation">Says the device.</param>
    /// <param name="device">As --device names it.</param>
    /// <param name="network">The network.</param>
    /// <param name="parts">What is drawn.</param>
    public static int BatchFor(Invocation invocation, string device, Network network, IReadOnlyList<SweepPart> parts)
    {
        using IBackend backend = DeviceChoice.Open(invocation, device);
        return parts.Min(p => Fitting(RunForecast.Of(backend, network, Full(p), new DrawingFiles(""), 1)));

        static int Fitting(RunForecast forecast) => forecast.IsOnHost ? Math.Min(AtOnceOnHost, forecast.Batch) : forecast.Batch;

        // Of a part of few units the forecast would say how few they are.
        static RenderPlan Full(SweepPart part)
        {
            RenderPlan plan = RenderPlan.FromJson(part.Plan.GetRawText());
            return plan.Count >= RunForecast.MostAtOnce || plan.Objective.Count is null ? plan : Repeated(plan);
        }

        static RenderPlan Repeated(RenderPlan plan)
        {
            if (plan.Objective is not ChannelObjective channels)
            {
                return plan;
            }

            int[] places = [.. Enumerable.Range(0, RunForecast.MostAtOnce).Select(i => i % plan.Count)];
            return plan with { Seeds = [.. places.Select(i => plan.Seeds[i])], Objective = channels with { Channels = [.. places.Select(i => channels.Channels[i])] } };
        }
    }

    private static IEnumerable<Layer> LayersOf(string text, Network network)
    {
        if (text.Trim() == "all")
        {
            return network.Topology.Layers.Where(l => l.HasWeights);
        }

        List<Layer> layers = [];
        foreach (string name in text.Split(','))
        {
            Layer layer = LayerChoice.Find(network, name.Trim());
            if (layers.Contains(layer))
            {
                throw CommandException.Usage($"--layers names {layer.Name} twice.");
            }

            layers.Add(layer);
        }

        return layers;
    }

    private static SweepPart OfLayer(Invocation invocation, SweepOptions options, ChosenNetwork chosen, string sha256, Layer layer)
    {
        int count = invocation.Value(options.Drawing.Count) ?? 1;
        ImmutableArray<int> channels = invocation.Value(options.Filter) is { Length: > 0 } texts ? LayerChoice.Filters(layer, texts) : [.. Enumerable.Range(0, layer.Outputs)];
        ChannelObjective objective = new() { Layer = layer.Name, Channels = [.. channels.SelectMany(c => Enumerable.Repeat(ImmutableArray.Create(c), count))] };
        RenderPlan plan = Plan(invocation, options, chosen, objective, count, channels.Length * count);
        string name = SweepFolder.IsFileName(layer.Name) ? layer.Name : string.Create(CultureInfo.InvariantCulture, $"layer-{layer.Index}");
        return new SweepPart
        {
            Name = name,
            Layer = layer.Name,
            Kind = layer.IsClassifier ? "class" : layer.Kind == LayerKind.Dense ? "unit" : "filter",
            Plan = Json(plan),
            Units = [.. Enumerable.Range(0, plan.Count).Select(i => UnitOf(chosen, plan, i, sha256, channels[i / count], layer.IsClassifier ? chosen.NameOf(channels[i / count]) : null, count > 1))],
        };
    }

    private static SweepPart OfObjective(Invocation invocation, SweepOptions options, ChosenNetwork chosen, string sha256, string text, int number)
    {
        int count = invocation.Value(options.Drawing.Count) ?? 1;
        Objective objective = ObjectiveText.Parse(text, count, chosen.Network, name => chosen.Names?.Find(name));
        if (objective.GroupSize > 1)
        {
            throw CommandException.Usage($"The objective '{text}' compares pictures, which depend on each other then; a sweep's pictures are each for itself. Draw it with activate.");
        }

        RenderPlan plan = Plan(invocation, options, chosen, objective, count, count);
        return new SweepPart
        {
            Name = string.Create(CultureInfo.InvariantCulture, $"objective-{number}"),
            Layer = null,
            Kind = "objective",
            Plan = Json(plan),
            Units = [.. Enumerable.Range(0, plan.Count).Select(i => UnitOf(chosen, plan, i, sha256, null, null, true))],
        };
    }

    private static RenderPlan Plan(Invocation invocation, SweepOptions options, ChosenNetwork chosen, Objective objective, int count, int pictures)
    {
        uint seed = invocation.Value(options.Drawing.Seed) ?? PlanFactory.DefaultSeed;
        return PlanFactory.Create(
            PlanFactory.PresetOf(invocation, options.Drawing),
            chosen.Network,
            objective,
            PlanFactory.Seeds(seed, count, pictures),
            invocation.Value(options.Drawing.Size),
            PlanFactory.Overrides(invocation, options.Drawing, start: null));
    }

    private static SweepUnit UnitOf(ChosenNetwork chosen, RenderPlan plan, int place, string sha256, int? channel, string? className, bool withSeed)
    {
        string number = channel is int c ? c.ToString("D4", CultureInfo.InvariantCulture) : "";
        string seed = plan.Seeds[place].ToString(CultureInfo.InvariantCulture);
        return new SweepUnit
        {
            Name = channel is null ? seed : withSeed ? $"{number}-{seed}" : number,
            Channel = channel,
            ClassName = className,
            Label = plan.Objective.Label(place, chosen.Network, chosen.NameOf),
            Seed = plan.Seeds[place],
            Key = UnitKey.Of(plan.Slice(place, 1), sha256),
        };
    }

    private static JsonElement Json(RenderPlan plan)
    {
        using JsonDocument document = JsonDocument.Parse(plan.ToJson());
        return document.RootElement.Clone();
    }
}
