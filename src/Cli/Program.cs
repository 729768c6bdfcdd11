using VggCuda.Cli;
using VggCuda.Cli.Hosting;

Terminal terminal = Terminal.OfProcess();
using Interruption interruption = new(terminal);
return terminal.Finish(CommandLine.Run(args, terminal, interruption.Token));
