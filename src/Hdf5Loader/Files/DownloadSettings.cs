using VggCuda.Engine.Files;

namespace VggCuda.Hdf5Loader.Files;

/// <summary>How patient a download is.</summary>
public sealed record DownloadSettings
{
    /// <summary>Longest wait for a connection with its answer's headers, and for each further piece of the body. Default 30 s.</summary>
    public TimeSpan IdleLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Least bytes that must come in every <see cref="SlowPeriod"/>; an answer that trickles more slowly is left, and the transfer resumed with a new request. Default 60,000.</summary>
    public long LeastBytes { get; init; } = 60_000;

    /// <summary>See <see cref="LeastBytes"/>. Default 60 s.</summary>
    public TimeSpan SlowPeriod { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Attempts in a row that may bring nothing new before the download gives up. Default 6.</summary>
    public int MostFailures { get; init; } = 6;

    /// <summary>The same while no server has answered at all: a computer that is offline should say so soon. Default 3.</summary>
    public int MostFailuresUnanswered { get; init; } = 3;

    /// <summary>How often a download may begin again from nothing. Default 3.</summary>
    public int MostStartOvers { get; init; } = 3;

    /// <summary>Bytes beyond the farthest point reached that make an attempt count as a success. Default 256 KiB.</summary>
    public long WorthwhileBytes { get; init; } = 1 << 18;

    /// <summary>The first wait between attempts; it doubles from failure to failure, each drawn from its upper half. Default 1 s.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest such wait. Default 30 s.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest wait that a server's Retry-After may ask for; beyond it the download gives up and says when to come again. Default 5 min.</summary>
    public TimeSpan LongestRetryAfter { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Opens the part for reading and writing, exclusively, creating it where it is missing.</summary>
    internal Func<string, Stream> OpenPart { get; init; } = ResumablePart.OpenStream;

    /// <summary>Free bytes of the file system of a folder, or null where that is not known.</summary>
    internal Func<string, long?> FreeSpace { get; init; } = DiskSpace.Free;

    /// <summary>Draws the jitter, 0 to 1.</summary>
    internal Func<double> Jitter { get; init; } = Random.Shared.NextDouble;
}
