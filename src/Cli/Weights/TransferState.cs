using System.Diagnostics;
using VggCuda.Cli.Progress;
using VggCuda.Hdf5Loader.Files;

namespace VggCuda.Cli.Weights;

/// <summary>How far a transfer of bytes is, for a display.</summary>
/// <param name="Activity">What is done: "checking"; null while bytes arrive.</param>
/// <param name="Done">Bytes.</param>
/// <param name="Total">Bytes.</param>
/// <param name="BytesPerSecond">0 where it is not known.</param>
/// <param name="Left">Null where it is not known.</param>
/// <param name="Note">A line to show once, or null.</param>
internal readonly record struct TransferState(string? Activity, long Done, long Total, double BytesPerSecond, TimeSpan? Left, string? Note)
{
    private const double Mebi = 1 << 20;

    /// <summary>"12.0 of 527.8 MiB (2 %), 3.1 MiB/s, 2 min 46 s left".</summary>
    public string Words
    {
        get
        {
            string text = BytesPerSecond > 0 ? FormattableString.Invariant($"{WordsWithoutSpeed}, {BytesPerSecond / Mebi:F1} MiB/s") : WordsWithoutSpeed;
            return Left is TimeSpan left && Done < Total ? $"{text}, {ProgressText.Duration(left)} left" : text;
        }
    }

    /// <summary>"12.0 of 527.8 MiB (2 %)".</summary>
    public string WordsWithoutSpeed
    {
        get
        {
            string unit = Total < Mebi ? "KiB" : "MiB";
            double scale = Total < Mebi ? 1024 : Mebi;
            string text = FormattableString.Invariant($"{Done / scale:F1} of {Total / scale:F1} {unit} ({Percent})");
            return Activity is null ? text : $"{Activity}, {text}";
        }
    }

    /// <summary>"2 %".</summary>
    public string Percent => FormattableString.Invariant($"{(Total > 0 ? Done * 100 / Total : 100)} %");
}

/// <summary>From a file operation's reports to a display's, with the speed since its beginning.</summary>
internal sealed class FileMeter(IProgress<TransferState> display, string activity) : IProgress<FileProgress>
{
    private readonly long _start = Stopwatch.GetTimestamp();

    public void Report(FileProgress value)
    {
        double seconds = Stopwatch.GetElapsedTime(_start).TotalSeconds;
        double rate = seconds > 0 ? value.Done / seconds : 0;
        long total = value.Total ?? value.Done;
        TimeSpan? left = rate > 0 ? TimeSpan.FromSeconds((total - value.Done) / rate) : null;
        display.Report(new TransferState(activity, value.Done, total, rate, left, null));
    }
}
