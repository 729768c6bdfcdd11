using System.CommandLine;
using System.CommandLine.Invocation;
using VggCuda.Cli.Attribution;
using VggCuda.Cli.Commands;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Weights;

namespace VggCuda.Cli;

/// <summary>The program without its process: arguments in, text and an exit code out.</summary>
internal static class CommandLine
{
    /// <summary>The whole tree of commands.</summary>
    public static RootCommand Create(Terminal terminal)
    {
        GlobalOptions globals = new();
        RootCommand root = new("Draws the picture that most excites a class or a filter of a VGG network.");
        globals.AddTo(root);
        CommandHost host = new(terminal, globals);
        root.Subcommands.Add(RecipeCommand.Create(host));
        root.Subcommands.Add(SummaryCommand.Create(host));
        root.Subcommands.Add(ActivateCommand.Create(host));
        root.Subcommands.Add(PredictCommand.Create(host));
        root.Subcommands.Add(AttributeCommand.Create(host));
        root.Subcommands.Add(DevicesCommand.Create(host));
        root.Subcommands.Add(WeightsCommand.Create(host));
        return root;
    }

    /// <summary>Runs a command.</summary>
    /// <param name="arguments">As the shell gives them, without the program's name.</param>
    /// <param name="terminal">Where to write.</param>
    /// <param name="cancellation">Ends the command; what it has so far is kept.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static int Run(IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellation)
    {
        string? missing = arguments.FirstOrDefault(a => a.Length > 1 && a[0] == '@' && !File.Exists(a[1..]));
        if (missing is not null)
        {
            return Failure.Report(CommandException.File($"The response file '{missing[1..]}' does not exist."), terminal, verbose: false);
        }

        ParseResult result = Create(terminal).Parse(arguments);
        if (result.Action is ParseErrorAction)
        {
            return Failure.Report(UsageError.Of(result), terminal, verbose: false);
        }

        InvocationConfiguration configuration = new()
        {
            Output = terminal.Out,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            // Signals are Interruption's business, which knows a second Ctrl-C.
            ProcessTerminationTimeout = null,
        };
        return result.InvokeAsync(configuration, cancellation).GetAwaiter().GetResult();
    }
}
