namespace VggCuda.Hdf5Loader.Files;

/// <summary>Free space, asked before a long write starts.</summary>
public static class DiskSpace
{
    /// <summary>Free bytes of the file system that holds a folder, or null where the system does not tell.</summary>
    public static long? Free(string folder)
    {
        try
        {
            return new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Throws unless the bytes fit.</summary>
    /// <exception cref="IOException">They do not; the message says how much is missing.</exception>
    public static void Demand(string target, long bytes, long? free)
    {
        if (free is long have && have < bytes)
        {
            throw new IOException($"{target}: needs {Bytes(bytes)}, but only {Bytes(have)} are free there; free {Bytes(bytes - have)} or choose another place.");
        }
    }

    /// <summary>A size for people: "528.0 MiB", "36,920 bytes".</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        < 1 << 20 => FormattableString.Invariant($"{bytes:N0} bytes"),
        < 1L << 30 => FormattableString.Invariant($"{bytes / (double)(1 << 20):F1} MiB"),
        _ => FormattableString.Invariant($"{bytes / (double)(1L << 30):F2} GiB"),
    };
}
