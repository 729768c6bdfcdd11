using VggCuda.Cli.Hosting;
using VggCuda.Cli.Tests.Support;
using VggCuda.Hdf5Loader.Files;
using VggCuda.Imaging;

namespace VggCuda.Cli.Tests;

/// <summary>Text of files and servers on the terminal: nothing in it is obeyed, and none of it is endless.</summary>
public sealed class TerminalTextTests : IDisposable
{
    // Turns a terminal's title, clears it, writes from right to left, breaks lines.
    private const string Hostile = "a\u001b]0;owned\u0007\u001b[2J\u009b31m\u202eb\u2066c\u200f\u2028d\u007f\r\ne\ud800f";
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Theory]
    [InlineData("bird (class 20): 5 %\tÄ π 鳥 👩‍🚀", "bird (class 20): 5 %\tÄ π 鳥 👩‍🚀")]
    [InlineData("a\u001b[31mb", @"a\u{1b}[31mb")]
    [InlineData("a\nb\rc", @"a\nb\rc")]
    [InlineData("\u202e\u2066\u061c\u200b\ufeff", @"\u{202e}\u{2066}\u{61c}\u{200b}\u{feff}")]
    [InlineData("\U000E0041", @"\u{e0041}")]
    public void Only_what_shows_as_itself_stays(string text, string shown) => Assert.Equal(shown, TerminalText.Line(text));

    [Fact]
    public void Half_a_pair_is_shown_by_its_number() => Assert.Equal(@"\u{d800}x\u{dc00}", TerminalText.Line("\ud800x\udc00"));

    [Fact]
    public void A_long_text_loses_its_middle()
    {
        string shown = TerminalText.Line("begin " + new string('x', 3_000_000) + " end");
        Assert.InRange(shown.Length, 1000, 2100);
        Assert.StartsWith("begin xxx", shown, StringComparison.Ordinal);
        Assert.EndsWith("xxx end", shown, StringComparison.Ordinal);
        Assert.Contains("characters left out", shown, StringComparison.Ordinal);
        Assert.InRange(TerminalText.Line(new string('\u001b', 3_000_000)).Length, 1000, 2100);
        string pairs = TerminalText.Line("x" + string.Concat(Enumerable.Repeat("\U0001F600", 5000)));
        Assert.DoesNotContain('\uFFFD', System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(pairs)));
    }

    [Fact]
    public void Names_of_classes_are_shown_escaped_by_every_command()
    {
        TestNetworks.Write(_shell.PathOf("t.h5"), classes: 3);
        File.WriteAllText(_shell.PathOf("t.classes.txt"), $"0\tb\u2066d\u202e\n1\tother\n2\t{new string('z', 100)}\n");
        PictureFile.WritePng(new Picture(32, 32, new byte[32 * 32 * 3]), _shell.PathOf("p.png"));
        string[] weights = ["--weights", "~/t.h5", "--device", "reference"];
        Plain(_shell.Run(["activate", .. weights, "--class", "0", "--iterations", "1", "--out", "~/a.png"]).Succeeded());
        Plain(_shell.Run(["predict", .. weights, "~/p.png"]).Succeeded());
        Plain(_shell.Run(["activate", .. weights, "--class", "bd", "--out", "~/a.png"]));
        File.WriteAllText(_shell.PathOf("t.classes.txt"), "0\tb\u001b[31md\u202e\n1\tother\n2\tthird\n");
        Plain(_shell.Run(["predict", .. weights, "~/p.png"]).Failed(3, @"b\u{1b}[31md\u{202e}"));
        string line = $"activate --weights {_shell.PathOf("t.h5")} --class ";
        Plain(_shell.Run($"[suggest:{line.Length + 8}]", "vggcuda " + line));
    }

    [Fact]
    public void Text_of_failures_is_shown_escaped_and_on_lines_of_its_own()
    {
        foreach (Exception exception in (Exception[])[
            CommandException.File(Hostile), new Engine.Model.WeightsException("t.h5", Hostile, Hostile), new PictureException(Hostile, Hostile),
            new DownloadException(Hostile), new Engine.Backends.PlanException(Hostile), new IOException(Hostile), new InvalidOperationException(Hostile)])
        {
            foreach (bool verbose in (bool[])[false, true])
            {
                using StringWriter error = new();
                Failure.Report(exception, new Terminal { Out = TextWriter.Null, Error = error }, verbose);
                Assert.DoesNotContain(error.ToString(), c => c != '\n' && c != '\r' && TerminalText.Line(c.ToString()) != c.ToString());
            }
        }

        using StringWriter forged = new();
        Failure.Report(new Engine.Model.WeightsException("t.h5", null, "bad\nvggcuda: all is well"), new Terminal { Out = TextWriter.Null, Error = forged }, verbose: false);
        Assert.Single(forged.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static void Plain(Outcome outcome)
    {
        foreach (char character in outcome.Out + outcome.Error)
        {
            Assert.True(character is '\n' or '\r' || TerminalText.Line(character.ToString()) == character.ToString() || char.IsSurrogate(character), $"U+{(int)character:x4} in {outcome.Out}{outcome.Error}");
        }
    }
}
