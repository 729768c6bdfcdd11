using VggCuda.Cli.Tests.Support;
using VggCuda.Imaging;

namespace VggCuda.Cli.Tests;

/// <summary>Standard output and standard error that are closed, full, or read by nobody: no picture is lost for it.</summary>
public sealed class StandardStreamTests : IDisposable
{
    private const string Activate = "activate --weights demo --device cpu --class bird --iterations 1";
    private readonly Shell _shell = new();

    public StandardStreamTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "POSIX shells and /dev/full");

    public void Dispose() => _shell.Dispose();

    [Theory]
    [InlineData("2>&-", 0)]
    [InlineData("2>/dev/full", 0)]
    [InlineData(">&-", 0)]
    [InlineData(">&- 2>&-", 0)]
    [InlineData(">&- 2>&- <&-", 0)]
    [InlineData("2>&1 | true", 0)]
    [InlineData(">/dev/full", 3)]
    [InlineData(">/dev/full 2>/dev/full", 3)]
    [InlineData(">/dev/full 2>&-", 3)]
    public void The_picture_is_whole_whatever_the_streams_are(string streams, int code)
    {
        (int found, string error) = Run($"{Activate} --out b.png --raw b.npy {streams}");
        Assert.Equal(["b.json", "b.npy", "b.png"], _shell.FilesIn());
        Assert.Equal(288, PictureFile.Read(_shell.PathOf("b.png")).Width);
        Assert.Equal([1, 96, 96, 3], Npy.Read(_shell.PathOf("b.npy")).Shape);
        Assert.True(code == found, error);
        if (streams == ">/dev/full")
        {
            Assert.Contains("vggcuda: Standard output cannot be written: the disk is full.\nThe files are written and whole", error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("summary --weights demo >&-", "it is closed")]
    [InlineData("summary --weights demo --json >/dev/full", "the disk is full")]
    [InlineData("devices >&-", "it is closed")]
    [InlineData("weights --help >/dev/full", "the disk is full")]
    [InlineData("--version >/dev/full", "the disk is full")]
    public void What_was_asked_for_and_cannot_be_told_is_an_error(string line, string cause)
    {
        (int code, string error) = Run(line);
        Assert.Equal((3, $"vggcuda: Standard output cannot be written: {cause}.\n"), (code, error));
    }

    [Theory]
    [InlineData(">&-", "it is closed")]
    [InlineData(">/dev/full", "the disk is full")]
    [InlineData("| true", "nobody reads it any more")]
    public void A_picture_for_a_stream_that_does_not_take_it_is_an_error(string stream, string cause)
    {
        (int code, string error) = Run($"{Activate} --quiet --out - --raw a.npy {stream}");
        Assert.Equal((3, $"vggcuda: Standard output cannot be written: {cause}.\nNothing else was changed.\n"), (code, error));
        Assert.Empty(_shell.FilesIn());
    }

    [Theory]
    [InlineData("summary --weights demo | head -1", "Model: \"vgg16\"\n")]
    [InlineData("summary --weights demo --json | head -1", "{\n")]
    public void A_reader_that_has_enough_is_no_failure(string line, string output)
    {
        using Child child = Child.StartOther(_shell, "/bin/bash", "-c", $"'{Child.Program}' {line}; exit ${{PIPESTATUS[0]}}");
        Assert.Equal((0, ""), (child.Wait(), child.Error));
        Assert.Equal(output, child.Output);
    }

    private (int Code, string Error) Run(string line)
    {
        using Child child = Child.StartOther(_shell, "/bin/bash", "-c", $"'{Child.Program}' {line}; exit ${{PIPESTATUS[0]}}");
        return (child.Wait(), child.Error);
    }
}
