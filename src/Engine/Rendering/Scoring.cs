using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;

namespace VggCuda.Engine.Rendering;

/// <summary>What a network makes of clean pictures.</summary>
internal static class Scoring
{
    /// <summary>The objective's verdict on each of the given pictures, without transforms; logits where the layer is the classifier.</summary>
    public static PictureScore[] Score(IBackend backend, Network network, RenderPlan plan, ITensor pictures)
    {
        ProgramSpec spec = plan.Spec(network) with
        {
            Taps = plan.Objective.ScoredTaps(network),
            Height = plan.Height,
            Width = plan.Width,
            Top = TopActivation.Linear,
            NeedsGradient = false,
        };
        using INetworkProgram program = backend.Compile(network, spec);
        program.Forward(pictures);
        double[][] taps = new double[program.Taps.Length][];
        for (int i = 0; i < taps.Length; i++)
        {
            taps[i] = new double[program.Taps[i].Shape.Count];
            backend.Download(program.Taps[i], taps[i]);
        }

        return [.. Enumerable.Range(0, plan.Count).Select(n => plan.Objective.Score(n, [.. program.Taps.Select((tap, i) => (tap.Shape with { N = 1 }, OwnOf(taps[i], tap.Shape, n)))], network))];

        static double[] OwnOf(double[] all, TensorShape shape, int image) => all.AsSpan((int)(image * shape.CountPerImage), (int)shape.CountPerImage).ToArray();
    }
}
