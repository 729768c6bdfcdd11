using System.CommandLine;
using VggCuda.Cli.Hosting;
using VggCuda.Engine.Files;
using VggCuda.Engine.Hashing;
using VggCuda.Hdf5Loader.Files;

namespace VggCuda.Cli.Weights;

/// <summary><c>weights fetch</c>: the published file, from a cache or over the network.</summary>
internal static class FetchCommand
{
    public static Command Create(CommandHost host, IReadOnlyList<PublishedWeights> published)
    {
        Argument<string> which = new("WHICH")
        {
            Description = string.Join("; ", published.Select(p => $"{p.Name}: {p.Contents}, {DiskSpace.Bytes(p.Size)}")) + ".",
            DefaultValueFactory = _ => published[0].Name,
            HelpName = string.Join("|", published.Select(p => p.Name)),
        };
        which.CompletionSources.Add([.. published.Select(p => p.Name)]);
        Option<string?> to = new("--to") { Description = "The folder to put it into; default: VggCuda's cache, or Keras's where the file is there already.", HelpName = "DIR" };
        Option<string?> url = new("--url") { Description = "Another address of the same file, a mirror's; the published checksum is demanded all the same.", HelpName = "URL" };
        Command command = new("fetch", "Get the published weights: from a cache where they are there, else over the network. Prints the file's path.") { which, to, url };
        host.Run(command, invocation =>
        {
            PublishedWeights file = Choose(published, invocation.Value(which)!);
            return Fetch(invocation, file, Folder(invocation.Value(to)), Address(invocation.Value(url)));
        });
        return command;
    }

    private static int Fetch(Invocation invocation, PublishedWeights file, string? folder, Uri? address)
    {
        if (!SystemCryptography.IsThere)
        {
            throw CommandException.File("A download needs OpenSSL (libssl.so.3 or 1.1), and it is not on this system. Install it (Debian: libssl3 and ca-certificates), or bring the file here and give --weights FILE.");
        }

        using HttpClient client = WeightDownload.CreateClient();
        WeightFetch fetch = new(WeightsCommand.Folders(invocation), new WeightDownload(client));
        string target = fetch.TargetOf(file, folder);
        long kept = WeightDownload.BytesKept(target);
        if (kept > 0)
        {
            invocation.Note($"{kept} of {file.Size} bytes are there from an earlier download.");
        }

        try
        {
            FetchResult result = TransferDisplay.For(invocation).Show(file.FileName, progress =>
                fetch.RunAsync(file, folder, address, progress is null ? null : new Words(progress), invocation.Cancellation).GetAwaiter().GetResult());
            invocation.Note(result.Source switch
            {
                FetchSource.KerasCache => $"Already in Keras's cache; its MD5 {file.Md5} is right.",
                FetchSource.AlreadyThere => $"Already there; its MD5 {file.Md5} is right.",
                FetchSource.Copied => $"Copied from a cache; its MD5 {file.Md5} is right.",
                _ => $"Downloaded; its MD5 {file.Md5} is right.",
            });
            invocation.Result(result.Path);
            return ExitCode.Done;
        }
        catch (OperationCanceledException)
        {
            kept = WeightDownload.BytesKept(target);
            throw CommandException.Cancelled(kept > 0
                ? $"Cancelled; {kept} of {file.Size} bytes are kept in {ResumablePart.PathOf(target)}.\nThe same command goes on from there."
                : "Cancelled; nothing was written.");
        }
    }

    private static PublishedWeights Choose(IReadOnlyList<PublishedWeights> published, string name) =>
        published.FirstOrDefault(p => string.Equals(p.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw CommandException.Usage(
            $"There are no published weights called '{name}'.{Nearest.Question(name, published.Select(p => p.Name))}\nKnown: {string.Join(", ", published.Select(p => p.Name))}.");

    private static string? Folder(string? to)
    {
        if (to is null)
        {
            return null;
        }

        if (string.IsNullOrWhiteSpace(to))
        {
            throw CommandException.Usage("--to needs a folder.");
        }

        if (File.Exists(to))
        {
            throw CommandException.File($"--to: '{to}' is a file, not a folder.");
        }

        // As for every folder that a command fills: it is made where its parent is there, and nothing is asked of a server for a mistyped name.
        string full = Path.GetFullPath(to);
        return Directory.Exists(full) || Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(full)) is not string parent || Directory.Exists(parent)
            ? to
            : throw CommandException.File($"--to: the folder '{parent}' does not exist; make it first.");
    }

    private static Uri? Address(string? url)
    {
        if (url is null)
        {
            return null;
        }

        return Uri.TryCreate(url, UriKind.Absolute, out Uri? address) && address.Scheme is ("http" or "https")
            ? address
            : throw CommandException.Usage($"--url: '{url}' is no http or https address.");
    }

    /// <summary>From a download's reports to a display's.</summary>
    private sealed class Words(IProgress<TransferState> display) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => display.Report(new TransferState(
            value.Phase switch
            {
                DownloadPhase.Connecting => "connecting",
                DownloadPhase.Waiting => "waiting",
                DownloadPhase.Checking => "checking",
                _ => null,
            },
            value.Done, value.Total, value.BytesPerSecond, value.Left, value.Note));
    }
}
