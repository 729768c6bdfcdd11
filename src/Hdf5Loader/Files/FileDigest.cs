using VggCuda.Engine.Hashing;

namespace VggCuda.Hdf5Loader.Files;

/// <summary>Checksums of whole files.</summary>
internal static class FileDigest
{
    private const int PieceLength = 1 << 20;
    private const int MillisecondsBetweenReports = 100;

    /// <summary>A file's checksum, lower-case hex.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static string Of(string path, Func<ContentHash> algorithm, IProgress<FileProgress>? progress, CancellationToken cancellation)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan);
        return Of(stream, algorithm, progress, cancellation);
    }

    /// <summary>A stream's checksum from its beginning, lower-case hex.</summary>
    public static string Of(Stream stream, Func<ContentHash> algorithm, IProgress<FileProgress>? progress, CancellationToken cancellation) =>
        Of(stream, [algorithm], progress, cancellation)[0];

    /// <summary>Several checksums of a stream from its beginning in one pass, lower-case hex.</summary>
    public static string[] Of(Stream stream, Func<ContentHash>[] algorithms, IProgress<FileProgress>? progress, CancellationToken cancellation)
    {
        ContentHash[] hashes = [.. algorithms.Select(a => a())];
        byte[] piece = new byte[PieceLength];
        stream.Position = 0;
        long total = stream.Length;
        long done = 0;
        long lastReport = Environment.TickCount64;
        int read;
        while ((read = stream.Read(piece)) > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (ContentHash hash in hashes)
            {
                hash.Append(piece.AsSpan(0, read));
            }

            done += read;
            if (progress is not null && Environment.TickCount64 - lastReport >= MillisecondsBetweenReports)
            {
                lastReport = Environment.TickCount64;
                progress.Report(new FileProgress(done, total));
            }
        }

        progress?.Report(new FileProgress(done, total));
        return [.. hashes.Select(Finished)];

        static string Finished(ContentHash hash)
        {
            using (hash)
            {
                return hash.Finish();
            }
        }
    }
}
