using VggCuda.Cli.Hosting;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;

namespace VggCuda.Cli.Drawing;

/// <summary>Keeps the images of a run at regular steps, for an animation of all of them side by side.</summary>
internal sealed class FrameCollector
{
    private const int MostFrames = 60;
    private const long MostBytes = 1L << 30;
    private readonly List<byte[]>[] _frames;

    /// <param name="plan">What will be drawn.</param>
    /// <param name="scale">How many times each picture will be enlarged.</param>
    /// <exception cref="CommandException">So many pictures that their frames would not fit the memory.</exception>
    public FrameCollector(RenderPlan plan, int scale)
    {
        Every = EveryOf(plan);
        long frames = FramesOf(plan);
        long perPicture = frames * plan.Height * plan.Width * 3 * scale * scale;
        long bytes = perPicture * plan.Count;
        if (bytes > MostBytes)
        {
            throw CommandException.Usage($"--gif and --webp keep {frames} frames of {plan.Count} pictures, which needs {bytes >> 20} MiB; at most {MostBytes / perPicture} pictures of this size and --scale can be animated.");
        }

        _frames = [.. Enumerable.Range(0, plan.Count).Select(_ => new List<byte[]>())];
    }

    /// <summary>Steps between frames.</summary>
    public int Every { get; }

    /// <summary>Frames that a plan's animation keeps of each picture.</summary>
    public static long FramesOf(RenderPlan plan) => (plan.Iterations / EveryOf(plan)) + 1;

    /// <summary>Bytes that all of them take.</summary>
    public static long BytesFor(RenderPlan plan) => FramesOf(plan) * plan.Count * plan.Height * plan.Width * 3;

    /// <summary>Takes the frames of a batch.</summary>
    public void Add(RenderFrame frame)
    {
        for (int i = 0; i < frame.Displays.Length; i++)
        {
            List<byte[]> own = _frames[frame.FirstImage + i];
            if (frame.Step == 0)
            {
                // A batch that did not fit the device starts again, smaller.
                own.Clear();
            }

            own.Add(frame.Displays[i]);
        }
    }

    /// <summary>Frame by frame the images side by side, the final pictures last; an image that was stopped earlier stands still.</summary>
    public IReadOnlyList<IReadOnlyList<byte[]>> WithFinal(IReadOnlyList<RenderedImage> images)
    {
        int length = images.Max(image => _frames[image.Index].Count);
        List<IReadOnlyList<byte[]>> result = [];
        for (int k = 0; k < length; k++)
        {
            result.Add([.. images.Select(image => _frames[image.Index] is { Count: > 0 } own ? own[Math.Min(k, own.Count - 1)] : image.Display)]);
        }

        result.Add([.. images.Select(image => image.Display)]);
        return result;
    }

    private static int EveryOf(RenderPlan plan) => Math.Max(1, (plan.Iterations + MostFrames - 1) / MostFrames);
}
