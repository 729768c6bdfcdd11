using System.Globalization;
using VggCuda.Cli.Hosting;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;

namespace VggCuda.Cli.Drawing;

/// <summary>What a run takes of the memory, and how many pictures it draws at once so that it fits.</summary>
/// <remarks>Two times are compared: the end of the last batch, while its pictures are scored, and the writing of the files, when the network is gone.</remarks>
internal sealed record RunForecast
{
    /// <summary>The most pictures that are drawn at once.</summary>
    public const int MostAtOnce = 32;

    private const double ShareOfAvailable = 0.8;

    // What the program itself grows by from here on: code compiled, the garbage collector's reserve. Measured: docs/command-line.md.
    private const long Growth = 16L << 20;

    private RunForecast(RunMemory drawing, int batch, long process, long frames, long writing, bool isOnHost)
    {
        Drawing = drawing;
        Batch = batch;
        Process = process;
        Frames = frames;
        Writing = writing;
        IsOnHost = isOnHost;
    }

    /// <summary>Whether the backend computes on the host, in its memory.</summary>
    public bool IsOnHost { get; }

    /// <summary>Pictures drawn at once.</summary>
    public int Batch { get; }

    /// <summary>What the renderer takes.</summary>
    public RunMemory Drawing { get; }

    /// <summary>The program without any of it.</summary>
    public long Process { get; }

    /// <summary>Frames of animations, kept while the run lasts.</summary>
    public long Frames { get; }

    /// <summary>What making the files takes beside results and frames.</summary>
    public long Writing { get; }

    /// <summary>On a backend that computes on the host everything, else what the host has of it.</summary>
    public long Total => Process + Frames + Drawing.Results + Math.Max(Drawing.Host + (IsOnHost ? Drawing.Device : 0), Writing);

    /// <summary>Works it out for the largest batch that fits what is available; for the fewest that can be drawn alone where nothing does.</summary>
    /// <param name="backend">Where it runs.</param>
    /// <param name="network">The network.</param>
    /// <param name="plan">All pictures.</param>
    /// <param name="files">What is written.</param>
    /// <param name="scale">How many times pictures are enlarged.</param>
    public static RunForecast Of(IBackend backend, Network network, RenderPlan plan, DrawingFiles files, int scale)
    {
        bool isOnHost = backend.Description.Name is "cpu" or "reference";
        bool isDouble = backend.Description.Name == "reference";
        long process = Environment.WorkingSet + Growth;
        long frames = files.Animates ? FrameCollector.BytesFor(plan) : 0;
        long writing = FilesBytes(plan, files, scale);
        long budget = (long)(MachineMemory.Available * ShareOfAvailable);
        // Pictures that depend on each other stay together.
        int group = plan.Objective.GroupSize;
        for (int batch = Math.Min(Math.Max(group, MostAtOnce / group * group), plan.Count); ; batch = ((batch / group) + 1) / 2 * group)
        {
            RunForecast forecast = new(RunMemory.Of(backend, network, plan, batch, isDouble, files.Alpha is not null), batch, process, frames, writing, isOnHost);
            // A GPU says itself when it is full.
            if (batch <= group || !isOnHost || forecast.Total - Environment.WorkingSet <= budget)
            {
                return forecast;
            }
        }
    }

    /// <summary>Refuses a run that would be killed.</summary>
    /// <exception cref="CommandException">It needs more than there is.</exception>
    public void Demand()
    {
        long limit = MachineMemory.Limit;
        if (Total > limit)
        {
            throw CommandException.Device(string.Create(CultureInfo.InvariantCulture,
                $"This run needs {Total >> 20:N0} MiB of memory, and there are {limit >> 20:N0} MiB (the machine's, or what its control group or ulimit -v leaves).\nTake a smaller --size, a lower layer, or no --gif and --webp; --dry-run shows what needs how much."));
        }
    }

    /// <summary>The network's parts, all else, and their sum: at the peak of the run, or on the device where that has a memory of its own.</summary>
    public IEnumerable<string> Lines()
    {
        MemoryForecast network = Drawing.Network;
        long total = IsOnHost ? Total : Drawing.Device;
        yield return Line("weights", network.Weights);
        yield return Line("activations, masks, gradients", network.Activations);
        yield return Line("workspace", network.Workspace);
        yield return Line(IsOnHost ? "images, scoring, files, the program" : "images and optimiser, scoring", total - network.Total);
        yield return Line(IsOnHost ? "total at the peak" : "total on the device", total);
    }

    /// <summary>What "all else" is made of, and the host's part where the device has a memory of its own.</summary>
    public IEnumerable<string> Details()
    {
        yield return Line("images and optimiser", Drawing.Images);
        yield return Line("scoring", Drawing.Scoring);
        yield return Line("random numbers, copies", Drawing.Host);
        yield return Line("results", Drawing.Results);
        yield return Line("frames of animations", Frames);
        yield return Line("files, when the network is gone", Writing);
        yield return Line("the program itself", Process);
        yield return Line("total of the host", Total);
    }

    private static string Line(string what, long bytes) =>
        string.Create(CultureInfo.InvariantCulture, $"  {what,-36} {bytes,15:N0} bytes {bytes / 1048576.0,10:N1} MiB");

    private static long FilesBytes(RenderPlan plan, DrawingFiles files, int scale)
    {
        const int columns = 5;
        long across = Math.Min(plan.Count, columns) * (long)plan.Width * scale;
        long down = (plan.Count + columns - 1) / columns * (long)plan.Height * scale;
        long sheet = across * down * 3;
        // Cells, sheet, the encoder's copy with four bytes for a pixel, what comes out.
        long png = sheet * 13 / 3;
        long raw = files.Raw is null ? 0 : plan.Count * (long)plan.Height * plan.Width * 3 * 2 * sizeof(float);
        long webp = files.WebP is null ? 0 : sheet * 4 / 3 * (FrameCollector.FramesOf(plan) + 1);
        long gif = files.Animates ? StitchedFrames.BytesFor(FrameCollector.FramesOf(plan) + 1, sheet) + (sheet * 2) : 0;
        // The same sheet, its opacity, and both as four bytes for a pixel, once more in the encoder.
        long alpha = files.Alpha is null ? 0 : sheet * 17 / 3;
        return png + alpha + gif + Math.Max(raw, webp);
    }
}
