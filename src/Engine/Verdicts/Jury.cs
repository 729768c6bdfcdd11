using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;
using VggCuda.Engine.Stages;

namespace VggCuda.Engine.Verdicts;

/// <summary>Shows finished pictures to the network once more, without transforms, and judges their units by the statistics of sample pictures.</summary>
/// <param name="backend">Where to compute.</param>
/// <param name="network">The network.</param>
/// <param name="statistics">Its own (<see cref="UnitStatistics.CheckFits"/>).</param>
public sealed class Jury(IBackend backend, Network network, UnitStatistics statistics)
{
    // Maps of all layers that are asked about are there at once.
    private const int MostAtOnce = 4;

    private const double SaturatedFrom = 0.9999;

    /// <summary>Judges pictures.</summary>
    /// <param name="plan">The plan that they were drawn by.</param>
    /// <param name="images">The pictures.</param>
    /// <param name="wantsTrust">Whether each picture of one class is to be compared with real ones, layer by layer.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public ImmutableArray<PictureVerdict> Judge(RenderPlan plan, IReadOnlyList<RenderedImage> images, bool wantsTrust = false, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(images);
        Layer[] layers = [.. LayersOf(plan, wantsTrust)];
        if (layers.Length == 0)
        {
            return [.. images.Select(i => new PictureVerdict(i.Index, [.. i.Scores.Select(_ => (Verdict?)null)], []))];
        }

        List<PictureVerdict> verdicts = [];
        for (int first = 0; first < images.Count; first += MostAtOnce)
        {
            cancellation.ThrowIfCancellationRequested();
            verdicts.AddRange(JudgeSome(plan, [.. images.Skip(first).Take(MostAtOnce)], layers, wantsTrust));
        }

        return [.. verdicts];
    }

    /// <summary>The class whose real pictures a picture is to be like, or null where it is not of one class.</summary>
    /// <param name="network">The network.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="picture">The picture's place in it.</param>
    public static int? ClassOf(Network network, RenderPlan plan, int picture)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(plan);
        ChannelObjective[] classes = [.. plan.Objective.Leaves.OfType<ChannelObjective>().Where(l => l.Weight > 0 && network.Topology.Find(l.Layer) is { IsClassifier: true })];
        return classes.Length == 1 && classes[0].Channels[picture].Length == 1 ? classes[0].Channels[picture][0] : null;
    }

    private IEnumerable<Layer> LayersOf(RenderPlan plan, bool wantsTrust)
    {
        IEnumerable<string> judged = plan.Objective.Leaves.SelectMany(l => UnitsOf(l, 0)).Select(u => u.Layer);
        IEnumerable<string> compared = wantsTrust ? statistics.Likeness.Select(l => l.Name) : [];
        return judged.Where(name => statistics.Of(name) is not null).Concat(compared).Distinct().Select(name => network.Topology.Find(name)!);
    }

    private IEnumerable<PictureVerdict> JudgeSome(RenderPlan plan, RenderedImage[] images, Layer[] layers, bool wantsTrust)
    {
        // Dense layers see a picture of a size that they do not take whole, at theirs.
        int? side = layers.Any(l => l.Kind == LayerKind.Dense) && !network.Topology.HeadTakes(plan.Height, plan.Width) ? network.Topology.FixedInputSize : null;
        ProgramSpec spec = new()
        {
            Taps = [.. layers.Select(l => new TapSpec(l))],
            Batch = images.Length,
            Height = side ?? plan.Height,
            Width = side ?? plan.Width,
            Preprocessing = plan.Preprocessing,
            Precision = plan.Precision,
            NeedsGradient = false,
        };
        using INetworkProgram program = backend.Compile(network, spec);
        float[][] pictures = Fed(images, plan, spec);
        using (ITensor input = backend.Allocate(program.InputShape))
        {
            backend.Upload(input, (ReadOnlySpan<float>)[.. pictures.SelectMany(p => p)]);
            program.Forward(input);
        }

        float[][] values = [.. program.Taps.Select(t => new float[t.Shape.Count])];
        for (int l = 0; l < values.Length; l++)
        {
            backend.Download(program.Taps[l], values[l].AsSpan());
        }

        List<PictureVerdict> verdicts = [];
        for (int i = 0; i < images.Length; i++)
        {
            Dictionary<string, Answer> answers = [];
            for (int l = 0; l < layers.Length; l++)
            {
                TensorShape shape = program.Taps[l].Shape;
                int length = (int)shape.CountPerImage;
                float[] own = values[l].AsSpan(i * length, length).ToArray();
                (float[] means, float[] peaks) = StatisticsMeter.Measured(own, shape.C);
                answers[layers[l].Name] = new Answer(shape, own, means, peaks);
            }

            int place = images[i].Index;
            float[] fed = pictures[i];
            Lazy<bool> hasGradient = new(() => HasGradient(plan, place, spec, fed));
            verdicts.Add(new PictureVerdict(
                place,
                [.. plan.Objective.Leaves.SelectMany(leaf => UnitsOf(leaf, place).Select(u => VerdictOf(u, leaf, answers, hasGradient)))],
                wantsTrust && ClassOf(network, plan, place) is int index ? [.. statistics.Likeness.Select(l => new LayerTrust(l.Name, l.Trust(index, [.. answers[l.Name].Means.Select(m => (double)m)])))] : []));
        }

        return verdicts;
    }

    private Verdict? VerdictOf(Unit unit, TapObjective leaf, Dictionary<string, Answer> answers, Lazy<bool> hasGradient)
    {
        if (statistics.Of(unit.Layer) is not { } layer || !answers.TryGetValue(unit.Layer, out Answer? answer))
        {
            return null;
        }

        int channel = unit.Channel;
        double percentile = unit.Neuron is { } neuron
            ? layer.PercentileOfPeak(channel, answer.Values[neuron.Place(answer.Shape with { N = 1, C = 1 }, unit.Layer) * answer.Shape.C + channel])
            : layer.PercentileOfMean(channel, answer.Means[channel]);
        bool isClass = network.Topology.Find(unit.Layer)!.IsClassifier;
        if (!isClass && answer.Peaks[channel] <= 0 && layer.Active[channel] == 0)
        {
            return new Verdict(VerdictKind.NeverActive, percentile);
        }

        if (isClass && leaf.Top == TopActivation.Softmax && Probabilities.Of([.. answer.Means.Select(m => (double)m)], channel) >= SaturatedFrom)
        {
            return new Verdict(VerdictKind.Saturated, percentile);
        }

        // Where the unit answers as it does to most pictures, or better, there was something to follow.
        return new Verdict(percentile < 50 && !hasGradient.Value ? VerdictKind.NoGradient : VerdictKind.Percentile, percentile);
    }

    // In the order of the scores.
    private static IEnumerable<Unit> UnitsOf(TapObjective leaf, int picture) => leaf switch
    {
        ChannelObjective channels => channels.Channels[picture].Select(c => new Unit(channels.Layer, c, null)),
        NeuronObjective neurons => [new Unit(neurons.Layer, neurons.Neurons[picture].Channel, neurons.Neurons[picture])],
        InterpolationObjective between => [new Unit(between.Layer, between.From, null), new Unit(between.Layer, between.To, null)],
        _ => [],
    };

    // Of pictures that are compared with others it is not asked alone.
    private bool HasGradient(RenderPlan plan, int picture, ProgramSpec spec, float[] fed)
    {
        Objective own = plan.Objective.Slice(picture, 1);
        if (plan.Objective.GroupSize > 1 || own.Leaves.Any(l => l is GuidedObjective))
        {
            return true;
        }

        using ObjectiveGradient gradient = new(backend, network, own, 1, spec.Height, spec.Width, spec.Preprocessing, spec.Precision);
        float[] values = new float[fed.Length];
        gradient.Evaluate(fed, [], values);
        return values.AsSpan().ContainsAnyExcept(0f);
    }

    private float[][] Fed(RenderedImage[] images, RenderPlan plan, ProgramSpec spec)
    {
        if (spec.Height == plan.Height && spec.Width == plan.Width)
        {
            return [.. images.Select(i => i.Pixels)];
        }

        List<IDisposable> owned = [];
        try
        {
            ITensor Allocate(TensorShape shape)
            {
                ITensor tensor = backend.Allocate(shape);
                owned.Add(tensor);
                return tensor;
            }

            ITensor drawn = Allocate(plan.PictureShape with { N = images.Length });
            backend.Upload(drawn, (ReadOnlySpan<float>)[.. images.SelectMany(i => i.Pixels)]);
            Chain chain = new(backend, [new Resize(spec.Height, spec.Width)], [spec.InputShape], drawn, Allocate(drawn.Shape), [null], Allocate(TensorShape.PerImage(1)), owned.Add);
            chain.Begin(backend);
            chain.Forward(backend);
            float[] all = new float[chain.Output.Shape.Count];
            backend.Download(chain.Output, all.AsSpan());
            return [.. all.Chunk((int)chain.Output.Shape.CountPerImage)];
        }
        finally
        {
            owned.ForEach(o => o.Dispose());
        }
    }

    /// <summary>A unit that a picture was drawn for; a neuron where one place was meant.</summary>
    private sealed record Unit(string Layer, int Channel, Neuron? Neuron);

    /// <summary>What a layer does on one picture.</summary>
    private sealed record Answer(TensorShape Shape, float[] Values, float[] Means, float[] Peaks);
}
