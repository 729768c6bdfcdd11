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
    /// <summary>The objective's verdict on each of the given pictures, without transforms; logits where the layer is the classifier.</summary>
    public static PictureScore[] Score(IBackend backend, Network network, RenderPlan plan, ITensor pictures)
    {
        ImmutableArray<TapSpec> scored = plan.Objective.ScoredTaps(network);
        if (scored.IsEmpty)
        {
            return [.. Enumerable.Range(0, plan.Count).Select(n => plan.Objective.Score(n, [], network))];
        }

        // Layers that take one size alone see a picture of another one whole, at theirs.
        int? side = scored.Any(t => t.Layer.Kind == LayerKind.Dense) ? network.Topology.FixedInputSize : null;
        ProgramSpec spec = plan.Spec(network) with
        {
            Taps = scored,
            Height = side ?? plan.Height,
            Width = side ?? plan.Width,
            Top = TopActivation.Linear,
            NeedsGradient = false,
        };
        using INetworkProgram program = backend.Compile(network, spec);
        List<IDisposable> owned = [];
        try
        {
            program.Forward(Whole(backend, pictures, spec.InputShape, owned));
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
