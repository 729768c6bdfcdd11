using System.CommandLine;
using VggCuda.Cli.Hosting;

namespace VggCuda.Cli.Shells;

/// <summary><c>completions</c>: the script that makes a shell complete this program's command line.</summary>
internal static class CompletionsCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> shell = new("SHELL") { Description = $"One of {string.Join(", ", ShellScripts.Names)}." };
        shell.CompletionSources.Add([.. ShellScripts.Names]);
        Command command = new("completions", "Print a script that lets a shell complete commands, options, classes and files.") { shell };
        host.Run(command, invocation =>
        {
            string name = invocation.Value(shell)!;
            string script = ShellScripts.Find(name)
                ?? throw CommandException.Usage($"SHELL '{name}' is unknown; it may be {string.Join(", ", ShellScripts.Names)}.");
            invocation.Terminal.Out.Write(script);
            return ExitCode.Done;
        });
        return command;
    }
}
