using VggCuda.Engine.Files;

namespace VggCuda.Engine.Tests.Files;

/// <summary>Several files that belong together: all of them or none.</summary>
public class StagedTransactionTests
{
    [Fact]
    public void Files_appear_together_and_nothing_stays_beside_them()
    {
        using TestFolder folder = new();
        folder.Put("a", "old a"u8);
        using (StagedFiles files = new())
        {
            files.Stage(folder["a"], "new a"u8.ToArray());
            files.Stage(folder["b"], stream => stream.Write("new b"u8));
            files.Stage(folder["c"], 5, write =>
            {
                write("w c"u8, 2);
                write("ne"u8, 0);
            });
            Assert.Equal("old a", File.ReadAllText(folder["a"]));
            Assert.False(File.Exists(folder["b"]));
            files.Commit();
        }

        Assert.Equal(["a", "b", "c"], folder.Names);
        Assert.Equal(["new a", "new b", "new c"], folder.Names.Select(n => File.ReadAllText(folder[n])));
    }

    [Fact]
    public void Without_a_commit_everything_is_as_it_was()
    {
        using TestFolder folder = new();
        folder.Put("a", "old a"u8);
        using (StagedFiles files = new())
        {
            files.Stage(folder["a"], "new a"u8.ToArray());
            files.Stage(folder["b"], "new b"u8.ToArray());
        }

        Assert.Equal(["a"], folder.Names);
        Assert.Equal("old a", File.ReadAllText(folder["a"]));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("b")]
    [InlineData("c")]
    [InlineData("d")]
    public void A_rename_that_fails_puts_back_those_before_it(string failing)
    {
        using TestFolder folder = new();
        folder.Put("a", "old a"u8);
        folder.Put("c", "old c"u8);
        string[] before = folder.Names;
        using (StagedFiles files = new())
        {
            foreach (string name in (string[])["a", "b", "c", "d"])
            {
                files.Stage(folder[name], "new"u8.ToArray());
            }

            // Nothing can be renamed over a folder that is not empty.
            File.Delete(folder[failing]);
            Directory.CreateDirectory(folder[failing] + "/full");
            FileWriteException e = Assert.Throws<FileWriteException>(files.Commit);
            Assert.Equal(folder[failing], e.Path);
            Assert.EndsWith("Every file is as it was.", e.Message, StringComparison.Ordinal);
        }

        Assert.Equal([.. before.Append(failing).Distinct().Order(StringComparer.Ordinal)], folder.Names);
        Assert.All(before.Where(n => n != failing), n => Assert.Equal("old " + n, File.ReadAllText(folder[n])));
    }

    [Fact]
    public void A_folder_that_vanishes_takes_nothing_else_with_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "a folder of open files stays there");
        using TestFolder folder = new();
        folder.Put("a", "old a"u8);
        Directory.CreateDirectory(folder["sub"]);
        using (StagedFiles files = new())
        {
            files.Stage(folder["a"], "new a"u8.ToArray());
            files.Stage(folder["sub/b"], "new b"u8.ToArray());
            Directory.Delete(folder["sub"], recursive: true);
            Assert.Contains("has vanished", Assert.Throws<FileWriteException>(files.Commit).Message, StringComparison.Ordinal);
        }

        Assert.Equal(["a"], folder.Names);
        Assert.Equal("old a", File.ReadAllText(folder["a"]));
    }

    [Fact]
    public void A_file_that_appears_meanwhile_stays_where_it_may_not_be_replaced()
    {
        using TestFolder folder = new();
        folder.Put("a", "old a"u8);
        using (StagedFiles files = new())
        {
            files.Stage(folder["a"], "new a"u8.ToArray());
            files.Stage(folder["b"], "new b"u8.ToArray(), replace: false);
            folder.Put("b", "theirs"u8);
            Assert.Contains("is there already", Assert.Throws<IOException>(files.Commit).Message, StringComparison.Ordinal);
            Assert.Contains("is there already", Assert.Throws<IOException>(() => StagedFiles.Check(folder["b"], replace: false)).Message, StringComparison.Ordinal);
        }

        Assert.Equal(["a", "b"], folder.Names);
        Assert.Equal(["old a", "theirs"], folder.Names.Select(n => File.ReadAllText(folder[n])));
    }

    [Fact]
    public void What_cannot_be_put_back_is_told_and_the_old_file_kept()
    {
        using TestFolder folder = new();
        folder.Put("a", "old a"u8);
        string? left;
        using (StagedPart part = StagedPart.Create(OutputTarget.Of(folder["a"]), replace: true))
        {
            part.Write(stream => stream.Write("new a"u8));
            part.Place(keepOld: true);
            Assert.Equal("new a", File.ReadAllText(folder["a"]));
            File.Delete(folder["a"]);
            Directory.CreateDirectory(folder["a/full"]);
            left = part.PutBack();
        }

        string old = Assert.Single(Directory.GetFiles(folder.Path));
        Assert.Equal($"'{folder["a"]}' is the new one already, the old one is '{old}'.", left);
        Assert.Equal("old a", File.ReadAllText(old));
    }

    [Fact]
    public void The_same_file_twice_is_a_fault()
    {
        using TestFolder folder = new();
        using StagedFiles files = new();
        files.Stage(folder["a"], new byte[1]);
        Assert.Throws<ArgumentException>(() => files.Stage(folder["./a"], new byte[1]));
    }
}
