using VggCuda.Engine.Files;

namespace VggCuda.Engine.Tests.Files;

/// <summary>One file at a time.</summary>
public class StagedFilesTests
{
    [Fact]
    public void A_failure_while_writing_leaves_the_old_file_and_nothing_else()
    {
        using TestFolder folder = new();
        folder.Put("a.txt", "old"u8);
        Assert.Throws<InvalidTimeZoneException>(() => StagedFiles.Write(folder["a.txt"], stream =>
        {
            stream.Write(new byte[200_000]);
            throw new InvalidTimeZoneException();
        }));
        Assert.Equal(["a.txt"], folder.Names);
        Assert.Equal("old", File.ReadAllText(folder["a.txt"]));
    }

    [Fact]
    public void A_file_is_replaced_by_the_whole_new_one()
    {
        using TestFolder folder = new();
        folder.Put("a.txt", "an older and longer text"u8);
        StagedFiles.Write(folder["a.txt"], "new"u8.ToArray());
        StagedFiles.Write(folder["b.txt"], stream =>
        {
            for (int i = 0; i < 100_000; i++)
            {
                stream.WriteByte((byte)i);
            }
        });
        Assert.Equal(["a.txt", "b.txt"], folder.Names);
        Assert.Equal("new", File.ReadAllText(folder["a.txt"]));
        Assert.Equal(Enumerable.Range(0, 100_000).Select(i => (byte)i), File.ReadAllBytes(folder["b.txt"]));
    }

    [Fact]
    public void A_missing_folder_a_file_as_folder_and_a_folder_as_file_are_told()
    {
        using TestFolder folder = new();
        folder.Put("file", "x"u8);
        Directory.CreateDirectory(folder["sub"]);
        Assert.Contains("does not exist", Refusal(folder["none/a.png"]), StringComparison.Ordinal);
        Assert.Contains("is a file, not a folder", Refusal(folder["file/a.png"]), StringComparison.Ordinal);
        Assert.Contains("it is a folder", Refusal(folder["sub"]), StringComparison.Ordinal);
        Assert.Equal(["file", "sub"], folder.Names);
    }

    [Fact]
    public void A_name_of_the_longest_length_works_and_a_longer_one_is_told()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the limit of Linux's file systems");
        using TestFolder folder = new();
        string longest = new('n', 255);
        StagedFiles.Write(folder[longest], "x"u8.ToArray());
        Assert.Contains("Cannot write", Refusal(folder[longest + "n"]), StringComparison.Ordinal);
        Assert.Equal([longest], folder.Names);
    }

    [Fact]
    public void A_link_stays_a_link()
    {
        using TestFolder folder = new();
        Directory.CreateDirectory(folder["sub"]);
        folder.Put("sub/real.txt", "old"u8);
        File.CreateSymbolicLink(folder["link.txt"], "sub/real.txt");
        File.CreateSymbolicLink(folder["dangling.txt"], "sub/later.txt");
        StagedFiles.Write(folder["link.txt"], "new"u8.ToArray());
        StagedFiles.Write(folder["dangling.txt"], "first"u8.ToArray());
        Assert.Equal("new", File.ReadAllText(folder["sub/real.txt"]));
        Assert.Equal("first", File.ReadAllText(folder["sub/later.txt"]));
        Assert.NotNull(new FileInfo(folder["link.txt"]).LinkTarget);
        Assert.Equal(2, Directory.GetFiles(folder["sub"]).Length);
    }

    [Fact]
    public void A_full_device_is_told_and_stays_a_device()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "needs /dev/full");
        Assert.Contains("Cannot write '/dev/full': the disk is full.", Refusal("/dev/full"), StringComparison.Ordinal);
        StagedFiles.Write("/dev/null", new byte[10]);
        Assert.Empty(File.ReadAllBytes("/dev/null"));
    }

    [Fact]
    public void A_folder_without_permission_is_told()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, "a privileged user may write anywhere");
        using TestFolder folder = new();
        Directory.CreateDirectory(folder["sub"]);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder["sub"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        Assert.Contains("access denied", Refusal(folder["sub/a.png"]), StringComparison.Ordinal);
    }

    private static string Refusal(string path) =>
        Assert.ThrowsAny<IOException>(() => StagedFiles.Write(path, new byte[100])).Message;
}
