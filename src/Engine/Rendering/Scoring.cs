using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Stages;

namespace VggCuda.Engine.Rendering;

/// <summary>What a network makes of clean pictures.</summary>
internal static class Scoring
{
    // On the host a program's maps are the machine's memory, and only the pictures of a group depend on each other.
    private const int AtOnceOnHost = 4;

    /// <summary>What is computed to score pictures of a plan: without transforms and gradients; logits where the layer is the classifier.</summary>
    public static ProgramSpec SpecOf(IBackend backend, Network network, RenderPlan plan)
    {
        int group = plan.Objective.GroupSize;
        int most = Math.Max(group, AtOnceOnHost / group * group);
        RenderPlan part = backend is IHostBackend && plan.Count > most ? plan.Slice(0, most) : plan;
        return SpecOf(network, part);
    }

    /// <summary>Whether a run's own program finds what scoring wants, with the same bits: then none is compiled for it.</summary>
    public static bool IsSame(ProgramSpec run, ProgramSpec scoring) =>
        run.Height == scoring.Height && run.Width == scoring.Width && run.Top == scoring.Top && run.Taps.Length == scoring.Taps.Length
        && run.Batch >= scoring.Batch
        && run.Taps.Zip(scoring.Taps).All(t => t.First.Layer == t.Second.Layer && t.First.Point == t.Second.Point && t.First.ChannelCount == t.Second.ChannelCount
            && t.First.Channels.IsDefaultOrEmpty == t.Second.Channels.IsDefaultOrEmpty);

    /// <summary>The objective's verdict on each of the given pictures.</summary>
    /// <param name="backend">Where they are.</param>
    /// <param name="network">The network.</param>
    /// <param name="plan">Of these pictures.</param>
    /// <param name="program">The run's program, or null where it has none; its taps are overwritten.</param>
    /// <param name="pictures">(N, H, W, 3).</param>
    /// <param name="values">The same on the host.</param>
    public static PictureScore[] Score(IBackend backend, Network network, RenderPlan plan, INetworkProgram? program, ITensor pictures, double[] values)
    {
        if (plan.Objective.ScoredTaps(network).IsEmpty)
        {
            return [.. Enumerable.Range(0, plan.Count).Select(n => plan.Objective.Score(n, [], network))];
        }

        ProgramSpec spec = SpecOf(backend, network, plan);
        if (program is not null && IsSame(program.Spec, spec))
        {
            return Verdicts(backend, network, plan, program, pictures);
        }

        if (spec.Batch == plan.Count)
        {
            using INetworkProgram whole = backend.Compile(network, spec);
            return Verdicts(backend, network, plan, whole, pictures);
        }

        List<PictureScore> scores = [];
        int perImage = (int)pictures.Shape.CountPerImage;
        for (int first = 0; first < plan.Count; first += spec.Batch)
        {
            RenderPlan part = plan.Slice(first, Math.Min(spec.Batch, plan.Count - first));
            using INetworkProgram own = backend.Compile(network, SpecOf(network, part));
            using ITensor few = backend.Allocate(pictures.Shape with { N = part.Count });
            backend.Upload(few, values.AsSpan(first * perImage, part.Count * perImage));
            scores.AddRange(Verdicts(backend, network, part, own, few));
        }

        return [.. scores];
    }

    private static ProgramSpec SpecOf(Network network, RenderPlan plan)
    {
        ImmutableArray<TapSpec> scored = plan.Objective.ScoredTaps(network);

        // Dense layers see a picture of a size that they do not take whole, at theirs.
        int? side = scored.Any(t => t.Layer.Kind == LayerKind.Dense) && !network.Topology.HeadTakes(plan.Height, plan.Width) ? network.Topology.FixedInputSize : null;
        return plan.Spec(network) with
        {
            Taps = scored,
            Height = side ?? plan.Height,
            Width = side ?? plan.Width,
            Top = TopActivation.Linear,
            NeedsGradient = false,
        };
    }

    private static PictureScore[] Verdicts(IBackend backend, Network network, RenderPlan plan, INetworkProgram program, ITensor pictures)
    {
        List<IDisposable> owned = [];
        try
        {
            program.Forward(Whole(backend, pictures, program.InputShape with { N = pictures.Shape.N }, owned));
        }
        finally
        {
            owned.ForEach(o => o.Dispose());
        }

        double[][] taps = new double[program.Taps.Length][];
        for (int i = 0; i < taps.Length; i++)
        {
            taps[i] = new double[program.Taps[i].Shape.Count];
            backend.Download(program.Taps[i], taps[i]);
        }

        return [.. Enumerable.Range(0, plan.Count).Select(n => plan.Objective.Score(n, [.. program.Taps.Select((tap, i) => (tap.Shape with { N = 1 }, OwnOf(taps[i], tap.Shape, n)))], network))];

        static double[] OwnOf(double[] all, TensorShape shape, int image) => all.AsSpan((int)(image * shape.CountPerImage), (int)shape.CountPerImage).ToArray();
    }

    private static ITensor Whole(IBackend backend, ITensor pictures, TensorShape input, List<IDisposable> owned)
    {
        if (pictures.Shape == input)
        {
            return pictures;
        }

        ITensor gradient = backend.Allocate(pictures.Shape);
        owned.Add(gradient);
        ITensor step = backend.Allocate(TensorShape.PerImage(1));
        owned.Add(step);
        Chain chain = new(backend, [new Resize(input.H, input.W)], [input], pictures, gradient, [null], step, owned.Add);
        chain.Begin(backend);
        chain.Forward(backend);
        return chain.Output;
    }
}
