using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VggCuda.Engine.Files;

/// <summary>What .NET does not offer of POSIX's files: their kind and identity, opening without following links, folders flushed to the disk.</summary>
/// <remarks>Kind and identity come from Linux's statx(2), whose structure is the same on every processor; elsewhere they are guessed from the path.</remarks>
internal static unsafe partial class PosixFile
{
    private const int CurrentFolder = -100;
    private const uint TypeAndInode = 0x101;
    private const int ReadWrite = 2;
    private const int LockShared = 1;
    private const int LockExclusively = 2;
    private const int LockWithoutWaiting = 4;
    private const int NoEntry = 2;
    private const int NameTooLong = 36;
    private const int TooManyLinks = 40;
    private const int TooManyLinksOfBsd = 62;
    private const string LinkInPlace = "there is a link in its place; remove it.";

    /// <summary>What there is under a path, links followed.</summary>
    /// <exception cref="PathTooLongException">No file can be called that.</exception>
    public static FileKind KindOf(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            bool device = path.StartsWith(OperatingSystem.IsWindows() ? @"\\.\" : "/dev/", StringComparison.Ordinal);
            return Directory.Exists(path) ? FileKind.Folder : !File.Exists(path) ? FileKind.Missing : device ? FileKind.CharacterDevice : FileKind.File;
        }

        if (!TryStat(path, out Status status))
        {
            return Marshal.GetLastPInvokeError() == NameTooLong ? throw new PathTooLongException() : FileKind.Missing;
        }

        // The type bits of st_mode.
        return (status.Mode & 0xF000) switch
        {
            0x1000 => FileKind.Pipe,
            0x2000 => FileKind.CharacterDevice,
            0x4000 => FileKind.Folder,
            0x6000 => FileKind.BlockDevice,
            0xC000 => FileKind.Socket,
            _ => FileKind.File,
        };
    }

    /// <summary>Device and inode of an existing file, or null where they are not to be had.</summary>
    public static (uint Major, uint Minor, ulong Inode)? IdentityOf(string path) =>
        OperatingSystem.IsLinux() && TryStat(path, out Status status) ? (status.DeviceMajor, status.DeviceMinor, status.Inode) : null;

    /// <summary>Opens an existing file itself, never what a link in its place points to, and locks it where it is written.</summary>
    /// <exception cref="IOException">It is missing, a link, no file, or (with the system's number in HResult) locked by another process.</exception>
    public static FileStream OpenUnfollowed(string path, FileAccess access)
    {
        bool write = access != FileAccess.Read;
        if (OperatingSystem.IsWindows())
        {
            return new FileInfo(path).LinkTarget is null
                ? new FileStream(path, FileMode.Open, access, write ? FileShare.None : FileShare.Read, 0)
                : throw new IOException(LinkInPlace);
        }

        int descriptor = Open(path, (write ? ReadWrite : 0) | CloseOnExec | NoFollow | WithoutWaiting);
        if (descriptor < 0)
        {
            throw LastError();
        }

        SafeFileHandle handle = new(descriptor, ownsHandle: true);
        if (KindOf(path) is not (FileKind.File or FileKind.Missing))
        {
            handle.Dispose();
            throw new IOException("what is there is no file; remove it.");
        }

        if (write && Lock(descriptor, LockExclusively | LockWithoutWaiting) != 0)
        {
            IOException error = LastError();
            handle.Dispose();
            throw error;
        }

        return new FileStream(handle, access, bufferSize: 0);
    }

    /// <summary>Lets others read a file that this process has locked for itself; it stays locked against being written.</summary>
    public static void ShareLock(SafeFileHandle file)
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = Lock((int)file.DangerousGetHandle(), LockShared | LockWithoutWaiting);
        }
    }

    /// <summary>Flushes a folder's entries to the disk, so that a renamed file keeps its name when the power fails. Does nothing where the system cannot.</summary>
    public static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        int descriptor = Open(folder, CloseOnExec);
        if (descriptor >= 0)
        {
            using SafeFileHandle handle = new(descriptor, ownsHandle: true);
            _ = Flush(descriptor);
        }
    }

    private static int CloseOnExec => OperatingSystem.IsLinux() ? 0x80000 : 0x1000000;

    // A pipe in a file's place is not waited for.
    private static int WithoutWaiting => OperatingSystem.IsLinux() ? 0x800 : 0x4;

    private static int NoFollow =>
        !OperatingSystem.IsLinux() ? 0x100
        : RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64 or Architecture.Armv6 or Architecture.Ppc64le ? 0x8000
        : 0x20000;

    private static bool TryStat(string path, out Status status)
    {
        fixed (Status* s = &status)
        {
            return Stat(CurrentFolder, path, 0, TypeAndInode, s) == 0;
        }
    }

    private static IOException LastError()
    {
        int number = Marshal.GetLastPInvokeError();
        string words = new Win32Exception(number).Message;
        return number == NoEntry ? new FileNotFoundException(words)
            : new IOException(number == (OperatingSystem.IsLinux() ? TooManyLinks : TooManyLinksOfBsd) ? LinkInPlace : words, number);
    }

    /// <summary>The part of <c>struct statx</c> that is read here.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Status
    {
        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Stat(int folder, string path, int flags, uint mask, Status* status);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Lock(int descriptor, int operation);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Flush(int descriptor);
}
