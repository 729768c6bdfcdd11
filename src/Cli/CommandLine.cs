using System.CommandLine;
using System.CommandLine.Invocation;
using VggCuda.Cli.Attribution;
using VggCuda.Cli.Commands;
using VggCuda.Cli.Examples;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Reports;
using VggCuda.Cli.Shells;
using VggCuda.Cli.Sweeps;
using VggCuda.Cli.Verdicts;
using VggCuda.Cli.Weights;

namespace VggCuda.Cli;

/// <summary>The program without its process: arguments in, text and an exit code out.</summary>
internal static class CommandLine
{
    /// <summary>The whole tree of commands.</summary>
    /// <param name="terminal">Where to write.</param>
    /// <param name="responseFiles">Files that arguments came from.</param>
    public static RootCommand Create(Terminal terminal, IReadOnlyList<string>? responseFiles = null)
    {
        GlobalOptions globals = new();
        RootCommand root = new("Draws the picture that most excites a class or a filter of a VGG network.");
        globals.AddTo(root);
        CommandHost host = new(terminal, globals) { ResponseFiles = responseFiles ?? [] };
        root.Subcommands.Add(RecipeCommand.Create(host));
        root.Subcommands.Add(SummaryCommand.Create(host));
        root.Subcommands.Add(ActivateCommand.Create(host));
        root.Subcommands.Add(PresetsCommand.Create(host));
        root.Subcommands.Add(SpectrumCommand.Create(host));
        root.Subcommands.Add(PredictCommand.Create(host));
        root.Subcommands.Add(AttributeCommand.Create(host));
        root.Subcommands.Add(SweepCommand.Create(host));
        root.Subcommands.Add(SweepWorker.Create(host));
        root.Subcommands.Add(ReportCommand.Create(host));
        root.Subcommands.Add(ExamplesCommand.Create(host));
        root.Subcommands.Add(StatisticsCommand.Create(host));
        root.Subcommands.Add(Commands.VerifyCommand.Create(host));
        root.Subcommands.Add(RerunCommand.Create(host));
        root.Subcommands.Add(DevicesCommand.Create(host));
        root.Subcommands.Add(WeightsCommand.Create(host));
        root.Subcommands.Add(CompletionsCommand.Create(host));
        root.Subcommands.Add(CompleteCommand.Create(host));
        root.Subcommands.Add(ManCommand.Create(host));
        return root;
    }

    /// <summary>Runs a command.</summary>
    /// <param name="arguments">As the shell gives them, without the program's name.</param>
    /// <param name="terminal">Where to write.</param>
    /// <param name="cancellation">Ends the command; what it has so far is kept.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static int Run(IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellation)
    {
        ResponseFiles expanded;
        try
        {
            expanded = ResponseFiles.Expand(arguments);
        }
        catch (CommandException exception)
        {
            return Failure.Report(exception, terminal, verbose: false);
        }

        // Response files are ours: the parser's own reader follows one that names itself until the stack is full.
        ParseResult result = Create(terminal, expanded.Files).Parse(expanded.Arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
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
