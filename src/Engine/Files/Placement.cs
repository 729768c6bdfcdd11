namespace VggCuda.Engine.Files;

/// <summary>A finished file takes its place: flushed to the disk, with the permissions of the file that it replaces, renamed.</summary>
internal static class Placement
{
    private const UnixFileMode Permissions = (UnixFileMode)0b111_111_111;

    /// <summary>The permissions of an existing file, or null where there is none or the system has none.</summary>
    public static UnixFileMode? ModeOf(string target) =>
        OperatingSystem.IsWindows() || !File.Exists(target) ? null : File.GetUnixFileMode(target) & Permissions;

    /// <summary>Flushes what was written, lets it be read, and gives it the permissions that its predecessor has, where there is one.</summary>
    public static void Finish(FileStream file, string target)
    {
        file.Flush(flushToDisk: true);
        // It may be read as soon as it has its name.
        PosixFile.ShareLock(file.SafeFileHandle);
        if (!OperatingSystem.IsWindows() && ModeOf(target) is UnixFileMode mode)
        {
            try
            {
                File.SetUnixFileMode(file.SafeFileHandle, mode);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A file system without permissions.
            }
        }
    }

    /// <summary>Renames a part.</summary>
    /// <param name="part">The finished file.</param>
    /// <param name="target">Its place.</param>
    /// <param name="replace">Whether a file may be there.</param>
    /// <param name="old">Where the file that is there is kept, under a second name; null to keep none.</param>
    /// <returns>Whether one was kept.</returns>
    public static bool Move(string part, string target, bool replace, string? old = null)
    {
        if (old is null || !File.Exists(target))
        {
            File.Move(part, target, replace);
            return false;
        }

        File.Replace(part, target, old);
        return true;
    }
}
