namespace VggCuda.Engine.Files;

/// <summary>Files that are written beside their places and put there together: all of them or none, and none is ever half there.</summary>
/// <remarks>
/// <para>A part is called <c>.NAME.PID-COUNT.part</c>, in the folder of the file itself: a link in the path is followed and stays a link.
/// It is created exclusively, locked, flushed to the disk, and gets the permissions of the file that it replaces. Parts that runs which no
/// longer live left of the same file are removed when it is written again.</para>
/// <para>A pipe, a device or an open descriptor is written as it is, while it is staged; a disk and a socket are refused.</para>
/// <para>An instance is used by one thread at a time.</para>
/// </remarks>
public sealed class StagedFiles : IDisposable
{
    private readonly List<StagedPart> _parts = [];

    /// <summary>Whether what dead runs left of a file is removed when it is written again. It takes a look through the file's whole folder: who writes thousands of files into one calls <see cref="Sweep"/> once instead.</summary>
    public bool SweepsParts { get; init; } = true;

    /// <summary>Writes one file.</summary>
    /// <inheritdoc cref="Stage(string, Action{Stream}, bool)"/>
    public static void Write(string path, Action<Stream> write)
    {
        using StagedFiles files = new();
        files.Stage(path, write);
        files.Commit();
    }

    /// <summary>Writes one file of the given bytes.</summary>
    /// <inheritdoc cref="Write(string, Action{Stream})"/>
    public static void Write(string path, ReadOnlyMemory<byte> bytes) => Write(path, stream => stream.Write(bytes.Span));

    /// <summary>Checks that a file could be written, and leaves everything as it is.</summary>
    /// <inheritdoc cref="Stage(string, Action{Stream}, bool)"/>
    public static void Check(string path, bool replace = true)
    {
        OutputTarget target = OutputTarget.Of(path);
        if (!target.IsDirect)
        {
            StagedPart.Create(target, replace).Dispose();
        }
    }

    /// <summary>Removes from a folder the parts of all files that runs left behind which no longer live.</summary>
    public static void Sweep(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        PartNames.SweepAll(folder);
    }

    /// <summary>Deletes what this process has staged and not committed; for an end at once.</summary>
    public static void DeleteUnfinished() => PartNames.DeleteLive();

    /// <summary>Writes a file beside its place; <see cref="Commit"/> puts it there.</summary>
    /// <param name="path">The file. Its folder must exist.</param>
    /// <param name="write">Writes the content. Whatever it throws leaves this method as it is.</param>
    /// <param name="replace">Whether a file of that name may be replaced.</param>
    /// <exception cref="FileWriteException">The folder is not writable, the disk is full. Nothing is left of the file.</exception>
    /// <exception cref="DirectoryNotFoundException">The folder is missing.</exception>
    /// <exception cref="IOException">The path is a folder, a disk or a socket; a file of that name is write-protected, or there and not to be replaced.</exception>
    public void Stage(string path, Action<Stream> write, bool replace = true)
    {
        ArgumentNullException.ThrowIfNull(write);
        OutputTarget target = OutputTarget.Of(path);
        if (target.IsDirect)
        {
            WriteDirectly(target, write);
            return;
        }

        Add(StagedPart.Create(target, replace, sweeps: SweepsParts), part => part.Write(write));
    }

    /// <summary>Writes a file of the given bytes beside its place.</summary>
    /// <inheritdoc cref="Stage(string, Action{Stream}, bool)"/>
    public void Stage(string path, ReadOnlyMemory<byte> bytes, bool replace = true) => Stage(path, stream => stream.Write(bytes.Span), replace);

    /// <summary>Writes a file of a known length in any order, its space allocated before the first byte.</summary>
    /// <param name="path">The file; no pipe and no device.</param>
    /// <param name="length">Its length, bytes.</param>
    /// <param name="write">Writes the content, from several threads if it likes; what it does not write is 0.</param>
    /// <param name="replace">Whether a file of that name may be replaced.</param>
    /// <inheritdoc cref="Stage(string, Action{Stream}, bool)"/>
    public void Stage(string path, long length, Action<WriteAt> write, bool replace = true)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentNullException.ThrowIfNull(write);
        OutputTarget target = OutputTarget.Of(path);
        if (target.IsDirect)
        {
            throw new IOException($"Cannot write '{path}': it is a pipe or a device, and the file is not written from its beginning to its end; give a file name.");
        }

        Add(StagedPart.Create(target, replace, length, SweepsParts), part => part.Write(length, write));
    }

    /// <summary>Puts every staged file in its place, in the order in which they were staged; where one cannot be put there, the others are put back as they were.</summary>
    /// <remarks>
    /// A process that is killed between two renames leaves the first files new and the others old, each of them whole: stage last the one that
    /// says what belongs together. The files replaced are kept as <c>.NAME.PID-COUNT.old</c> until all are in their places.
    /// </remarks>
    /// <exception cref="IOException">One of them cannot be put there: <see cref="FileWriteException"/>, or a file has appeared that may not be replaced.</exception>
    public void Commit()
    {
        try
        {
            // The last one needs no way back.
            foreach (StagedPart part in _parts)
            {
                part.Place(keepOld: part != _parts[^1]);
            }
        }
        catch (IOException e)
        {
            string[] left = [.. Enumerable.Reverse(_parts).Select(p => p.PutBack()).OfType<string>()];
            if (_parts.Count == 1 || e is not FileWriteException failure)
            {
                throw;
            }

            string rest = left.Length == 0 ? "Every file is as it was." : string.Join(' ', left);
            throw new FileWriteException(failure.Path, $"{failure.Cause} {rest}", failure.InnerException);
        }

        foreach (string folder in _parts.Select(p => p.Target.Folder).Distinct())
        {
            PosixFile.FlushFolder(folder);
        }

        Dispose();
    }

    /// <summary>Removes what was staged and not committed.</summary>
    public void Dispose()
    {
        _parts.ForEach(p => p.Dispose());
        _parts.Clear();
    }

    private void Add(StagedPart part, Action<StagedPart> write)
    {
        try
        {
            if (_parts.Any(p => p.Target.Path == part.Target.Path))
            {
                throw new ArgumentException($"'{part.Target.Given}' is staged twice.");
            }

            write(part);
            _parts.Add(part);
        }
        catch
        {
            part.Dispose();
            throw;
        }
    }

    private static void WriteDirectly(OutputTarget target, Action<Stream> write)
    {
        FileStream? file = null;
        try
        {
            file = new FileStream(target.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        }
        catch (Exception e) when (FileWriteException.From(target, e, target.Path) is { } better)
        {
            throw better;
        }

        using (file)
        {
            BufferedStream buffered = new(new ReportingStream(file, target));
            write(buffered);
            buffered.Flush();
        }
    }
}
