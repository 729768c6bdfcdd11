namespace VggCuda.Hdf5Loader.Files;

/// <summary>What a download is doing.</summary>
public enum DownloadPhase
{
    /// <summary>Asking the server.</summary>
    Connecting,

    /// <summary>Receiving bytes.</summary>
    Receiving,

    /// <summary>Waiting before the next attempt; the note says why and how long.</summary>
    Waiting,

    /// <summary>Computing the checksum of the whole file.</summary>
    Checking,
}

/// <summary>How far a download is.</summary>
/// <param name="Phase">What it is doing.</param>
/// <param name="Done">Bytes received, earlier runs included; bytes checked while checking.</param>
/// <param name="Total">The file's size.</param>
/// <param name="BytesPerSecond">Over the last few seconds; 0 where nothing is known yet.</param>
/// <param name="Left">Time left at that speed, or null.</param>
/// <param name="Note">Something a user should read once: why an attempt ended, that the file begins anew. Null mostly.</param>
public readonly record struct DownloadProgress(DownloadPhase Phase, long Done, long Total, double BytesPerSecond, TimeSpan? Left, string? Note);
