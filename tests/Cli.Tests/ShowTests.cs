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

    [Theory]
    [InlineData("xterm-256color", "\u2580")]
    [InlineData("xterm-kitty", "\u001b_Ga=T")]
    [InlineData("foot", "\u001bP0;1q")]
    public void A_picture_that_develops_is_on_the_other_screen_and_nothing_of_it_is_left(string term, string words)
    {
        using Shell shell = new() { OutIsTerminal = true, ErrorIsTerminal = true };
        shell["TERM"] = term;
        TestNetworks.Write(shell.PathOf("tiny.h5"), classes: 5);
        Outcome outcome = shell.Run("activate", "--device", "reference", "--weights", "~/tiny.h5", "--class", "1,2", "--iterations", "3", "--show", "--out", "~/a.png").Succeeded();
        int entered = outcome.Out.IndexOf("\u001b[?1049h", StringComparison.Ordinal);
        int left = outcome.Out.IndexOf("\u001b[?1049l", StringComparison.Ordinal);
        Assert.Equal(0, entered);
        Assert.True(left > 0);
        Assert.Equal(left, outcome.Out.LastIndexOf("\u001b[?1049l", StringComparison.Ordinal));
        Assert.Equal(entered, outcome.Out.LastIndexOf("\u001b[?1049h", StringComparison.Ordinal));
        Assert.Contains(words, outcome.Out[..left], StringComparison.Ordinal);
        Assert.Contains("iteration 3 of 3", outcome.Out[..left], StringComparison.Ordinal);

        // The finished pictures are on the ordinary screen, where nothing moves the cursor.
        string after = outcome.Out[left..];
        Assert.Contains(words, after, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b[H", after, StringComparison.Ordinal);
        Assert.Equal("", outcome.Error);
    }

    [Fact]
    public void A_picture_fits_the_screen_while_it_develops()
    {
        using Shell shell = new() { OutIsTerminal = true };
        shell["TERM"] = "xterm-256color";
        TestNetworks.Write(shell.PathOf("tiny.h5"), classes: 5);
        Outcome outcome = shell.Run("activate", "--device", "reference", "--weights", "~/tiny.h5", "--class", "1", "--iterations", "2", "--show", "--out", "~/a.png").Succeeded();
        string look = outcome.Out.Split("\u001b[H")[1].Split("\u001b[J")[0];
        Assert.InRange(look.Count(c => c == '\n'), 1, 22);

        // A standard error that is no terminal has its lines as ever.
        Assert.Contains("iteration 2 of 2", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_is_cancelled_leaves_the_other_screen_too()
    {
        using Shell shell = new() { OutIsTerminal = true, ErrorIsTerminal = true };
        shell["TERM"] = "xterm-256color";
        TestNetworks.Write(shell.PathOf("tiny.h5"), classes: 5);
        using CancellationTokenSource cancellation = new();
        Task<Outcome> run = Task.Run(() => shell.Run(cancellation.Token, "activate", "--device", "reference", "--weights", "~/tiny.h5", "--class", "1", "--iterations", "1000000", "--show", "--out", "~/a.png"), TestContext.Current.CancellationToken);
        cancellation.CancelAfter(TimeSpan.FromSeconds(2));
        string said = (await run).Out;
        Assert.Equal(said.Contains("\u001b[?1049h", StringComparison.Ordinal), said.Contains("\u001b[?1049l", StringComparison.Ordinal));
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
