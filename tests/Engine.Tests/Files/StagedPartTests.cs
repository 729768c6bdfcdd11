using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using VggCuda.Engine.Files;

namespace VggCuda.Engine.Tests.Files;

/// <summary>Parts: their names, who may read them, what becomes of those of dead runs, disks that take no more.</summary>
public partial class StagedPartTests
{
    [Fact]
    public void A_part_says_whose_it_is_and_goes()
    {
        using TestFolder folder = new();
        string[] during = [];
        StagedFiles.Write(folder["a.txt"], _ => during = folder.Names);
        Assert.Matches($@"^\.a\.txt\.{Environment.ProcessId}-\d+\.part$", Assert.Single(during));
        Assert.Equal(["a.txt"], folder.Names);
    }

    [Theory]
    [InlineData("n", 255)]
    [InlineData("ü", 127)]
    [InlineData("\U0001F426", 63)]
    public void Every_legal_name_can_be_written(string letter, int times)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "names of 255 bytes");
        using TestFolder folder = new();
        string name = string.Concat(Enumerable.Repeat(letter, times));
        string[] during = [];
        StagedFiles.Write(folder[name], _ => during = folder.Names);
        Assert.InRange(Encoding.UTF8.GetByteCount(Assert.Single(during)), 1, 143);
        Assert.Equal([name], folder.Names);
    }

    [Fact]
    public void Long_names_with_the_same_beginning_have_parts_of_their_own()
    {
        string[] names = [.. Enumerable.Range(0, 10).Select(i => PartNames.Shorten(new string('n', 200) + i, 100))];
        Assert.Equal(10, names.Distinct().Count());
        Assert.All(names, n => Assert.Equal(100, n.Length));
        Assert.Equal("short.png", PartNames.Shorten("short.png", 100));
    }

    [Fact]
    public void A_planted_link_is_not_followed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need rights there");
        using TestFolder folder = new();
        folder.Put("victim", "mine"u8);
        string next = PartNames.Next(folder["a.txt"], PartNames.Part);
        PartNames.Release(next);
        int count = int.Parse(next.Split('-')[^1].Split('.')[0], CultureInfo.InvariantCulture);
        for (int i = 1; i <= 60; i++)
        {
            File.CreateSymbolicLink(folder[$".a.txt.{Environment.ProcessId}-{count + i}.part"], "victim");
        }

        StagedFiles.Write(folder["a.txt"], "new"u8.ToArray());
        Assert.Equal("new", File.ReadAllText(folder["a.txt"]));
        Assert.Equal("mine", File.ReadAllText(folder["victim"]));
        Assert.Null(new FileInfo(folder["a.txt"]).LinkTarget);
    }

    [Fact]
    public void Parts_of_dead_runs_are_swept_and_those_of_live_ones_are_not()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "sleep(1)");
        using TestFolder folder = new();
        using Process live = Process.Start("sleep", "60");
        int dead;
        using (Process gone = Process.Start("true"))
        {
            gone.WaitForExit();
            dead = gone.Id;
        }

        // A number that this process has not reached: a container's earlier process with the same number.
        string mine = $".a.txt.{Environment.ProcessId}-4000000000.part";
        string[] swept = [$".a.txt.{dead}-1.part", $".a.txt.{dead}-2.old", mine];
        string[] stay =
        [
            $".a.txt.{live.Id}-1.part", $".a.txt.{dead}-3.part", $".b.txt.{dead}-1.part", $".a.txt.{dead}.part", $".a.txt.x-1.part",
            $"a.txt.{dead}-1.part", ".a.txt.part",
        ];
        foreach (string name in swept.Concat(stay))
        {
            folder.Put(name, "part"u8);
        }

        try
        {
            // Another machine's process on a shared disk: not alive here, but it holds its part.
            using FileStream locked = new(folder[$".a.txt.{dead}-3.part"], FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            StagedFiles.Write(folder["a.txt"], "new"u8.ToArray());
        }
        finally
        {
            live.Kill();
        }

        Assert.Equal([.. stay.Append("a.txt").Order(StringComparer.Ordinal)], folder.Names);
    }

    [Fact]
    public void The_permissions_of_the_file_before_are_kept_and_a_new_file_has_the_ordinary_ones()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "POSIX permissions");
        using TestFolder folder = new();
        folder.Put("ordinary", []);
        folder.Put("private", "secret"u8);
        folder.Put("open", []);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder["private"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.SetUnixFileMode(folder["open"], (UnixFileMode)0b110_110_110);
            UnixFileMode during = UnixFileMode.None;
            StagedFiles.Write(folder["private"], _ => during = new FileInfo(Directory.GetFiles(folder.Path, ".private.*").Single()).UnixFileMode);
            StagedFiles.Write(folder["open"], new byte[3]);
            StagedFiles.Write(folder["new"], new byte[3]);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, during);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder["private"]));
            Assert.Equal((UnixFileMode)0b110_110_110, File.GetUnixFileMode(folder["open"]));
            Assert.Equal(File.GetUnixFileMode(folder["ordinary"]), File.GetUnixFileMode(folder["new"]));
        }
    }

    [Fact]
    public void A_write_protected_file_stays()
    {
        using TestFolder folder = new();
        folder.Put("a.txt", "old"u8);
        File.SetAttributes(folder["a.txt"], FileAttributes.ReadOnly);
        Assert.Contains("write-protected", Assert.Throws<IOException>(() => StagedFiles.Write(folder["a.txt"], new byte[3])).Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(folder["a.txt"]));
        File.SetAttributes(folder["a.txt"], FileAttributes.Normal);
    }

    [Fact]
    public void A_full_disk_leaves_the_old_file_and_nothing_else()
    {
        using TestFolder folder = new();
        using Mounted disk = Mounted.Small(folder);
        folder.Put("disk/a.txt", "old"u8);
        FileWriteException e = Assert.Throws<FileWriteException>(() => StagedFiles.Write(folder["disk/a.txt"], new byte[100_000]));
        Assert.StartsWith($"Cannot write '{folder["disk/a.txt"]}': the disk is full.", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(".part", e.Message, StringComparison.Ordinal);
        using StagedFiles files = new();
        e = Assert.Throws<FileWriteException>(() => files.Stage(folder["disk/b.bin"], 100_000, _ => Assert.Fail("there was no room for it")));
        Assert.Contains("disk was full", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(".part", e.Message, StringComparison.Ordinal);
        Assert.Equal(["a.txt"], Directory.GetFileSystemEntries(folder["disk"]).Select(p => Path.GetFileName(p)));
        Assert.Equal("old", File.ReadAllText(folder["disk/a.txt"]));
    }

    [Fact]
    public void A_read_only_disk_is_told()
    {
        using TestFolder folder = new();
        using Mounted disk = Mounted.Small(folder);
        folder.Put("disk/a.txt", "old"u8);
        disk.MakeReadOnly();
        FileWriteException e = Assert.Throws<FileWriteException>(() => StagedFiles.Check(folder["disk/a.txt"]));
        Assert.Contains("read-only", e.Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(folder["disk/a.txt"]));
    }

    [Fact]
    public void A_folder_that_vanishes_is_told()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "a folder of open files stays there");
        using TestFolder folder = new();
        Directory.CreateDirectory(folder["sub"]);
        FileWriteException e = Assert.Throws<FileWriteException>(() => StagedFiles.Write(folder["sub/a.txt"], _ => Directory.Delete(folder["sub"], recursive: true)));
        Assert.Equal($"Cannot write '{folder["sub/a.txt"]}': the folder '{folder["sub"]}' has vanished.", e.Message);
        Assert.Empty(folder.Names);
    }

    [Fact]
    public void A_part_that_vanishes_is_told()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "an open file stays there");
        using TestFolder folder = new();
        folder.Put("a.txt", "old"u8);
        Assert.Contains("has vanished", Assert.Throws<FileWriteException>(() => StagedFiles.Write(folder["a.txt"], _ => File.Delete(Directory.GetFiles(folder.Path, ".*").Single()))).Message, StringComparison.Ordinal);
        Assert.Equal(["a.txt"], folder.Names);
    }

    /// <summary>A disk of 64 KiB in memory, for an administrator on Linux.</summary>
    private sealed partial class Mounted : IDisposable
    {
        private const ulong ReadOnly = 1;
        private const ulong Again = 32;
        private readonly string _place;

        private Mounted(string place) => _place = place;

        public static Mounted Small(TestFolder folder)
        {
            Directory.CreateDirectory(folder["disk"]);
            Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "only an administrator mounts a disk");
            Assert.SkipUnless(Mount("tmpfs", folder["disk"], "tmpfs", 0, "size=64k") == 0, "nothing may be mounted here");
            return new Mounted(folder["disk"]);
        }

        public void MakeReadOnly() => Assert.Equal(0, Mount("tmpfs", _place, "tmpfs", ReadOnly | Again, "size=64k"));

        public void Dispose() => Assert.Equal(0, Unmount(_place, 0));

        [LibraryImport("libc", EntryPoint = "mount", StringMarshalling = StringMarshalling.Utf8)]
        private static partial int Mount(string source, string place, string type, ulong flags, string data);

        [LibraryImport("libc", EntryPoint = "umount2", StringMarshalling = StringMarshalling.Utf8)]
        private static partial int Unmount(string place, int flags);
    }
}
