using VggCuda.Engine.Hashing;
using VggCuda.Engine.Model;

namespace VggCuda.Hdf5Loader.Files;

/// <summary>What a weights file was found to be.</summary>
/// <param name="Path">The file.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Md5">Of the whole file, lower-case hex.</param>
/// <param name="Sha256">Of the whole file, lower-case hex.</param>
/// <param name="Published">The published file whose size and MD5 it has, or null.</param>
/// <param name="Pretended">The published file that it is not, though it has its name or its size; null mostly.</param>
/// <param name="Problem">Why the content is not sound, or null: it is a VGG, every shape fits, every value is there and finite, and every checksum in it matches.</param>
/// <param name="Topology">The network, or null where it cannot be opened.</param>
public sealed record WeightsVerification(
    string Path, long Size, string Md5, string Sha256, PublishedWeights? Published, PublishedWeights? Pretended, string? Problem, Topology? Topology)
{
    /// <summary>Whether the file may be used: its content is sound, and it does not pretend to be a published file.</summary>
    public bool IsGood => Problem is null && Pretended is null;

    /// <summary>Reads a file twice: for its checksums, and value by value.</summary>
    /// <param name="path">The file.</param>
    /// <param name="progress">Told about ten times a second; bytes of both readings.</param>
    /// <param name="published">The published files to compare with; null for <see cref="PublishedWeights.All"/>.</param>
    /// <param name="networkName">The model in the file that is meant, where it holds several.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="WeightsException">The file cannot be read at all.</exception>
    public static WeightsVerification Run(
        string path, IProgress<FileProgress>? progress = null, IReadOnlyList<PublishedWeights>? published = null, string? networkName = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        published ??= PublishedWeights.All;
        long size;
        string[] digests;
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan);
            size = stream.Length;
            digests = FileDigest.Of(stream, [ContentHash.Md5, ContentHash.Sha256], new Part(progress, 0, size, 1), cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WeightsException(path, null, $"cannot be read: {e.Message}", e);
        }

        PublishedWeights? found = published.FirstOrDefault(p => p.Size == size && p.Md5 == digests[0]);
        string name = System.IO.Path.GetFileName(path);
        PublishedWeights? pretended = found is null ? published.FirstOrDefault(p => p.Size == size || p.FileName == name) : null;
        string? problem = null;
        Topology? topology = null;
        try
        {
            using KerasWeights weights = KerasWeights.Open(path, networkName);
            topology = weights.Topology;
            // Values may be stored in fewer or more bytes than they have in memory: the second half is counted by values.
            double scale = (double)size / topology.ParameterCount;
            weights.CheckContents(progress is null ? null : new Part(progress, size, size, scale), cancellation);
        }
        catch (WeightsException e)
        {
            problem = e.Layer is null ? e.Cause : $"layer '{e.Layer}': {e.Cause}";
        }

        progress?.Report(new FileProgress(size * 2, size * 2));
        return new WeightsVerification(path, size, digests[0], digests[1], found, pretended, problem, topology);
    }

    /// <summary>One of the two readings as a part of the whole.</summary>
    private sealed class Part(IProgress<FileProgress>? progress, long before, long size, double scale) : IProgress<FileProgress>, IProgress<long>
    {
        private long _lastReport = Environment.TickCount64;

        public void Report(FileProgress value) => progress?.Report(new FileProgress(before + value.Done, size * 2));

        public void Report(long values)
        {
            if (Environment.TickCount64 - _lastReport >= 100)
            {
                _lastReport = Environment.TickCount64;
                progress?.Report(new FileProgress(before + Math.Min(size, (long)(values * scale)), size * 2));
            }
        }
    }
}
