using System.Text.Json;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Networks;
using VggCuda.Cli.Output;
using VggCuda.Cli.Progress;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;
using VggCuda.Engine.Verdicts;
using VggCuda.Imaging;

namespace VggCuda.Cli.Drawing;

/// <summary>Where the pictures of one plan go; null for what was not asked for.</summary>
internal sealed record DrawingFiles(string Png, string? Raw = null, string? Gif = null, string? WebP = null, string? Log = null, string? Alpha = null)
{
    /// <summary>Those that were asked for.</summary>
    public IEnumerable<string> All => ((string?[])[Png, Raw, Alpha, Gif, WebP, Log]).OfType<string>();

    public bool Animates => Gif is not null || WebP is not null;
}

/// <summary>Runs plans with progress and puts what comes of them into files.</summary>
internal sealed class Drawer(Invocation invocation, IBackend backend, ChosenNetwork chosen, Outputs files)
{
    private static readonly TimeSpan FrameDelay = TimeSpan.FromMilliseconds(80);
    private long _forecast;

    /// <summary>Draws a plan.</summary>
    /// <exception cref="OperationCanceledException">Cancelled before the first step.</exception>
    /// <exception cref="CommandException">It needs more memory than there is.</exception>
    public RenderResult Draw(RenderPlan plan, string title, FrameCollector? frames, DrawingFiles names, int scale, IProgressDisplay? display = null)
    {
        files.Keep();
        RunForecast forecast = RunForecast.Of(backend, chosen.Network, plan, names, scale);
        forecast.Demand();
        _forecast = Math.Max(_forecast, forecast.Total);
        chosen.StartHashing();
        if (forecast.Batch < plan.Count)
        {
            invocation.Detail($"{title}: {plan.Count} pictures in batches of {forecast.Batch}.");
        }

        return (display ?? ProgressDisplay.For(invocation)).Show(title, plan.Iterations, progress => new Renderer(backend).Render(
            chosen.Network,
            plan,
            new RenderOptions
            {
                Progress = progress,
                Frame = frames is null ? null : frames.Add,
                FrameEvery = frames?.Every ?? 0,
                MaxBatch = forecast.Batch,
                Glance = display is DevelopingPicture developing ? developing.Look : null,
                GlanceEvery = invocation.Terminal.ShownEvery,
                WantsImportance = names.Alpha is not null,
            },
            invocation.Cancellation));
    }

    /// <summary>Stages every file of a result, and says what they are for the record.</summary>
    public RenderRecord Stage(RenderResult result, LabelledGrid grid, FrameCollector? frames, DrawingFiles names, IReadOnlyList<PictureVerdict>? verdicts = null)
    {
        List<FileRecord> written = [];
        Dictionary<string, string> text = PictureTexts.Of(result.Plan, chosen.Name, Sha256(), KernelName.Of(backend.Description));
        if (result.Cancelled)
        {
            text[PictureTexts.Steps] = result.Images[^1].Steps.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        Picture stitched = grid.Stitch(result.Images, [.. result.Images.Select(i => i.Display)]);
        Stage("png", names.Png, () => PictureFile.EncodePng(stitched, text));
        if (names.Alpha is { } alpha)
        {
            (Picture sheet, byte[] opacity) = grid.Transparent(result.Images);
            Stage("alpha", alpha, () => PictureFile.EncodePng(sheet, opacity, text));
        }

        if (names.Raw is { } raw)
        {
            Stage("npy", raw, () => Npy.Encode([result.Images.Length, result.Plan.Height, result.Plan.Width, 3], Concatenated(result.Images)));
        }

        if (frames is not null && names.Animates)
        {
            IReadOnlyList<IReadOnlyList<byte[]>> all = frames.WithFinal(result.Images);
            if (names.Gif is { } gif)
            {
                (LabelledGrid small, int every) = grid.ForGif(all.Count);
                StitchedFrames pictures = new(small, result.Images, [.. all.Where((_, i) => i % every == 0 || i == all.Count - 1)]);
                written.Add(new FileRecord("gif", gif, files.Stage(gif, stream => AnimatedGif.Write(stream, pictures, every * FrameDelay))));
            }

            if (names.WebP is { } webp)
            {
                Stage("webp", webp, () => AnimatedWebP.Encode(new StitchedFrames(grid, result.Images, all), FrameDelay));
            }
        }

        if (names.Log is { } log)
        {
            written.Add(new FileRecord("log", log, files.Stage(log, stream => StepLog.Write(stream, result))));
        }

        return Describe(result, grid, written, verdicts ?? []);

        void Stage(string kind, string path, Func<byte[]> encode)
        {
            written.Add(new FileRecord(kind, path, files.Stage(path, encode())));
        }
    }

    /// <summary>With --verbose: what memory the run took, beside what was forecast.</summary>
    public void TellMemory()
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.GetCurrentProcess();
        invocation.Detail($"Memory at its peak: {process.PeakWorkingSet64 >> 20} MiB; {_forecast >> 20} MiB were forecast.");
    }

    /// <summary>The record of a whole run.</summary>
    public RunRecord Record(string command, DateTimeOffset started, IReadOnlyList<RenderRecord> renders) => new()
    {
        Command = command,
        Arguments = [.. invocation.Arguments.Tokens.Select(t => t.Value)],
        Started = started,
        Software = new SoftwareRecord(Hosting.Software.Name, Hosting.Software.Version, System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription, System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier),
        Weights = new WeightsRecord(chosen.Name, chosen.Path, Sha256(), chosen.Network.Topology.ParameterCount, chosen.ClassCount == 0 ? null : chosen.ClassCount),
        Device = new DeviceRecord(backend.Description.Name, backend.Description.Device, backend.Description.Details),
        Renders = renders,
    };

    // Read beside the run; of a large file it may take longer, and Ctrl-C then leaves it out.
    private string? Sha256() => chosen.Sha256(invocation.Cancellation);

    private static float[] Concatenated(IReadOnlyList<RenderedImage> images)
    {
        float[] all = new float[images.Sum(i => (long)i.Pixels.Length)];
        int at = 0;
        foreach (RenderedImage image in images)
        {
            image.Pixels.CopyTo(all, at);
            at += image.Pixels.Length;
        }

        return all;
    }

    private RenderRecord Describe(RenderResult result, LabelledGrid grid, IReadOnlyList<FileRecord> written, IReadOnlyList<PictureVerdict> verdicts)
    {
        using JsonDocument plan = JsonDocument.Parse(result.Plan.ToJson());
        RenderTimings t = result.Timings;
        return new RenderRecord
        {
            Plan = plan.RootElement.Clone(),
            Cancelled = result.Cancelled,
            Timings = new TimingsRecord(t.Compile, t.Run, t.Score, t.Steps, t.StepsPerSecond),
            Scale = grid.Scale,
            Files = written,
            Pictures = [.. result.Images.Select(image => new PictureRecord
            {
                Index = image.Index,
                Seed = image.Seed,
                Width = result.Plan.Width,
                Height = result.Plan.Height,
                Steps = image.Steps,
                BestStep = image.BestStep,
                BestTotal = image.BestTotal,
                Activation = image.FinalActivation,
                Channels = [.. image.Scores.Select((s, i) => ScoreOf(s, VerdictOf(image)?.Units.ElementAtOrDefault(i)))],
                Trust = VerdictOf(image) is { Trust.IsEmpty: false } verdict ? [.. verdict.Trust.Select(l => new TrustRecord(l.Layer, l.Value))] : null,
            })],
        };

        PictureVerdict? VerdictOf(RenderedImage image) => verdicts.FirstOrDefault(v => v.Index == image.Index);

        ScoreRecord ScoreOf(ChannelScore s, Verdict? verdict) =>
            new(s.Channel, s.Probability is null ? null : chosen.NameOf(s.Channel), s.Activation, s.Probability, s.Rank) { Verdict = verdict?.Words, Percentile = verdict?.Percentile };
    }
}
