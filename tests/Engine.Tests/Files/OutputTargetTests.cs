using System.Net.Sockets;
using VggCuda.Engine.Files;

namespace VggCuda.Engine.Tests.Files;

/// <summary>What there can be in a file's place: links, devices, pipes, folders.</summary>
public class OutputTargetTests
{
    [Fact]
    public void What_lies_in_dev_shm_is_a_file_and_it_is_a_folder()
    {
        Assert.SkipUnless(Directory.Exists("/dev/shm"), "no /dev/shm here");
        using TestFolder folder = new("/dev/shm");
        folder.Put("a.txt", "an older and longer text"u8);
        using FileStream before = File.OpenRead(folder["a.txt"]);
        StagedFiles.Write(folder["a.txt"], "new"u8.ToArray());
        Assert.Equal("new", File.ReadAllText(folder["a.txt"]));
        Assert.Equal("an older and longer text", new StreamReader(before).ReadToEnd());
        Assert.Equal(["a.txt"], folder.Names);
        Assert.False(FilePaths.IsDevice(folder["a.txt"]));
        Assert.Contains("it is a folder", Refusal("/dev/shm"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_pipe_is_written_as_it_is_and_a_link_to_it_stays()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "POSIX pipes");
        using TestFolder folder = new();
        folder.MakePipe("pipe");
        File.CreateSymbolicLink(folder["link"], folder["pipe"]);
        using FileStream reader = new(folder["pipe"], FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, 0);
        foreach (string name in (string[])["pipe", "link"])
        {
            Assert.True(FilePaths.IsDevice(folder[name]));
            StagedFiles.Check(folder[name]);
            StagedFiles.Write(folder[name], "new"u8.ToArray());
            byte[] read = new byte[3];
            reader.ReadExactly(read);
            Assert.Equal("new"u8, read);
        }

        Assert.Equal(FileKind.Pipe, PosixFile.KindOf(folder["pipe"]));
        Assert.Equal(folder["pipe"], new FileInfo(folder["link"]).LinkTarget);
        Assert.Equal(["link", "pipe"], folder.Names);
    }

    [Fact]
    public void A_link_to_a_device_stays_and_so_does_the_device()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "POSIX devices");
        using TestFolder folder = new();
        File.CreateSymbolicLink(folder["out.png"], "/dev/null");
        StagedFiles.Write(folder["out.png"], new byte[10]);
        Assert.Equal("/dev/null", new FileInfo(folder["out.png"]).LinkTarget);
        Assert.Equal(FileKind.CharacterDevice, PosixFile.KindOf("/dev/null"));
        Assert.Equal(["out.png"], folder.Names);
    }

    [Fact]
    public void A_file_written_in_any_order_is_never_a_device()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "POSIX devices");
        using StagedFiles files = new();
        string message = Assert.Throws<IOException>(() => files.Stage("/dev/null", 10, write => write(new byte[10], 0))).Message;
        Assert.Contains("it is a pipe or a device", message, StringComparison.Ordinal);
        Assert.Equal(FileKind.CharacterDevice, PosixFile.KindOf("/dev/null"));
    }

    [Fact]
    public void A_disk_and_a_socket_are_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "POSIX devices");
        using TestFolder folder = new();
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(folder["socket"]));
        Assert.Contains("it is a socket", Refusal(folder["socket"]), StringComparison.Ordinal);
        string? disk = Directory.EnumerateFiles("/dev").FirstOrDefault(d => PosixFile.KindOf(d) == FileKind.BlockDevice);
        if (disk is not null)
        {
            Assert.Contains("it is a disk", Refusal(disk), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_open_descriptor_is_written_at_its_own_place()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "descriptors as paths");
        using TestFolder folder = new();
        folder.Put("a.txt", "old"u8);
        using FileStream open = new(folder["a.txt"], FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        string path = $"/proc/self/fd/{open.SafeFileHandle.DangerousGetHandle()}";
        Assert.True(FilePaths.IsDevice(path));
        StagedFiles.Write(path, "NEW"u8.ToArray());
        Assert.Equal("NEW", new StreamReader(open).ReadToEnd());
        Assert.Equal(["a.txt"], folder.Names);
    }

    [Fact]
    public void Links_are_followed_through_folders_and_upwards()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need rights there");
        using TestFolder folder = new();
        Directory.CreateDirectory(folder["deep/er"]);
        Directory.CreateSymbolicLink(folder["short"], "deep/er");
        File.CreateSymbolicLink(folder["deep/er/link.txt"], "../real.txt");
        StagedFiles.Write(folder["short/link.txt"], "new"u8.ToArray());
        Assert.Equal("new", File.ReadAllText(folder["deep/real.txt"]));
        StagedFiles.Write(folder["short/../second.txt"], "new"u8.ToArray());
        Assert.Equal("new", File.ReadAllText(folder["deep/second.txt"]));
        Assert.Equal(["deep", "short"], folder.Names);
    }

    [Fact]
    public void Links_in_a_circle_are_told()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need rights there");
        using TestFolder folder = new();
        File.CreateSymbolicLink(folder["a"], "b");
        File.CreateSymbolicLink(folder["b"], "a");
        Assert.Contains("lead in a circle", Refusal(folder["a"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_paths_of_one_file_are_the_same()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need rights there");
        using TestFolder folder = new();
        Directory.CreateDirectory(folder["sub"]);
        folder.Put("a.txt", "x"u8);
        folder.Put("b.txt", "x"u8);
        File.CreateSymbolicLink(folder["link"], "a.txt");
        Directory.CreateSymbolicLink(folder["folder"], "sub");
        Assert.True(FilePaths.AreSame(folder["a.txt"], folder["sub/.././a.txt"]));
        Assert.True(FilePaths.AreSame(folder["link"], folder["a.txt"]));
        Assert.True(FilePaths.AreSame(folder["folder/new"], folder["sub/new"]));
        Assert.False(FilePaths.AreSame(folder["a.txt"], folder["b.txt"]));
        Assert.False(FilePaths.AreSame(folder["folder/new"], folder["new"]));
        Assert.Equal(folder["sub/new"], FilePaths.Resolve(folder["folder/new"]));
        if (OperatingSystem.IsLinux())
        {
            folder.MakeHardLink("a.txt", "hard");
            Assert.True(FilePaths.AreSame(folder["hard"], folder["a.txt"]));
            Assert.True(FilePaths.IsStandardOutput("/dev/stdout") && FilePaths.IsStandardOutput("/proc/self/fd/1") && FilePaths.IsStandardOutput("/dev/fd/1"));
            Assert.False(FilePaths.IsStandardOutput("/dev/stderr") || FilePaths.IsStandardOutput("/dev/null") || FilePaths.IsStandardOutput("1"));
        }
    }

    private static string Refusal(string path) =>
        Assert.ThrowsAny<IOException>(() => StagedFiles.Write(path, new byte[100])).Message;
}
