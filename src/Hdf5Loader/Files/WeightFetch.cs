using VggCuda.Engine.Files;
using VggCuda.Engine.Hashing;

namespace VggCuda.Hdf5Loader.Files;

/// <summary>Where a fetched file came from.</summary>
public enum FetchSource
{
    /// <summary>It was in Keras's cache folder, and stays there.</summary>
    KerasCache,

    /// <summary>It was where it should go.</summary>
    AlreadyThere,

    /// <summary>It was copied from a cache folder.</summary>
    Copied,

    /// <summary>It was downloaded.</summary>
    Downloaded,
}

/// <summary>What a fetch has come to.</summary>
/// <param name="Path">The file.</param>
/// <param name="Source">Where it came from.</param>
public sealed record FetchResult(string Path, FetchSource Source);

/// <summary>Gets a published weights file onto this machine, over the network only where no cache has it.</summary>
public sealed class WeightFetch
{
    private const int CopyBuffer = 1 << 20;
    private readonly WeightsFolders _folders;
    private readonly WeightDownload _download;

    /// <summary>Creates a fetch.</summary>
    /// <param name="folders">The caches.</param>
    /// <param name="download">How to download.</param>
    public WeightFetch(WeightsFolders folders, WeightDownload download)
    {
        _folders = folders ?? throw new ArgumentNullException(nameof(folders));
        _download = download ?? throw new ArgumentNullException(nameof(download));
    }

    /// <summary>Where a file goes: into the folder given, else into VggCuda's cache.</summary>
    public string TargetOf(PublishedWeights file, string? folder)
    {
        ArgumentNullException.ThrowIfNull(file);
        return Path.GetFullPath(Path.Combine(folder ?? _folders.Own, file.FileName));
    }

    /// <summary>Fetches a file. Every file used is checked against the published MD5 first; one that fails is passed over, and replaced in VggCuda's own cache only.</summary>
    /// <param name="file">Which.</param>
    /// <param name="folder">Where to; null for VggCuda's cache, or Keras's where the file is there already.</param>
    /// <param name="address">Where from; null for where it is published.</param>
    /// <param name="progress">Told about ten times a second.</param>
    /// <param name="cancellation">Ends it; the part of a download stays.</param>
    /// <exception cref="DownloadException">The download did not succeed.</exception>
    /// <exception cref="IOException">The target is there and is another file, or cannot be written.</exception>
    public async Task<FetchResult> RunAsync(
        PublishedWeights file, string? folder = null, Uri? address = null, IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default)
    {
        string target = TargetOf(file, folder);
        if (await IsPublishedAsync(target).ConfigureAwait(false))
        {
            return new FetchResult(target, FetchSource.AlreadyThere);
        }

        string[] caches = [Path.Combine(_folders.Keras, file.FileName), Path.Combine(_folders.Own, file.FileName)];
        foreach (string cached in caches.Where(c => c != target))
        {
            if (!await IsPublishedAsync(cached).ConfigureAwait(false))
            {
                continue;
            }

            if (folder is null)
            {
                return new FetchResult(cached, FetchSource.KerasCache);
            }

            Copy(cached, target, file);
            return new FetchResult(target, FetchSource.Copied);
        }

        if (folder is null && target != caches[0] && FilePaths.AreSame(target, caches[0]))
        {
            throw new IOException($"{target}: is a link to {caches[0]}, in Keras's cache, which is only read from, and not the published file; remove the link.");
        }

        // A file that bears the name in our own cache without its checksum is damaged, and ours to replace; elsewhere it is the user's.
        await _download.RunAsync(file, address, target, replace: folder is null, progress, cancellation).ConfigureAwait(false);
        return new FetchResult(target, FetchSource.Downloaded);

        async Task<bool> IsPublishedAsync(string path)
        {
            bool right = await Task.Run(() => IsPublished(file, path, new Checking(file.Size, progress), cancellation), cancellation).ConfigureAwait(false);
            if (!right && File.Exists(path))
            {
                progress?.Report(new DownloadProgress(
                    DownloadPhase.Checking, 0, file.Size, 0, null, $"{path} has the name, but not the size and MD5 of the published file; it is passed over"));
            }

            return right;
        }
    }

    /// <summary>Whether a file is there and is the published one: size first, then MD5.</summary>
    /// <param name="file">The published file.</param>
    /// <param name="path">The file to look at.</param>
    /// <param name="progress">Told while the checksum is computed.</param>
    /// <param name="cancellation">Ends it.</param>
    public static bool IsPublished(PublishedWeights file, string path, IProgress<FileProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        try
        {
            FileInfo info = new(path);
            return info.Exists && info.Length == file.Size && FileDigest.Of(path, ContentHash.Md5, progress, cancellation) == file.Md5;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file that cannot be read is as good as none: the caller gets another one.
            return false;
        }
    }

    private static void Copy(string cached, string target, PublishedWeights file)
    {
        WeightDownload.Make(Path.GetDirectoryName(target)!);
        DiskSpace.Demand(target, file.Size, DiskSpace.Free(Path.GetDirectoryName(target)!));
        using FileStream source = new(cached, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan);
        using StagedFiles copy = new();
        copy.Stage(target, stream => source.CopyTo(stream, CopyBuffer), replace: false);
        copy.Commit();
    }

    private sealed class Checking(long size, IProgress<DownloadProgress>? progress) : IProgress<FileProgress>
    {
        public void Report(FileProgress value) => progress?.Report(new DownloadProgress(DownloadPhase.Checking, value.Done, size, 0, null, null));
    }
}
