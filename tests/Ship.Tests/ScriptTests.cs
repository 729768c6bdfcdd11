using VggCuda.Tests.Shared;

namespace VggCuda.Ship.Tests;

/// <summary><c>build.ps1</c> and the completions, in PowerShell, which is installed as a .NET tool for it.</summary>
public sealed class ScriptTests(ScriptTests.Shell shell) : IClassFixture<ScriptTests.Shell>
{
    [Theory]
    [InlineData("--")]
    [InlineData(null)]
    public void Test_hands_its_arguments_on(string? separator)
    {
        Assert.SkipWhen(shell.Missing is not null, shell.Missing ?? "");
        string[] separated = separator is null ? [] : [separator];
        Assert.SkipUnless(File.Exists(SourceTree.PathOf("artifacts/bin/VggCuda.Imaging.Tests/debug/VggCuda.Imaging.Tests.dll")), "tests/Imaging.Tests is not built; 'dotnet test' builds it");
        string said = shell.Run("build.ps1", ["test", "--project", "tests/Imaging.Tests", "--no-build", .. separated, "--filter-method", "*NpyTests.*"]);
        Assert.Contains("Test run summary: Passed!", said, StringComparison.Ordinal);
        int count = int.Parse(System.Text.RegularExpressions.Regex.Match(said, "total: ([0-9]+)").Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(count, 1, 100);
    }

    [Fact]
    public void An_unknown_verb_is_an_error()
    {
        Assert.SkipWhen(shell.Missing is not null, shell.Missing ?? "");
        Command done = Command.Run(SourceTree.Root, [], shell.Program, "-NoProfile", "-File", "build.ps1", "make");
        Assert.Equal(2, done.Code);
        Assert.Contains("'make' is no verb", done.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vggcuda act", "activate")]
    [InlineData("vggcuda activate --cla", "--class")]
    [InlineData("vggcuda activate --class ban", "banana")]
    [InlineData("vggcuda --device ", "auto cpu cuda reference")]
    [InlineData("vggcuda activate --plan mo", "model.json")]
    [InlineData("vggcuda recipe --out sub", "sub")]
    public void PowerShell_completes(string line, string expected)
    {
        Assert.SkipWhen(shell.Missing is not null, shell.Missing ?? "");
        string folder = Places.Empty("completions");
        File.WriteAllText(Path.Combine(folder, "model.json"), "{}");
        Directory.CreateDirectory(Path.Combine(folder, "subfolder"));
        File.WriteAllText(Path.Combine(folder, "subject"), "");
        string script = $"$env:PATH = '{AppContext.BaseDirectory}' + [IO.Path]::PathSeparator + $env:PATH\nvggcuda completions powershell | Out-String | Invoke-Expression\n(TabExpansion2 -inputScript '{line}' -cursorColumn {line.Length}).CompletionMatches | ForEach-Object {{ $_.ListItemText }}\n";
        File.WriteAllText(Path.Combine(folder, "ask.ps1"), script);
        string[] said = Command.Output0(folder, [("HOME", folder)], shell.Program, "-NoProfile", "-File", "ask.ps1").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(expected == "sub" ? ["subfolder"] : expected.Split(' '), said);
    }

    /// <summary>The tool, installed once and kept.</summary>
    public sealed class Shell
    {
        private const string Version = "7.6.9";

        /// <summary>Installs it where it is not there yet.</summary>
        public Shell()
        {
            string folder = Path.Combine(Places.Folder, "powershell");
            Program = Path.Combine(folder, OperatingSystem.IsWindows() ? "pwsh.exe" : "pwsh");
            if (!File.Exists(Program))
            {
                Command installed = Command.Run(SourceTree.Root, [], "dotnet", "tool", "install", "powershell", "--version", Version, "--tool-path", folder);
                Missing = installed.Code == 0 ? null : $"PowerShell cannot be installed as a tool here: {installed.Error}{installed.Output}";
            }
        }

        /// <summary>Its program.</summary>
        public string Program { get; }

        /// <summary>Why there is none, or null.</summary>
        public string? Missing { get; }

        /// <summary>Runs a script of the repository that must succeed.</summary>
        public string Run(string script, string[] arguments) => Command.Output0(SourceTree.Root, [], [Program, "-NoProfile", "-File", script, .. arguments]);
    }
}
