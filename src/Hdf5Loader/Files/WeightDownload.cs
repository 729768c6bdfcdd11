using System.Net;
using System.Net.Http.Headers;
using VggCuda.Engine.Files;

namespace VggCuda.Hdf5Loader.Files;

/// <summary>Downloads a published weights file: resumes after any break, and gives the file its name only when its checksum is right.</summary>
/// <remarks>
/// The bytes go to <c>NAME.part</c>; <c>NAME.part.etag</c> holds the server's validator. Both stay when the download ends early, and the
/// next run goes on from there. An instance may be used again, by one caller at a time.
/// </remarks>
public sealed class WeightDownload
{
    private readonly HttpClient _client;
    private readonly DownloadSettings _settings;
    private readonly TimeProvider _time;

    /// <summary>Creates a download.</summary>
    /// <param name="client">See <see cref="CreateClient"/>; stays the caller's.</param>
    /// <param name="settings">How patient to be; null for the defaults.</param>
    /// <param name="time">The clock for limits, waits and speed; null for the system's.</param>
    public WeightDownload(HttpClient client, DownloadSettings? settings = null, TimeProvider? time = null)
    {
        _client = client ?? throw new ArgumentNullException(nameof(client));
        _settings = settings ?? new DownloadSettings();
        _time = time ?? TimeProvider.System;
    }

    /// <summary>A client as a download needs it: redirects followed (never from https to http), the system's proxy, no compression, no limit on the whole.</summary>
    public static HttpClient CreateClient()
    {
        SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = true,
            MaxAutomaticRedirections = 10,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromSeconds(20),
        };
        HttpClient client = new(handler, disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };
        string version = typeof(WeightDownload).Assembly.GetName().Version?.ToString(3) ?? "0";
        client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("vggcuda", version));
        return client;
    }

    /// <summary>Bytes of a target that an earlier, unfinished download has left; 0 where there is none.</summary>
    public static long BytesKept(string target) => ResumablePart.BytesKept(target);

    /// <summary>Downloads a file.</summary>
    /// <param name="file">Which file: its size and checksum are demanded, wherever it comes from.</param>
    /// <param name="address">Where from; null for where it is published.</param>
    /// <param name="target">The file to make; its folder is made too.</param>
    /// <param name="replace">Whether a file of that name may be replaced.</param>
    /// <param name="progress">Told about ten times a second.</param>
    /// <param name="cancellation">Ends the download; the part stays.</param>
    /// <exception cref="DownloadException">It did not succeed; the message says why and how to go on.</exception>
    /// <exception cref="IOException">Too little space, or a file of that name is there already.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task RunAsync(
        PublishedWeights file, Uri? address, string target, bool replace = false, IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentException.ThrowIfNullOrEmpty(target);
        address ??= file.Address;
        if (!address.IsAbsoluteUri || address.Scheme is not ("http" or "https"))
        {
            throw new ArgumentException($"'{address}' is no http or https address.", nameof(address));
        }

        target = Path.GetFullPath(target);
        string folder = Path.GetDirectoryName(target) ?? throw new ArgumentException($"'{target}' is a folder.", nameof(target));
        Make(folder);
        DemandFree(target, replace);
        using ResumablePart part = Open(target);
        // Asked again under the lock: another process may have finished just now.
        DemandFree(target, replace);
        DiskSpace.Demand(target, file.Size - Math.Min(part.Length, file.Size), _settings.FreeSpace(Path.GetDirectoryName(FilePaths.Resolve(target))!));
        DownloadRun run = new(_client, _settings, _time, file, address, part, progress, cancellation);
        await run.ToEndAsync().ConfigureAwait(false);
        run.Local(() => part.Publish(replace));
    }

    /// <summary>Makes the folder of a file.</summary>
    /// <exception cref="IOException">It cannot be made; the message says where else the file could go.</exception>
    internal static void Make(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The folder '{folder}' cannot be made: {e.Message.TrimEnd('.')}.\nTake another with --to, or set VGGCUDA_CACHE.", e);
        }
    }

    private ResumablePart Open(string target)
    {
        string path = ResumablePart.PathOf(target);
        try
        {
            return ResumablePart.TryOpen(target, _settings.OpenPart)
                ?? throw new DownloadException($"{path}: another process is downloading this file. Wait for it, or end it and repeat the command.");
        }
        catch (Exception e) when (e is UnauthorizedAccessException or (IOException and not DownloadException))
        {
            throw new DownloadException($"{path}: cannot be written: {e.Message}", e);
        }
    }

    private static void DemandFree(string target, bool replace)
    {
        if (!replace && File.Exists(target))
        {
            throw new IOException($"{target}: is there already; move it away, or say that it may be overwritten.");
        }
    }
}
