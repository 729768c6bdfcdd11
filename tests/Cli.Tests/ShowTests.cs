using VggCuda.Cli.Tests.Support;

namespace VggCuda.Cli.Tests;

/// <summary><c>--show</c>.</summary>
public sealed class ShowTests
{
    [Theory]
    [InlineData(true, "xterm-256color", "\u2580")]
    [InlineData(true, "xterm-kitty", "\u001b_Ga=T")]
    [InlineData(true, "dumb", null)]
    [InlineData(false, "xterm-kitty", null)]
    public void Pictures_are_shown_where_there_is_a_terminal_that_can(bool isTerminal, string term, string? words)
    {
        using Shell shell = new() { OutIsTerminal = isTerminal };
        shell["TERM"] = term;
        TestNetworks.Write(shell.PathOf("tiny.h5"), classes: 5);
        string said = shell.Run("activate", "--device", "reference", "--weights", "~/tiny.h5", "--class", "1", "--iterations", "1", "--show", "--quiet", "--out", "~/a.png").Succeeded().Out;
        if (words is null)
        {
            Assert.Equal("", said);
        }
        else
        {
            Assert.Contains(words, said, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_file_on_stdout_is_not_disturbed()
    {
        using Shell shell = new() { OutIsTerminal = true };
        shell["TERM"] = "xterm-kitty";
        TestNetworks.Write(shell.PathOf("tiny.h5"), classes: 5);
        Outcome outcome = shell.Run("activate", "--device", "reference", "--weights", "~/tiny.h5", "--class", "1", "--iterations", "1", "--show", "--out", "-").Succeeded();
        Assert.Equal("", outcome.Out);
        Assert.NotEmpty(outcome.Bytes);
    }
}
