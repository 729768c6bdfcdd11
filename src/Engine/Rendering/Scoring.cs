using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Plans;

namespace VggCuda.Engine.Rendering;

/// <summary>What a network makes of clean pictures.</summary>
internal static class Scoring
{
    /// <summary>Activations of the plan's channels on the given images; for the last layer probability and rank besides.</summary>
    public static ImmutableArray<ChannelScore>[] Score(IBackend backend, Network network, RenderPlan plan, ITensor images)
    {
        ProgramSpec spec = plan.Spec(network);
        bool isTop = spec.Taps[0].Layer.Name == "predictions";
        spec = spec with { NeedsGradient = false, Taps = [spec.Taps[0] with { Channels = isTop ? [] : spec.Taps[0].Channels }], Top = TopActivation.Linear };
        using INetworkProgram program = backend.Compile(network, spec);
        program.Forward(images);
        TensorShape shape = program.Tap.Shape;
        double[] tap = new double[shape.Count];
        backend.Download(program.Tap, tap);
        ImmutableArray<ChannelScore>[] scores = new ImmutableArray<ChannelScore>[plan.Count];
        for (int image = 0; image < plan.Count; image++)
        {
            ImmutableArray<int> wanted = plan.Objective.Channels[image];
            double[] own = tap.AsSpan((int)(image * shape.CountPerImage), (int)shape.CountPerImage).ToArray();
            scores[image] = isTop
                ? [.. wanted.Select(c => ScoreOfClass(own, c))]
                : [.. wanted.Select((c, k) => new ChannelScore(c, MeanOfChannel(own, shape, k), null, null))];
        }

        return scores;
    }

    private static ChannelScore ScoreOfClass(double[] logits, int index)
    {
        double[] probabilities = Probabilities.Of(logits);
        return new ChannelScore(index, logits[index], probabilities[index], 1 + logits.Count(l => l > logits[index]));
    }

    private static double MeanOfChannel(double[] tap, TensorShape shape, int channel)
    {
        double sum = 0;
        for (int i = channel; i < tap.Length; i += shape.C)
        {
            sum += tap[i];
        }

        return sum / ((double)shape.H * shape.W);
    }
}
