using VggCuda.Cli.Hosting;
using VggCuda.Engine.Files;
using VggCuda.Engine.Hashing;
using VggCuda.Hdf5Loader.Files;

namespace VggCuda.Cli.Output;

/// <summary>The outputs of one run: checked before it starts, never one of its inputs, put in their places all together.</summary>
internal sealed class Outputs(Invocation invocation) : IDisposable
{
    private readonly List<(string Option, string Path)> _inputs = [.. invocation.ResponseFiles.Select(f => ("@", f))];
    private readonly List<(string Option, string Path)> _planned = [];
    private readonly StagedFiles _files = new();
    private IDisposable? _keeping;
    private string? _created;
    private string? _standardOutputOption;
    private MemoryStream? _standardOutput;

    /// <summary>Whether an output goes to standard output: <c>-</c>, or <c>/dev/stdout</c> by any of its names.</summary>
    public static bool IsStandardOutput(string path) => path == "-" || (!string.IsNullOrWhiteSpace(path) && FilePaths.IsStandardOutput(path));

    /// <summary>Whether an output is an ordinary file, with a name that means something and a folder that others can lie in.</summary>
    public static bool IsFile(string path) => !IsStandardOutput(path) && (string.IsNullOrWhiteSpace(path) || !FilePaths.IsDevice(path));

    /// <summary>What an output is called in messages.</summary>
    public static string NameOf(string path) => IsStandardOutput(path) ? "standard output" : path;

    /// <summary>Names a file that the run reads, so that no output replaces it.</summary>
    /// <param name="option">The option that names it, for messages.</param>
    /// <param name="path">The file; null for none.</param>
    public void Protect(string option, string? path)
    {
        if (!string.IsNullOrWhiteSpace(path))
        {
            _inputs.Add((option, path));
        }
    }

    /// <summary>Names the weights, and the names of the classes beside them.</summary>
    /// <param name="path">The file; null for the bundled model.</param>
    public void ProtectWeights(string? path)
    {
        Protect("--weights", path);
        Protect("--weights", path is null ? null : ClassNames.PathBeside(path));
    }

    /// <summary>Whether a file that was not planned could be written too: the run neither reads nor writes it, and its name and folder allow it.</summary>
    public bool CanTake(string path)
    {
        try
        {
            if (_inputs.Concat(_planned).Any(other => FilePaths.AreSame(other.Path, path)))
            {
                return false;
            }

            StagedFiles.Check(path);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>From now on until the end the run has something that a first signal must not lose.</summary>
    public void Keep() => _keeping ??= invocation.Terminal.Keeping.Begin();

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

    /// <summary>Checks that an output can be written, without writing it.</summary>
    /// <param name="option">The option that names it, for messages.</param>
    /// <param name="path">The file, or <c>-</c>.</param>
    /// <exception cref="CommandException">Its folder is missing or not writable, it is a folder, another option names it too, or the run reads it.</exception>
    public void Plan(string option, string path)
    {
        if (string.IsNullOrWhiteSpace(path))
        {
            throw CommandException.Usage($"{option} needs a file name.");
        }

        if (IsStandardOutput(path))
        {
            if (_standardOutputOption is not null)
            {
                throw CommandException.Usage($"{_standardOutputOption} and {option} both name standard output, which takes one file.");
            }

            _standardOutputOption = option;
            invocation.LeaveOutput();
            return;
        }

        try
        {
            if (_planned.FirstOrDefault(p => FilePaths.AreSame(p.Path, path)).Option is { } other)
            {
                throw CommandException.Usage($"{other} and {option} name the same file, '{path}'.");
            }

            if (_inputs.FirstOrDefault(i => FilePaths.AreSame(i.Path, path)) is { Option: { } input } found)
            {
                throw CommandException.Usage($"{option} would replace the file that {(input == "@" ? $"the arguments come from, '{found.Path}'" : $"{input} reads{(found.Path == path ? "" : $" as '{found.Path}'")}, '{path}'")}; give it another name.");
            }

            StagedFiles.Check(path);
        }
        catch (IOException exception)
        {
            throw CommandException.File($"{option}: {exception.Message}", exception);
        }

        _planned.Add((option, path));
    }

    /// <summary>Writes a file beside its place; <see cref="Commit"/> puts it there. What goes to standard output waits for that too.</summary>
    /// <returns>SHA-256 of the content, lower-case hex.</returns>
    /// <exception cref="CommandException">It cannot be written; nothing is left of it.</exception>
    public string Stage(string path, Action<Stream> write)
    {
        using ContentHash hash = ContentHash.Sha256();
        if (IsStandardOutput(path))
        {
            _standardOutput = new MemoryStream();
            WriteHashed(_standardOutput);
        }
        else
        {
            try
            {
                // A pipe may have no reader, and then a signal ends the wait.
                using IDisposable? waiting = IsFile(path) ? null : invocation.Terminal.Keeping.Suspend();
                _files.Stage(path, WriteHashed);
            }
            catch (IOException exception)
            {
                string message = exception is FileWriteException failure ? $"'{path}' cannot be written: {failure.Cause}" : exception.Message;
                throw CommandException.File($"{message}\nNothing was changed.", exception);
            }
        }

        return hash.Finish();

        void WriteHashed(Stream stream)
        {
            using HashedStream both = new(stream, hash);
            write(both);
        }
    }

    /// <inheritdoc cref="Stage(string, Action{Stream})"/>
    public string Stage(string path, byte[] bytes) => Stage(path, stream => stream.Write(bytes));

    /// <summary>Puts every staged file in its place, in the order in which they were staged.</summary>
    /// <exception cref="CommandException">One of them cannot be put there; the others are as they were.</exception>
    public void Commit()
    {
        try
        {
            if (_standardOutput is not null)
            {
                using IDisposable waiting = invocation.Terminal.Keeping.Suspend();
                using Stream output = invocation.Terminal.OpenOutput();
                _standardOutput.WriteTo(output);
                output.Flush();
            }

            _files.Commit();
            _created = null;
            invocation.Terminal.AreFilesWritten = true;
        }
        catch (FileWriteException exception)
        {
            throw CommandException.File($"'{exception.Path}' cannot be written: {exception.Cause}", exception);
        }
        catch (IOException exception) when (_standardOutput is not null)
        {
            throw CommandException.File($"Standard output cannot be written: {exception.Message}\nNothing else was changed.", exception);
        }
    }

    public void Dispose()
    {
        _files.Dispose();
        _standardOutput?.Dispose();
        _keeping?.Dispose();
        try
        {
            if (_created is not null && !Directory.EnumerateFileSystemEntries(_created).Any())
            {
                Directory.Delete(_created);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The failure that led here is the one to tell.
        }
    }
}
