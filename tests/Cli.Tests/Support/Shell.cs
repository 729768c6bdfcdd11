using VggCuda.Cli.Hosting;

namespace VggCuda.Cli.Tests.Support;

/// <summary>Runs the command line in this process, in a folder of its own, with an environment of its own.</summary>
public sealed class Shell : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vggcuda-cli-");
    private readonly Dictionary<string, string> _variables = [];

    public Shell() => _variables["HOME"] = PathOf("home");

    public string Folder => _folder.FullName;

    /// <summary>Whether stderr passes for a terminal.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Whether stdout passes for a terminal.</summary>
    public bool OutIsTerminal { get; init; }

    public string this[string variable]
    {
        set => _variables[variable] = value;
    }

    public string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>Names in the folder, hidden ones too.</summary>
    public string[] FilesIn(string folder = ".") =>
        [.. Directory.EnumerateFileSystemEntries(PathOf(folder)).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal)];

    /// <summary>Runs a command; <c>~/</c> at the start of an argument stands for the folder.</summary>
    public Outcome Run(params string[] arguments) => Run(TestContext.Current.CancellationToken, arguments);

    public Outcome Run(CancellationToken cancellation, params string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        using MemoryStream bytes = new();
        Terminal terminal = new()
        {
            Out = output,
            OpenOutput = () => bytes,
            Error = error,
            ErrorIsTerminal = ErrorIsTerminal,
            OutIsTerminal = () => OutIsTerminal,
            Columns = () => 80,
            Rows = () => 24,
            ShownEvery = TimeSpan.Zero,
            Variable = name => _variables.GetValueOrDefault(name),
        };
        string[] expanded = [.. arguments.Select(a => a.Replace("~/", Folder + "/", StringComparison.Ordinal))];
        int code = CommandLine.Run(expanded, terminal, cancellation);
        return new Outcome(code, output.ToString(), error.ToString()) { Bytes = bytes.ToArray() };
    }

    public void Dispose()
    {
        foreach (FileInfo file in _folder.EnumerateFiles("*", SearchOption.AllDirectories))
        {
            file.IsReadOnly = false;
        }

        _folder.Delete(recursive: true);
    }
}

/// <summary>What a command returned and wrote.</summary>
public sealed record Outcome(int Code, string Out, string Error)
{
    /// <summary>What went to standard output as bytes of a file.</summary>
    public byte[] Bytes { get; init; } = [];

    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Asserts an ordinary failure: the code, one to three lines, no stack trace, and the words given.</summary>
    public Outcome Failed(int code, params string[] words)
    {
        Assert.Equal((code, ""), (Code, Out));
        string[] lines = [.. ErrorLines.SkipWhile(l => l.StartsWith("Weights:", StringComparison.Ordinal))];
        Assert.InRange(lines.Length, 1, 3);
        Assert.StartsWith("vggcuda: ", lines[0], StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
        foreach (string word in words)
        {
            Assert.Contains(word, string.Join('\n', lines), StringComparison.Ordinal);
        }

        return this;
    }

    public Outcome Succeeded()
    {
        Assert.True(Code == 0, $"exit code {Code}: {Error}");
        return this;
    }
}
