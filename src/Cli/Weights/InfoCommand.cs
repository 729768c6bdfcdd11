using System.CommandLine;
using VggCuda.Cli.Hosting;
using VggCuda.Hdf5Loader;
using VggCuda.Hdf5Loader.Files;

namespace VggCuda.Cli.Weights;

/// <summary><c>weights info</c>: what a file is and holds. Reads its structure, not its values.</summary>
internal static class InfoCommand
{
    public static Command Create(CommandHost host, IReadOnlyList<PublishedWeights> published)
    {
        Argument<string> file = WeightsCommand.FileArgument();
        Option<bool> json = new("--json") { Description = "As JSON." };
        Command command = new("info", "Say what a weights file is: layout, writer, layers, shapes, number format, compression, classes, uses.") { file, json };
        host.Run(command, invocation =>
        {
            FileInformation information = FileInformation.Of(KerasWeights.Inspect(WeightsCommand.Resolve(invocation, file), invocation.NetworkName), published);
            if (invocation.Value(json))
            {
                invocation.Result(information, FileInformationJson.Default.FileInformation);
            }
            else
            {
                foreach (string line in InformationText.Lines(information))
                {
                    invocation.Result(line);
                }
            }

            return ExitCode.Done;
        });
        return command;
    }
}
