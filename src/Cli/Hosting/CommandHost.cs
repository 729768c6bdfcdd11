using System.CommandLine;

namespace VggCuda.Cli.Hosting;

/// <summary>What commands are built with: the terminal, the global options, and how a body becomes an action.</summary>
/// <remarks>
/// A command is made by a static <c>Create(CommandHost)</c> that adds options and arguments, then calls <see cref="Run"/>
/// with its body. The body returns an <see cref="ExitCode"/>, or throws: <see cref="Failure"/> alone turns exceptions into
/// messages and codes. It writes through its <see cref="Invocation"/>, never to the console, so that tests run it in process.
/// </remarks>
internal sealed class CommandHost(Terminal terminal, GlobalOptions globals)
{
    public Terminal Terminal { get; } = terminal;

    public GlobalOptions Globals { get; } = globals;

    /// <summary>Files that arguments came from: no output may replace them.</summary>
    public IReadOnlyList<string> ResponseFiles { get; init; } = [];

    /// <summary>Gives a command its body.</summary>
    public void Run(Command command, Func<Invocation, int> body) =>
        command.SetAction((arguments, cancellation) => Task.Run(() => Guard(arguments, body, cancellation), CancellationToken.None));

    private int Guard(ParseResult arguments, Func<Invocation, int> body, CancellationToken cancellation)
    {
        Invocation invocation = new(arguments, Globals, Terminal, cancellation) { ResponseFiles = ResponseFiles };
        try
        {
            if (invocation is { Quiet: true, Verbose: true })
            {
                throw CommandException.Usage("--quiet and --verbose contradict each other.");
            }

            return body(invocation);
        }
#pragma warning disable CA1031 // The last place before the user: every failure becomes a message and a code here.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return Failure.Report(exception, Terminal, invocation is { Verbose: true, Quiet: false });
        }
    }
}
