using System.Collections.Concurrent;
using VggCuda.Cli.Hosting;

namespace VggCuda.Cli.Output;

/// <summary>The files of one run: checked before it starts, written beside, then renamed all together, so that none is ever half there.</summary>
internal sealed class OutputFiles : IDisposable
{
    private static readonly ConcurrentDictionary<string, bool> Unfinished = new();
    private readonly Dictionary<string, string> _planned = new(StringComparer.Ordinal);
    private readonly List<(string Part, string Target)> _staged = [];
    private readonly List<string> _written = [];
    private string? _created;

    /// <summary>Full paths of what has been written.</summary>
    public IReadOnlyList<string> Written => _written;

    /// <summary>Deletes what runs of this process have not finished writing; for a forced end.</summary>
    public static void DeleteUnfinished()
    {
        foreach (string part in Unfinished.Keys)
        {
            TryDelete(part);
        }
    }

    /// <summary>Makes the folder that a run fills; it goes again where the run writes nothing.</summary>
    /// <exception cref="CommandException">It cannot be made, or its parent does not exist.</exception>
    public void PlanFolder(string option, string folder)
    {
        string full = Path.GetFullPath(folder);
        if (Directory.Exists(full))
        {
            return;
        }

        if (File.Exists(full))
        {
            throw CommandException.File($"{option}: '{folder}' is a file, not a folder.");
        }

        string? parent = Path.GetDirectoryName(full);
        if (parent is not null && !Directory.Exists(parent))
        {
            throw CommandException.File($"{option}: the folder '{parent}' does not exist; make it first.");
        }

        try
        {
            Directory.CreateDirectory(full);
            _created = full;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CommandException.File($"{option}: the folder '{folder}' cannot be made: {exception.Message}", exception);
        }
    }

    /// <summary>Checks that a file can be written, without writing it.</summary>
    /// <param name="option">The option that names it, for messages.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="CommandException">Its folder is missing or not writable, it is a folder, or another option names it too.</exception>
    public void Plan(string option, string path)
    {
        if (string.IsNullOrWhiteSpace(path))
        {
            throw CommandException.Usage($"{option} needs a file name.");
        }

        string full = Resolve(path);
        if (!_planned.TryAdd(full, option))
        {
            throw CommandException.Usage($"{_planned[full]} and {option} name the same file, '{path}'.");
        }

        if (Directory.Exists(full))
        {
            throw CommandException.File($"{option}: '{path}' is a folder; give a file name.");
        }

        if (IsDevice(full))
        {
            return;
        }

        string folder = Path.GetDirectoryName(full)!;
        if (!Directory.Exists(folder))
        {
            throw CommandException.File($"{option}: the folder '{folder}' does not exist; make it first.");
        }

        try
        {
            if (File.Exists(full) && File.GetAttributes(full).HasFlag(FileAttributes.ReadOnly))
            {
                throw CommandException.File($"{option}: '{path}' is write-protected.");
            }

            using FileStream probe = new(PartOf(full), new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.DeleteOnClose });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CommandException.File($"{option}: nothing can be written into '{folder}': {exception.Message}", exception);
        }
    }

    /// <summary>Writes a file beside its place; <see cref="Commit"/> puts it there.</summary>
    /// <exception cref="CommandException">It cannot be written; nothing is left of it.</exception>
    public void Stage(string path, Action<Stream> write)
    {
        string full = Resolve(path);
        bool direct = IsDevice(full);
        string part = direct ? full : PartOf(full);
        try
        {
            if (!direct)
            {
                Unfinished[part] = true;
                _staged.Add((part, full));
            }

            using FileStream stream = new(part, direct ? FileMode.Open : FileMode.CreateNew, FileAccess.Write);
            write(stream);
            stream.Flush(flushToDisk: false);
            if (direct)
            {
                _written.Add(full);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CommandException.File($"'{path}' cannot be written: {WithoutPath(exception, part)}\nNothing was changed.", exception);
        }
        catch (ArgumentOutOfRangeException exception) when (exception.ParamName == "value")
        {
            // What .NET makes of EFBIG, a file beyond the limits of the user or the file system.
            throw CommandException.File($"'{path}' cannot be written: it would be larger than the system allows.\nNothing was changed.", exception);
        }
    }

    /// <inheritdoc cref="Stage(string, Action{Stream})"/>
    public void Stage(string path, byte[] bytes) => Stage(path, stream => stream.Write(bytes));

    /// <summary>Puts every staged file in its place.</summary>
    /// <exception cref="CommandException">One of them cannot be put there.</exception>
    public void Commit()
    {
        foreach ((string part, string target) in _staged)
        {
            try
            {
                File.Move(part, target, overwrite: true);
                Unfinished.TryRemove(part, out _);
                _written.Add(target);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw CommandException.File($"'{target}' cannot be written: {exception.Message}", exception);
            }
        }

        _staged.Clear();
        _created = null;
    }

    public void Dispose()
    {
        foreach ((string part, _) in _staged)
        {
            TryDelete(part);
            Unfinished.TryRemove(part, out _);
        }

        _staged.Clear();
        if (_created is not null && !Directory.EnumerateFileSystemEntries(_created).Any())
        {
            Directory.Delete(_created);
        }
    }

    // Renaming over a link would replace the link; what it points to is meant.
    private static string Resolve(string path)
    {
        string full = Path.GetFullPath(path);
        return IsDevice(full) || new FileInfo(full).LinkTarget is null ? full : File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
    }

    private static string PartOf(string full) =>
        Path.Combine(Path.GetDirectoryName(full)!, $".{Path.GetFileName(full)}.{Guid.NewGuid():N}.part");

    // A pipe or a device (/dev/stdout, a shell's /dev/fd/63) is written as it is: renaming over it would replace it.
    private static bool IsDevice(string full) =>
        full.StartsWith("/dev/", StringComparison.Ordinal) || full.StartsWith("/proc/", StringComparison.Ordinal);

    // The system's message ends in the name of the part, which means nothing to the user.
    private static string WithoutPath(Exception exception, string part) =>
        exception.Message.Replace($" : '{part}'", "", StringComparison.Ordinal).Replace($" '{part}'", "", StringComparison.Ordinal).TrimEnd('.', ' ') + ".";

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The failure that led here is the one to tell.
        }
    }
}
