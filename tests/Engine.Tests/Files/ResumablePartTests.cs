using System.Text;
using VggCuda.Engine.Files;

namespace VggCuda.Engine.Tests.Files;

/// <summary>The part of a file that is kept between runs.</summary>
public class ResumablePartTests
{
    [Fact]
    public void A_part_with_its_note_stays_and_becomes_the_file()
    {
        using TestFolder folder = new();
        using (ResumablePart part = Open(folder["w"]))
        {
            part.Restart("v1");
            part.Append("abc"u8);
            Assert.Null(ResumablePart.TryOpen(folder["w"]));
        }

        Assert.Equal(["w.part", "w.part.etag"], folder.Names);
        Assert.Equal(3, ResumablePart.BytesKept(folder["w"]));
        using (ResumablePart part = Open(folder["w"]))
        {
            Assert.Equal((3, "v1"), (part.Length, part.ReadNote()));
            part.Append("def"u8);
            part.Publish(replace: false);
        }

        Assert.Equal(["w"], folder.Names);
        Assert.Equal("abcdef", File.ReadAllText(folder["w"]));
    }

    [Fact]
    public void An_empty_part_goes_and_a_file_that_is_there_is_replaced_only_when_asked()
    {
        using TestFolder folder = new();
        Open(folder["w"]).Dispose();
        Assert.Empty(folder.Names);
        folder.Put("w", "old"u8);
        using ResumablePart part = Open(folder["w"]);
        part.Append("new"u8);
        Assert.ThrowsAny<IOException>(() => part.Publish(replace: false));
        Assert.Equal("old", File.ReadAllText(folder["w"]));
        part.Publish(replace: true);
        Assert.Equal("new", File.ReadAllText(folder["w"]));
    }

    [Fact]
    public void Planted_links_and_pipes_are_not_followed()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "links and pipes");
        using TestFolder folder = new();
        folder.Put("victim", "mine"u8);
        File.CreateSymbolicLink(folder["w.part"], "victim");
        Assert.Contains("a link in its place", Assert.Throws<IOException>(() => ResumablePart.TryOpen(folder["w"])).Message, StringComparison.Ordinal);
        Assert.Equal(0, ResumablePart.BytesKept(folder["w"]));
        File.Delete(folder["w.part"]);
        folder.MakePipe("w.part");
        Assert.Contains("is no file", Assert.Throws<IOException>(() => ResumablePart.TryOpen(folder["w"])).Message, StringComparison.Ordinal);
        File.Delete(folder["w.part"]);

        using ResumablePart part = Open(folder["w"]);
        File.CreateSymbolicLink(folder["w.part.etag"], "victim");
        Assert.Null(part.ReadNote());
        part.Restart("v1");
        Assert.Equal(("mine", "v1"), (File.ReadAllText(folder["victim"]), part.ReadNote()));
    }

    [Fact]
    public void A_link_stays_a_link_and_the_part_lies_beside_the_file()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need rights there");
        using TestFolder folder = new();
        Directory.CreateDirectory(folder["sub"]);
        folder.Put("sub/real", "old"u8);
        File.CreateSymbolicLink(folder["w"], "sub/real");
        using (ResumablePart part = Open(folder["w"]))
        {
            part.Append("new"u8);
            Assert.True(File.Exists(folder["sub/real.part"]));
            part.Publish(replace: true);
        }

        Assert.Equal("new", File.ReadAllText(folder["sub/real"]));
        Assert.Equal("sub/real", new FileInfo(folder["w"]).LinkTarget);
        Assert.Single(Directory.GetFiles(folder["sub"]));
    }

    [Fact]
    public void The_longest_name_has_a_part_too()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "names of 255 bytes");
        using TestFolder folder = new();
        string name = new('n', 255);
        using (ResumablePart part = Open(folder[name]))
        {
            part.Restart("v1");
            part.Append("abc"u8);
            Assert.All(folder.Names, n => Assert.InRange(Encoding.UTF8.GetByteCount(n), 1, 255));
            part.Publish(replace: false);
        }

        Assert.Equal([name], folder.Names);
    }

    private static ResumablePart Open(string target) => ResumablePart.TryOpen(target) ?? throw new IOException("another process has it");
}
