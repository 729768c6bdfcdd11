using System.CommandLine;
using VggCuda.Cli.Hosting;
using VggCuda.Engine.Files;
using VggCuda.Hdf5Loader.Files;

namespace VggCuda.Cli.Weights;

/// <summary><c>weights</c>: everything about weight files.</summary>
internal static class WeightsCommand
{
    /// <summary>The command with its subcommands.</summary>
    /// <param name="host">What commands are built with.</param>
    /// <param name="published">The published files; tests give their own.</param>
    public static Command Create(CommandHost host, IReadOnlyList<PublishedWeights>? published = null)
    {
        published ??= PublishedWeights.All;
        Command command = new("weights", "Fetch, look into, check, make and convert weight files.");
        command.Subcommands.Add(FetchCommand.Create(host, published));
        command.Subcommands.Add(InfoCommand.Create(host, published));
        command.Subcommands.Add(VerifyCommand.Create(host, published));
        command.Subcommands.Add(SynthCommand.Create(host));
        command.Subcommands.Add(ConvertCommand.Create(host));
        return command;
    }

    /// <summary>The caches as this invocation's environment has them.</summary>
    public static WeightsFolders Folders(Invocation invocation) => WeightsFolders.Find(invocation.Terminal.Variable, invocation.Terminal.Home);

    /// <summary>An argument that names a weights file to read.</summary>
    public static Argument<string> FileArgument(string name = "FILE") => new(name)
    {
        Description = "A Keras weights file, or imagenet or imagenet-notop for the fetched one.",
    };

    /// <summary>The path of a weights file to read.</summary>
    public static string Resolve(Invocation invocation, Argument<string> argument)
    {
        string text = invocation.Value(argument)!;
        if (string.IsNullOrWhiteSpace(text))
        {
            throw CommandException.Usage($"{argument.Name} needs a file name.");
        }

        bool named = !File.Exists(text) && PublishedWeights.Named(text) is not null;
        return named || FilePaths.IsDevice(text) ? WeightsFiles.Find(text, Folders(invocation)).Path! : text;
    }
}
