using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Rendering;
using VggCuda.Hdf5Loader.Files;
using VggCuda.Imaging;

namespace VggCuda.Cli.Hosting;

/// <summary>From an exception to what the user sees and the process returns: the one place where that is decided.</summary>
internal static class Failure
{
    private const int MostLines = 3;

    /// <summary>Writes the failure to stderr, one to three lines; the stack trace too where it is asked for.</summary>
    /// <returns>The exit code.</returns>
    public static int Report(Exception exception, Terminal terminal, bool verbose)
    {
        (int code, string message) = Describe(exception);
        string[] lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string text = string.Join(Environment.NewLine, lines.Take(MostLines).Select(TerminalText.Line));
        terminal.Error.WriteLine(code is ExitCode.Cancelled or ExitCode.Again ? text : $"vggcuda: {text}");
        if (verbose)
        {
            foreach (string line in exception.ToString().Split('\n').Select(l => l.TrimEnd('\r')))
            {
                terminal.Error.WriteLine(TerminalText.Line(line));
            }
        }

        return code;
    }

    /// <summary>The exit code and the message of an exception.</summary>
    public static (int Code, string Message) Describe(Exception exception) => exception switch
    {
        AggregateException { InnerExceptions.Count: 1 } one => Describe(one.InnerExceptions[0]),
        CommandException own => (own.Code, own.Message),
        // Their lines are the file's, not ours.
        PictureException picture => (ExitCode.File, picture.Message.ReplaceLineEndings(@"\n")),
        WeightsException weights => (ExitCode.File, weights.Message.ReplaceLineEndings(@"\n")),
        DeviceException device => (ExitCode.Device, device.Message),
        NumbersFailedException numbers => (ExitCode.Numbers, numbers.Message),
        OperationCanceledException => (ExitCode.Cancelled, "Cancelled; nothing was written."),
        PlanException plan => (ExitCode.Usage, plan.Message),
        ClassNameException name => (ExitCode.Usage, name.Message),
        UnauthorizedAccessException denied => (ExitCode.File, denied.Message),
        FileNotFoundException missing => (ExitCode.File, missing.Message),
        IOException io => (ExitCode.File, io.Message),
        OutOfMemoryException => (ExitCode.Device, "There is not enough memory for this. Take fewer pictures, a smaller --size, or see --dry-run."),
        _ => Fault(exception),
    };

    private static (int Code, string Message) Fault(Exception exception) =>
        (ExitCode.Internal, $"This is a fault in the program: {exception.GetType().Name}: {exception.Message}\nPlease report it with the output of the same command with --verbose.");
}
