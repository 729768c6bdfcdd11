using VggCuda.Cli.Tests.Support;

namespace VggCuda.Cli.Tests;

/// <summary><c>@FILE</c>: arguments from files, and files that are none.</summary>
public sealed class ResponseFileTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void Files_in_files_quotes_and_remarks_are_read()
    {
        Write("inner.rsp", "--json");
        Write("outer.rsp", $"# what to do\n\n  summary   --weights \"demo\"\r\n@{_shell.PathOf("inner.rsp")}");
        Assert.Contains("\"totalParameters\"", _shell.Run("@" + _shell.PathOf("outer.rsp")).Succeeded().Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_names_itself_is_refused()
    {
        Write("self.rsp", $"summary @{_shell.PathOf("self.rsp")}");
        _shell.Run("@" + _shell.PathOf("self.rsp")).Failed(3, "names itself");
        Write("a.rsp", $"@{_shell.PathOf("b.rsp")}");
        Write("b.rsp", $"@{_shell.PathOf("a.rsp")}");
        _shell.Run("@" + _shell.PathOf("a.rsp")).Failed(3, "a.rsp' names itself, by way of", "b.rsp");
    }

    [Fact]
    public void Files_that_double_each_other_come_to_an_end()
    {
        for (int i = 0; i < 14; i++)
        {
            string next = i == 13 ? string.Join('\n', Enumerable.Repeat("x", 1000)) : $"@{_shell.PathOf($"{i + 1}.rsp")}\n@{_shell.PathOf($"{i + 1}.rsp")}";
            Write($"{i}.rsp", next);
        }

        _shell.Run("@" + _shell.PathOf("0.rsp")).Failed(2, "more than 100000 arguments");
    }

    [Fact]
    public void What_cannot_be_read_is_one_clear_error()
    {
        Write("outer.rsp", "summary @nowhere.rsp");
        _shell.Run("@" + _shell.PathOf("outer.rsp")).Failed(3, "'nowhere.rsp', named in ", "outer.rsp", "does not exist");
        _shell.Run("@" + _shell.Folder).Failed(3, "is a folder");
        File.WriteAllBytes(_shell.PathOf("binary.rsp"), [115, 0, 1, 2]);
        _shell.Run("@" + _shell.PathOf("binary.rsp")).Failed(3, "no text");
        File.WriteAllBytes(_shell.PathOf("long.rsp"), [.. Enumerable.Repeat((byte)'a', (1 << 20) + 1)]);
        _shell.Run("@" + _shell.PathOf("long.rsp")).Failed(3, "longer than 1 MiB");
        if (OperatingSystem.IsLinux())
        {
            _shell.Run("@/dev/zero").Failed(3, "longer than 1 MiB");
        }
    }

    [Fact]
    public void No_output_replaces_the_file_that_the_arguments_come_from()
    {
        string line = $"summary --weights demo --svg {_shell.PathOf("args.rsp")}";
        Write("args.rsp", line);
        _shell.Run("@" + _shell.PathOf("args.rsp")).Failed(2, "--svg would replace the file that the arguments come from");
        Write("synth.rsp", $"weights synth {_shell.PathOf("synth.rsp")} --width-divisor 64 --overwrite");
        _shell.Run("@" + _shell.PathOf("synth.rsp")).Failed(2, "the arguments come from");
        Assert.Equal(line, File.ReadAllText(_shell.PathOf("args.rsp")));
    }

    private void Write(string name, string text) => File.WriteAllText(_shell.PathOf(name), text);
}
