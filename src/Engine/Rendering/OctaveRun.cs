using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Plans;

namespace VggCuda.Engine.Rendering;

/// <summary>Draws a plan's pictures one by one, each small first and then larger and larger.</summary>
internal static class OctaveRun
{
    /// <summary>Draws them.</summary>
    /// <param name="renderer">Draws a plan of one size.</param>
    /// <param name="network">The network.</param>
    /// <param name="plan">A valid plan with octaves.</param>
    /// <param name="options">Progress; frames and glances are of the picture's own size alone.</param>
    /// <param name="cancellation">Ends the run; pictures that have got to their own size are returned.</param>
    public static RenderResult Render(Renderer renderer, Network network, RenderPlan plan, RenderOptions options, CancellationToken cancellation)
    {
        ImmutableArray<RenderedImage>.Builder images = ImmutableArray.CreateBuilder<RenderedImage>(plan.Count);
        RenderTimings timings = new(0, 0, 0, 0);
        RenderResult? last = null;
        try
        {
            for (int image = 0; image < plan.Count && last?.Cancelled != true; image++)
            {
                last = One(image);
                images.Add(last.Images[0] with { Index = image });
            }
        }
        catch (OperationCanceledException) when (images.Count > 0)
        {
            return last! with { Plan = plan, Images = images.ToImmutable(), Cancelled = true, Timings = timings };
        }

        return last! with { Plan = plan, Images = images.ToImmutable(), Timings = timings };

        RenderResult One(int image)
        {
            RenderPlan own = plan.Slice(image, 1);
            float[]? drawn = null;
            List<double[]> losses = [];
            for (int octave = 0; ; octave++)
            {
                bool isLast = octave == plan.Octaves!.Count - 1;
                RenderResult result = renderer.Render(
                    network,
                    plan.Octaves.At(own, octave, drawn),
                    options with
                    {
                        Frame = isLast && options.Frame is { } frame ? f => frame(f with { FirstImage = image }) : null,
                        Glance = isLast && options.Glance is { } glance ? f => glance(f with { FirstImage = image }) : null,
                    },
                    cancellation);
                RenderedImage now = result.Images[0];
                timings = new(timings.Compile + result.Timings.Compile, timings.Run + result.Timings.Run, timings.Score + result.Timings.Score, timings.Steps + result.Timings.Steps);
                if (isLast)
                {
                    return result with { Images = [now with { Losses = [.. losses, .. now.Losses], Steps = losses.Count + now.Steps, BestStep = losses.Count + now.BestStep }] };
                }

                if (result.Cancelled)
                {
                    throw new OperationCanceledException(cancellation);
                }

                losses.AddRange(now.Losses);
                drawn = now.Pixels;
            }
        }
    }
}
