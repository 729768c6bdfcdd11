using System.CommandLine;
using VggCuda.Cli.Shells;
using VggCuda.Cli.Tests.Support;

namespace VggCuda.Cli.Tests.Shells;

/// <summary>What is offered where a line is being typed.</summary>
public sealed class CompletionTests : IDisposable
{
    private const string Commands = "every command";
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Theory]
    [InlineData("vggcuda act", "activate")]
    [InlineData("vggcuda weights ", "fetch info verify synth convert")]
    [InlineData("vggcuda weights ver", "verify")]
    [InlineData("vggcuda activate --cla", "--class")]
    [InlineData("vggcuda activate --quiet --cla", "--class")]
    [InlineData("vggcuda activate --thr", "--threads")]
    [InlineData("vggcuda activate --class ban", "banana")]
    [InlineData("vggcuda activate --class=ban", "--class=banana")]
    [InlineData("vggcuda activate -c ban", "banana")]
    [InlineData("vggcuda activate --class ban --preset mo", "modern")]
    [InlineData("vggcuda --device ", "auto cpu cuda reference")]
    [InlineData("vggcuda completions ", "bash zsh fish powershell")]
    [InlineData("vggcuda activate --iterations ", "")]
    [InlineData("vggcuda com", "completions")]
    [InlineData("vggcuda nonsense --nonsense ", Commands)]
    [InlineData("vggcuda weights info ", ":files")]
    [InlineData("vggcuda predict pic", ":files")]
    [InlineData("vggcuda activate --plan ", ":files")]
    [InlineData("vggcuda activate --plan=a", ":files")]
    [InlineData("vggcuda activate -o ", ":files")]
    [InlineData("vggcuda recipe -o ", ":folders")]
    [InlineData("vggcuda weights fetch --to ", ":folders")]
    [InlineData("vggcuda --weights de", "demo :files")]
    [InlineData("vggcuda @", ":files")]
    [InlineData("vggcuda activate --plan 'unclosed", ":files")]
    [InlineData("", Commands)]
    public void Offers(string line, string expected)
    {
        Outcome outcome = _shell.Run("complete", line).Succeeded();
        string[] offered = expected == Commands ? [.. _root.Subcommands.Where(c => !c.Hidden).Select(c => c.Name)] : expected.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(offered, outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split('\t')[0]));
        Assert.Empty(outcome.Error);
    }

    [Fact]
    public void Every_option_for_a_path_is_known_as_one()
    {
        // Options whose description speaks of a file or a folder to name; what they take is told by the help's word for it.
        string[] none = [.. Walk(_root).SelectMany(c => c.Options).Where(o => CommandTree.PathsOf(o) == PathKind.None && (o.HelpName ?? "").Contains("FILE", StringComparison.Ordinal)).Select(o => o.Name)];
        Assert.Empty(none);
        Assert.Equal(["--each", "--examples", "--out", "--to"], Walk(_root).SelectMany(c => c.Options).Where(o => CommandTree.PathsOf(o) == PathKind.Folder).Select(o => o.Name).Order(StringComparer.Ordinal).Distinct());
    }

    private readonly RootCommand _root = CommandLine.Create(new VggCuda.Cli.Hosting.Terminal { Out = TextWriter.Null, Error = TextWriter.Null });

    private static IEnumerable<Command> Walk(Command command) => command.Subcommands.SelectMany(Walk).Prepend(command);
}
