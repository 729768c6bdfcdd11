using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;

namespace VggCuda.Engine.Rendering;

/// <summary>What a run yielded.</summary>
public sealed record RenderResult
{
    /// <summary>The plan that was run.</summary>
    public required RenderPlan Plan { get; init; }

    /// <summary>The pictures, in the plan's order; fewer than planned where the run was cancelled between batches.</summary>
    public required ImmutableArray<RenderedImage> Images { get; init; }

    /// <summary>Whether it was cancelled; the pictures are then the best so far.</summary>
    public required bool Cancelled { get; init; }

    /// <summary>What it ran on.</summary>
    public required BackendDescription Device { get; init; }

    /// <summary>Where the time went.</summary>
    public required RenderTimings Timings { get; init; }
}

/// <summary>One picture.</summary>
public sealed record RenderedImage
{
    /// <summary>Its place in the plan.</summary>
    public required int Index { get; init; }

    /// <summary>Its seed.</summary>
    public required uint Seed { get; init; }

    /// <summary>The best image as fed to the network, (H, W, 3), the plan's value range.</summary>
    public required float[] Pixels { get; init; }

    /// <summary>The best image for the eye, (H, W, 3), 0..255.</summary>
    public required byte[] Display { get; init; }

    /// <summary>Steps done.</summary>
    public required int Steps { get; init; }

    /// <summary>The step (from 0) whose total was lowest; the picture is the image right after it.</summary>
    public required int BestStep { get; init; }

    /// <summary>That total.</summary>
    public required double BestTotal { get; init; }

    /// <summary>Weighted losses of every step, one row per step, columns as <see cref="RenderPlan.LossNames"/>.</summary>
    public required double[][] Losses { get; init; }

    /// <summary>What the network makes of the clean picture, without transforms.</summary>
    public required PictureScore Score { get; init; }

    /// <summary>
    /// How much each pixel mattered, (H, W): the sum over all steps of |d objective / d picture|, mean of the three colours; empty where it was not asked for
    /// (<see cref="RenderOptions.WantsImportance"/>). Of octaves the last one's steps.
    /// </summary>
    /// <remarks>MACO (Fel et al., NeurIPS 2023), its transparency.</remarks>
    public float[] Importance { get; init; } = [];

    /// <summary>The channels it excites; empty where the objective is a whole layer.</summary>
    public ImmutableArray<int> Channels => [.. Scores.Select(s => s.Channel)];

    /// <summary>What each of its channels makes of the clean picture.</summary>
    public ImmutableArray<ChannelScore> Scores => Score.Channels;

    /// <summary>What the objective was to excite, unweighted, on the clean picture: for channels the sum of their activations.</summary>
    public double FinalActivation => Score.Activation;
}

/// <summary>Where the time went, in milliseconds.</summary>
/// <param name="Compile">Reading and transforming weights, planning, recording.</param>
/// <param name="Run">The steps.</param>
/// <param name="Score">Scoring the clean pictures, reading them back.</param>
/// <param name="Steps">Steps done, summed over batches.</param>
public sealed record RenderTimings(double Compile, double Run, double Score, long Steps)
{
    /// <summary>Steps per second of the run.</summary>
    public double StepsPerSecond => Run > 0 ? Steps * 1000 / Run : 0;
}

/// <summary>How far a run is.</summary>
/// <param name="StepsDone">Steps done, over all batches.</param>
/// <param name="StepsTotal">Steps in all.</param>
/// <param name="Images">How many pictures the current batch has.</param>
/// <param name="MeanTotal">Mean of the batch's last known totals.</param>
/// <param name="StepsPerSecond">Speed so far.</param>
/// <param name="TimeLeft">Estimate.</param>
public sealed record RenderProgress(long StepsDone, long StepsTotal, int Images, double MeanTotal, double StepsPerSecond, TimeSpan TimeLeft);

/// <summary>The images of a batch in the middle of a run.</summary>
/// <param name="FirstImage">Place of the batch's first image in the plan.</param>
/// <param name="Step">Steps done.</param>
/// <param name="Displays">Each image for the eye, (H, W, 3), 0..255.</param>
public sealed record RenderFrame(int FirstImage, int Step, ImmutableArray<byte[]> Displays);

/// <summary>What a caller wants to be told, and limits.</summary>
public sealed record RenderOptions
{
    /// <summary>Told about ten times a second.</summary>
    public IProgress<RenderProgress>? Progress { get; init; }

    /// <summary>Called with the current images every <see cref="FrameEvery"/> steps, and before the first.</summary>
    public Action<RenderFrame>? Frame { get; init; }

    /// <summary>Steps between frames; 0 for none.</summary>
    public int FrameEvery { get; init; }

    /// <summary>
    /// Called with the current images now and then, for somebody who watches: when <see cref="GlanceEvery"/> has gone by, and from the second on never more often than that
    /// a twentieth of the time goes into it.
    /// </summary>
    public Action<RenderFrame>? Glance { get; init; }

    /// <summary>The least time between two calls of <see cref="Glance"/>, and before the first.</summary>
    public TimeSpan GlanceEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether <see cref="RenderedImage.Importance"/> is gathered: four small operations more in each step. The pictures stay the same.</summary>
    public bool WantsImportance { get; init; }

    /// <summary>Most pictures in one batch; more are drawn batch by batch, with the same result.</summary>
    public int MaxBatch { get; init; } = 32;
}

/// <summary>Not one step had a finite loss, so there is no picture.</summary>
public sealed class NumbersFailedException : Exception
{
    /// <summary>Creates the exception with a message fit to be shown to a user.</summary>
    public NumbersFailedException(string message)
        : base(message)
    {
    }
}
