using System.CommandLine;
using System.Text.Json.Serialization;
using VggCuda.Cli.Hosting;
using VggCuda.Hdf5Loader.Files;

namespace VggCuda.Cli.Weights;

/// <summary><c>weights verify</c>: is it the published file, and is its content sound?</summary>
internal static class VerifyCommand
{
    public static Command Create(CommandHost host, IReadOnlyList<PublishedWeights> published)
    {
        Argument<string> file = WeightsCommand.FileArgument();
        Option<bool> json = new("--json") { Description = "As JSON." };
        Command command = new("verify", "Compare a file with the published checksums, and check that its content is sound.") { file, json };
        host.Run(command, invocation =>
        {
            string path = WeightsCommand.Resolve(invocation, file);
            WeightsVerification found = TransferDisplay.For(invocation).Show(Path.GetFileName(path), progress =>
                WeightsVerification.Run(path, progress is null ? null : new FileMeter(progress, "checking"), published, invocation.NetworkName, invocation.Cancellation));
            if (invocation.Value(json))
            {
                invocation.Result(Verdict.Of(found), VerdictJson.Default.Verdict);
            }
            else
            {
                Tell(invocation, found);
            }

            return found.IsGood
                ? ExitCode.Done
                : throw CommandException.File(found.Problem is string problem
                    ? $"{path}: {problem}"
                    : $"{path}: is not the published file, though it has its {(found.Size == found.Pretended!.Size ? "size" : "name")}: it was changed or damaged.\nDownload it again with 'vggcuda weights fetch {found.Pretended!.Name}', or give it another name.");
        });
        return command;
    }

    private static void Tell(Invocation invocation, WeightsVerification found)
    {
        invocation.Result($"Size:     {found.Size} bytes");
        invocation.Result($"MD5:      {found.Md5}");
        invocation.Result($"SHA-256:  {found.Sha256}");
        invocation.Result(found switch
        {
            { Published: PublishedWeights published } => $"File:     the published file '{published.Name}': size and MD5 are right",
            { Pretended: PublishedWeights pretended } => $"File:     not the published file '{pretended.Name}', which has {pretended.Size} bytes and the MD5 {pretended.Md5}",
            _ => "File:     another file than the published ones",
        });
        invocation.Result(found.Problem is null
            ? $"Content:  sound: {NetworkText.Of(found.Topology!)}; every value is there and finite"
            : "Content:  not sound");
    }
}

/// <summary>The findings as data.</summary>
internal sealed record Verdict(string Path, long Size, string Md5, string Sha256, string? Published, string? Pretended, bool Sound, string? Problem)
{
    public static Verdict Of(WeightsVerification found) =>
        new(found.Path, found.Size, found.Md5, found.Sha256, found.Published?.Name, found.Pretended?.Name, found.Problem is null, found.Problem);
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Verdict))]
internal sealed partial class VerdictJson : JsonSerializerContext;
