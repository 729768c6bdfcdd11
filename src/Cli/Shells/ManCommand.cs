using System.CommandLine;
using VggCuda.Cli.Hosting;

namespace VggCuda.Cli.Shells;

/// <summary><c>man</c>: the manual page.</summary>
internal static class ManCommand
{
    public static Command Create(CommandHost host)
    {
        Command command = new("man", "Print the manual page: 'vggcuda man | man -l -' shows it.");
        host.Run(command, invocation =>
        {
            invocation.Terminal.Out.Write(ManualPage.Of(invocation.Arguments.RootCommandResult.Command, Software.Version));
            return ExitCode.Done;
        });
        return command;
    }
}
