using VggCuda.Cli;
using VggCuda.Cli.Hosting;

Terminal terminal = Terminal.OfProcess();
using Interruption interruption = new(terminal.Error);
try
{
    int code = CommandLine.Run(args, terminal, interruption.Token);
    terminal.Out.Flush();
    return code;
}
catch (IOException exception)
{
    // Standard output itself cannot be written: a full disk behind a redirection.
    return Failure.Report(exception, terminal, verbose: false);
}
