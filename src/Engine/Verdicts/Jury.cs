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
        bool isCompared = wantsTrust && !statistics.Likeness.IsEmpty && images.Any(i => ClassOf(network, plan, i.Index) is not null);
        if (!isCompared && !images.Any(i => UnitsOf(plan, i.Index).Any(u => statistics.Of(u.Layer) is not null)))
        {
            return [.. images.Select(i => new PictureVerdict(i.Index, [.. i.Scores.Select(_ => (Verdict?)null)], []))];
        }

        List<PictureVerdict> verdicts = [];
        for (int first = 0; first < images.Count; first += MostAtOnce)
        {
            cancellation.ThrowIfCancellationRequested();
            verdicts.AddRange(JudgeSome(plan, [.. images.Skip(first).Take(MostAtOnce)], isCompared));
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

    private PictureVerdict[] JudgeSome(RenderPlan plan, RenderedImage[] images, bool isCompared)
    {
        // All pictures of a plan have units of the same layers, and as many.
        Unit[][] units = [.. images.Select(i => UnitsOf(plan, i.Index).ToArray())];
        TapSpec[] judged = [.. Enumerable.Range(0, units[0].Length).Select(u => TapOf([.. units.Select(own => own[u])]))];
        TapSpec[] compared = isCompared ? [.. statistics.Likeness.Select(l => new TapSpec(network.Topology.Find(l.Name)!))] : [];
        TapSpec[] taps = [.. judged, .. compared];

        // Dense layers see a picture of a size that they do not take whole, at theirs.
        int? side = taps.Any(t => t.Layer.Kind == LayerKind.Dense) && !network.Topology.HeadTakes(plan.Height, plan.Width) ? network.Topology.FixedInputSize : null;
        ProgramSpec spec = new()
        {
            Taps = [.. taps],
            Batch = images.Length,
            Height = side ?? plan.Height,
            Width = side ?? plan.Width,
            Preprocessing = plan.Preprocessing,
            Precision = plan.Precision,
            NeedsGradient = false,
        };
        float[][] pictures = Fed(images, plan, spec);
        Answer[][] answers = Answers(spec, pictures, [.. units.Select(own => own.Select(u => u.Neuron).ToArray())]);
        PictureVerdict[] verdicts = new PictureVerdict[images.Length];
        for (int i = 0; i < images.Length; i++)
        {
            int place = images[i].Index;
            float[] fed = pictures[i];
            Lazy<bool> hasGradient = new(() => HasGradient(plan, place, spec, fed));
            Answer[] own = answers[i];
            ImmutableArray<LayerTrust> trust = isCompared && ClassOf(network, plan, place) is int index
                ? [.. statistics.Likeness.Select((l, k) => new LayerTrust(l.Name, l.Trust(index, [.. own[judged.Length + k].Means.Select(m => (double)m)])))]
                : [];
            verdicts[i] = new PictureVerdict(place, [.. units[i].Select((u, k) => VerdictOf(u, own[k], hasGradient))], trust);
        }

        return verdicts;
    }

    // Of classes all: their probabilities are wanted.
    private TapSpec TapOf(Unit[] units)
    {
        Layer layer = network.Topology.Find(units[0].Layer)!;
        return new TapSpec(layer) { Channels = layer.IsClassifier ? [] : [.. units.Select(u => ImmutableArray.Create(u.Channel))] };
    }

    // By picture and tap; one tap after the other, since maps are large.
    private Answer[][] Answers(ProgramSpec spec, float[][] pictures, Neuron?[][] neurons)
    {
        using INetworkProgram program = backend.Compile(network, spec);
        using (ITensor input = backend.Allocate(program.InputShape))
        {
            backend.Upload(input, Joined(pictures));
            program.Forward(input);
        }

        Answer[][] answers = [.. pictures.Select(_ => new Answer[spec.Taps.Length])];
        for (int t = 0; t < spec.Taps.Length; t++)
        {
            TensorShape shape = program.Taps[t].Shape;
            float[] values = new float[shape.Count];
            backend.Download(program.Taps[t], values.AsSpan());
            for (int i = 0; i < pictures.Length; i++)
            {
                ReadOnlySpan<float> own = values.AsSpan(i * (int)shape.CountPerImage, (int)shape.CountPerImage);
                (float[] means, float[] peaks) = StatisticsMeter.Measured(own, shape.C);
                float? value = t < neurons[i].Length && neurons[i][t] is { } neuron ? own[neuron.Place(shape with { N = 1, C = 1 }, spec.Taps[t].Layer.Name) * shape.C] : null;
                answers[i][t] = new Answer(means, peaks, value);
            }
        }

        return answers;
    }

    private Verdict? VerdictOf(Unit unit, Answer answer, Lazy<bool> hasGradient)
    {
        if (statistics.Of(unit.Layer) is not { } layer)
        {
            return null;
        }

        bool isClass = network.Topology.Find(unit.Layer)!.IsClassifier;
        double percentile = answer.Value is float value ? layer.PercentileOfPeak(unit.Channel, value) : layer.PercentileOfMean(unit.Channel, answer.Means[isClass ? unit.Channel : 0]);
        if (!isClass && answer.Peaks[0] <= 0 && layer.Active[unit.Channel] == 0)
        {
            return new Verdict(VerdictKind.NeverActive, percentile);
        }

        if (isClass && unit.IsProbability && Probabilities.Of([.. answer.Means.Select(m => (double)m)], unit.Channel) >= SaturatedFrom)
        {
            return new Verdict(VerdictKind.Saturated, percentile);
        }

        // Where the unit answers as it does to most pictures, or better, there was something to follow.
        return new Verdict(percentile < 50 && !hasGradient.Value ? VerdictKind.NoGradient : VerdictKind.Percentile, percentile);
    }

    // In the order of the scores.
    private static IEnumerable<Unit> UnitsOf(RenderPlan plan, int picture) => plan.Objective.Leaves.SelectMany(leaf =>
    {
        bool isProbability = leaf.Top == TopActivation.Softmax;
        return leaf switch
        {
            ChannelObjective channels => channels.Channels[picture].Select(c => new Unit(channels.Layer, c, null, isProbability)),
            NeuronObjective neurons => [new Unit(neurons.Layer, neurons.Neurons[picture].Channel, neurons.Neurons[picture], isProbability)],
            InterpolationObjective between => ((int[])[between.From, between.To]).Select(c => new Unit(between.Layer, c, null, isProbability)),
            _ => (IEnumerable<Unit>)[],
        };
    });

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

    private static ReadOnlySpan<float> Joined(float[][] pictures)
    {
        float[] all = new float[pictures.Sum(p => p.Length)];
        for (int i = 0; i < pictures.Length; i++)
        {
            pictures[i].CopyTo(all, i * pictures[i].Length);
        }

        return all;
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
            backend.Upload(drawn, Joined([.. images.Select(i => i.Pixels)]));
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
    private sealed record Unit(string Layer, int Channel, Neuron? Neuron, bool IsProbability);

    /// <summary>What a tap's channels do on one picture; a neuron's value where one was meant.</summary>
    private sealed record Answer(float[] Means, float[] Peaks, float? Value);
}
