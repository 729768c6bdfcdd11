using System.Globalization;
using VggCuda.Engine.Rendering;

namespace VggCuda.Cli.Progress;

/// <summary>The words of a progress report: iteration, loss, iterations per second, time left.</summary>
internal static class ProgressText
{
    /// <summary>"iteration 120 of 500", or over all batches where there are several.</summary>
    public static string Iteration(RenderProgress progress, int iterations) =>
        progress.StepsTotal > iterations
            ? string.Create(CultureInfo.InvariantCulture, $"iteration {progress.StepsDone} of {progress.StepsTotal} (all batches)")
            : string.Create(CultureInfo.InvariantCulture, $"iteration {progress.StepsDone} of {progress.StepsTotal}");

    /// <summary>"loss -12.34".</summary>
    public static string Loss(RenderProgress progress) => string.Create(CultureInfo.InvariantCulture, $"loss {progress.MeanTotal:G5}");

    /// <summary>"55.1 it/s".</summary>
    public static string Rate(RenderProgress progress) => string.Create(CultureInfo.InvariantCulture, $"{progress.StepsPerSecond:F1} it/s");

    /// <summary>"7 s left", "3 min 10 s left".</summary>
    public static string TimeLeft(RenderProgress progress) => $"{Duration(progress.TimeLeft)} left";

    /// <summary>A duration in the units that matter for it.</summary>
    public static string Duration(TimeSpan time)
    {
        TimeSpan rounded = TimeSpan.FromSeconds(Math.Ceiling(Math.Max(0, time.TotalSeconds)));
        return rounded.TotalMinutes < 1 ? $"{rounded.Seconds} s"
            : rounded.TotalHours < 1 ? $"{rounded.Minutes} min {rounded.Seconds} s"
            : $"{(long)rounded.TotalHours} h {rounded.Minutes} min";
    }
}
