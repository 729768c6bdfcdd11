using System.CommandLine;
using VggCuda.Cli.Tests.Support;

namespace VggCuda.Cli.Tests.Shells;

/// <summary>The manual page: every command and option is in it, and man finds no fault with it.</summary>
public sealed class ManualPageTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void Every_command_and_option_is_in_it()
    {
        string page = _shell.Run("man").Succeeded().Out;
        RootCommand root = CommandLine.Create(new VggCuda.Cli.Hosting.Terminal { Out = TextWriter.Null, Error = TextWriter.Null });
        foreach (Command command in Walk(root).Where(c => !c.Hidden && c != root))
        {
            Assert.Contains($" {command.Name.Replace("-", "\\-", StringComparison.Ordinal)}", page, StringComparison.Ordinal);
            foreach (Option option in command.Options)
            {
                Assert.Contains($"\\fB{option.Name.Replace("-", "\\-", StringComparison.Ordinal)}\\fR", page, StringComparison.Ordinal);
            }
        }

        Assert.DoesNotContain("vggcuda complete\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Groff_finds_no_fault()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/groff"), "groff is not here");
        using Child child = Child.StartOther(_shell, "/bin/bash", "-c", $"'{Child.Program}' man | groff -man -Tascii -ww -P-c");
        Assert.Equal(0, child.Wait());
        Assert.Empty(child.Error);
        Assert.Contains("EXIT STATUS", System.Text.RegularExpressions.Regex.Replace(child.Output, ".\b", ""), StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_shell_is_refused_with_those_that_there_are() =>
        _shell.Run("completions", "tcsh").Failed(2, "SHELL 'tcsh' is unknown", "bash, zsh, fish, powershell");

    private static IEnumerable<Command> Walk(Command command) => command.Subcommands.SelectMany(Walk).Prepend(command);
}
