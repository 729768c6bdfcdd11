namespace VggCuda.Cli.Hosting;

/// <summary>A failure with the message to show and the code to exit with, thrown by commands.</summary>
/// <remarks>One to three lines; names what was wrong, what was expected, what to do.</remarks>
internal sealed class CommandException : Exception
{
    private CommandException(int exitCode, string message, Exception? inner)
        : base(message, inner) => Code = exitCode;

    /// <summary>One of <see cref="ExitCode"/>.</summary>
    public int Code { get; }

    /// <summary>An option, a value or a combination that cannot be.</summary>
    public static CommandException Usage(string message) => new(ExitCode.Usage, message, null);

    /// <summary>A file that cannot be read or written, or is not what it should be.</summary>
    public static CommandException File(string message, Exception? inner = null) => new(ExitCode.File, message, inner);

    /// <summary>A device that cannot be used.</summary>
    public static CommandException Device(string message, Exception? inner = null) => new(ExitCode.Device, message, inner);

    /// <summary>Units of a sweep have no picture, or a picture is not what it should be.</summary>
    public static CommandException Incomplete(string message) => new(ExitCode.Incomplete, message, null);

    /// <summary>Another run has what this one asks for.</summary>
    public static CommandException Claimed(string message) => new(ExitCode.Claimed, message, null);

    /// <summary>Ended by a signal, to be started again.</summary>
    public static CommandException Again(string message) => new(ExitCode.Again, message, null);

    /// <summary>Ended by the user, with more to say than that.</summary>
    public static CommandException Cancelled(string message) => new(ExitCode.Cancelled, message, null);
}
