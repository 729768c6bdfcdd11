using System.CommandLine;
using VggCuda.Cli.Hosting;
using VggCuda.Engine.Files;
using VggCuda.Hdf5Loader;
using VggCuda.Hdf5Loader.Files;

namespace VggCuda.Cli.Weights;

/// <summary><c>weights convert</c>: any layout that can be read to the published file's.</summary>
internal static class ConvertCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> input = WeightsCommand.FileArgument("IN");
        Argument<string> output = new("OUT") { Description = "The file to make." };
        Option<bool> overwrite = new("--overwrite") { Description = "Replace OUT where it is there." };
        Command command = new("convert", "Rewrite weights of any layout in the plain one: contiguous float32, named as in the published file.") { input, output, overwrite };
        host.Run(command, invocation =>
        {
            string from = WeightsCommand.Resolve(invocation, input);
            string to = invocation.Value(output)!;
            if (!string.IsNullOrWhiteSpace(to) && FilePaths.AreSame(from, to))
            {
                throw CommandException.Usage($"IN and OUT are the same file, '{to}'; give OUT another name.");
            }

            if (!string.IsNullOrWhiteSpace(to) && FilePaths.AreSame(ClassNames.PathBeside(from), to))
            {
                throw CommandException.Usage($"OUT would replace the names of IN's classes, '{to}'; give it another name.");
            }

            using KerasWeights weights = KerasWeights.Open(from, invocation.NetworkName);
            FileWriting.Write(invocation, weights, to, invocation.Value(overwrite));
            string names = ClassNames.PathBeside(from);
            if (File.Exists(names))
            {
                invocation.Note($"The class names are in {names}; copy them to {ClassNames.PathBeside(to)} to keep them.");
            }

            return ExitCode.Done;
        });
        return command;
    }
}
