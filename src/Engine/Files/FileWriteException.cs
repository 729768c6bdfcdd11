namespace VggCuda.Engine.Files;

/// <summary>The system did not let a file be written. The message names the file meant and the cause, and is fit to be shown to a user.</summary>
public sealed class FileWriteException : IOException
{
    internal FileWriteException(string path, string cause, Exception? inner)
        : base($"Cannot write '{path}': {cause}", inner)
    {
        Path = path;
        Cause = cause;
        HResult = inner?.HResult ?? HResult;
    }

    /// <summary>The file, as it was named.</summary>
    public string Path { get; }

    /// <summary>What was in the way: a sentence or two.</summary>
    public string Cause { get; }

    /// <summary>What the system's refusal means for a file; null for an exception that is none.</summary>
    /// <param name="target">The file meant.</param>
    /// <param name="e">What was thrown; where it is one of these already, it stays.</param>
    /// <param name="place">The path that was really written to, which means nothing to a user.</param>
    internal static FileWriteException? From(OutputTarget target, Exception e, string place) => e switch
    {
        FileWriteException own => own,
        UnauthorizedAccessException => new FileWriteException(target.Given, "access denied; choose another folder or change its permissions.", e),
        PathTooLongException => new FileWriteException(target.Given, "the name is too long.", e),
        DirectoryNotFoundException or FileNotFoundException when !target.IsDirect && !Directory.Exists(target.Folder) =>
            new FileWriteException(target.Given, $"the folder '{target.Folder}' has vanished.", e),
        FileNotFoundException when !target.IsDirect => new FileWriteException(target.Given, $"'{place}', in which it was kept until now, has vanished.", e),
        IOException io => new FileWriteException(target.Given, CauseOf(io, target, place), e),

        // What the runtime makes of EFBIG.
        ArgumentOutOfRangeException { ParamName: "value" } => new FileWriteException(target.Given, "the file would be larger than the system allows.", e),
        _ => null,
    };

    // The system's numbers. Linux: ENOSPC 28, EROFS 30, EDQUOT 122; Windows: ERROR_HANDLE_DISK_FULL 39, ERROR_DISK_FULL 112.
    private static string CauseOf(IOException e, OutputTarget target, string place)
    {
        string words = e.Message
            .Replace($" : '{place}'", "", StringComparison.Ordinal)
            .Replace(place, target.Given, StringComparison.Ordinal)
            .TrimEnd('.', ' ') + ".";
        string? known = (OperatingSystem.IsWindows() ? e.HResult & 0xFFFF : e.HResult) switch
        {
            28 when !OperatingSystem.IsWindows() => "the disk is full.",
            30 when !OperatingSystem.IsWindows() => "the file system is read-only.",
            122 when OperatingSystem.IsLinux() => "the disk quota is used up.",
            39 or 112 when OperatingSystem.IsWindows() => "the disk is full.",
            _ => null,
        };
        return known is null ? words : $"{known} The system says: {words}";
    }
}
