using VggCuda.Cli.Tests.Support;

namespace VggCuda.Cli.Tests.Shells;

/// <summary>The completion scripts in their shells, as a user has them: the script loaded, a line typed, the key pressed.</summary>
public sealed class ShellTests : IDisposable
{
    private readonly Shell _shell = new();

    public ShellTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "POSIX shells");
        File.WriteAllText(_shell.PathOf("model.json"), "{}");
        File.WriteAllText(_shell.PathOf("my file.png"), "");
        File.WriteAllText(_shell.PathOf("subject"), "");
        Directory.CreateDirectory(_shell.PathOf("subfolder"));
    }

    /// <summary>Lines, and what stands in their place once the key is pressed.</summary>
    public static TheoryData<string, string> Lines => new()
    {
        { "vggcuda act", "vggcuda activate " },
        { "vggcuda activate --cla", "vggcuda activate --class " },
        { "vggcuda activate --class ban", "vggcuda activate --class banana " },
        { "vggcuda activate --plan mo", "vggcuda activate --plan model.json " },
        { "vggcuda predict my", @"vggcuda predict my\ file.png " },
        { "vggcuda recipe --out subf", "vggcuda recipe --out subfolder/" },
        { "vggcuda --weights de", "vggcuda --weights demo " },
    };

    public void Dispose() => _shell.Dispose();

    [Theory]
    [MemberData(nameof(Lines))]
    public void Bash_completes(string line, string expected)
    {
        Assert.SkipUnless(File.Exists("/bin/bash") && File.Exists("/usr/bin/script"), "needs bash and util-linux's script");

        // Readline hands the finished line to a function of the shell's, which writes it down: what stands on the screen would have to be guessed.
        File.WriteAllText(_shell.PathOf("rc"), $$"""
            PATH='{{Path.GetDirectoryName(Child.Program)}}':$PATH
            PS1='ready>'
            source <(vggcuda completions bash)
            note() { printf '%s' "$READLINE_LINE" > line; exit 0; }
            bind -x '"\C-g": note'
            """);
        File.WriteAllText(_shell.PathOf("keys"), line + "\t\a");
        using Child child = Child.StartOther(_shell, "/bin/bash", "-c", "(sleep 0.2; until grep -q 'ready>' screen; do sleep 0.1; done; cat keys; until [ -e line ]; do sleep 0.1; done) | TERM=dumb script -qefc 'bash --noprofile --rcfile rc -i' screen > /dev/null");
        Assert.True(child.Wait() == 0, child.Error + File.ReadAllText(_shell.PathOf("screen")));
        Assert.Equal(expected, File.ReadAllText(_shell.PathOf("line")));
    }

    [Theory]
    [InlineData("vggcuda act", "activate")]
    [InlineData("vggcuda activate --cla", "--class")]
    [InlineData("vggcuda activate --class ban", "banana")]
    [InlineData("vggcuda activate --plan mo", "model.json")]
    [InlineData("vggcuda recipe --out subf", "subfolder/")]
    [InlineData("vggcuda --device c", "cpu cuda")]
    public void Fish_completes(string line, string expected)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/fish"), "fish is not here");
        using Child child = Child.StartOther(_shell, "/usr/bin/fish", "--no-config", "-c", $"set -gx PATH '{Path.GetDirectoryName(Child.Program)}' $PATH; vggcuda completions fish | source; complete -C '{line}'");
        Assert.True(child.Wait() == 0, child.Error);
        Assert.Equal(expected.Split(' '), child.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split('\t')[0]));
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public void Zsh_completes(string line, string expected)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/zsh"), "zsh is not here");
        File.WriteAllText(_shell.PathOf("zshrc"), $$"""
            PATH='{{Path.GetDirectoryName(Child.Program)}}':$PATH
            autoload -Uz compinit && compinit -u -D
            source <(vggcuda completions zsh)
            note() { print -rn -- "$BUFFER" > line; exit 0 }
            zle -N note
            bindkey '^I' complete-word '^G' note
            PS1=
            """);
        File.WriteAllText(_shell.PathOf("drive"), $$"""
            zmodload zsh/zpty
            zpty shell zsh -f -i
            zpty -w shell 'source ./zshrc; print rea''dy'
            zpty -r shell seen '*ready*'
            zpty -n -w shell {{"'" + line.Replace("'", "'\\''", StringComparison.Ordinal)}}'$'\t\a'
            until [[ -e line ]]; do sleep 0.1; done
            zpty -d shell
            """);
        using Child child = Child.StartOther(_shell, "/usr/bin/zsh", "-f", "drive");
        Assert.True(child.Wait() == 0, child.Error);
        Assert.Equal(expected.TrimEnd(), File.ReadAllText(_shell.PathOf("line")).TrimEnd());
    }
}
