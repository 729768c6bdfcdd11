using System.Text.RegularExpressions;
using VggCuda.Tests.Shared;

namespace VggCuda.Cli.Tests.Documents;

/// <summary>README's lines for a program of one's own are lines that compile, and every project that they need is named.</summary>
public class EmbeddingSnippetTests
{
    [Fact]
    public void The_lines_of_the_readme_are_lines_that_compile()
    {
        string source = File.ReadAllText(Path.Combine(SourceTree.Root, "tests", "Cli.Tests", "Documents", "EmbeddingSnippet.cs"));
        string[] compiled = [.. Regex.Matches(source, @"// begin\r?\n(.*?)\s*// end", RegexOptions.Singleline).SelectMany(m => m.Groups[1].Value.Split('\n')).Select(l => l.Trim()).Where(l => l.Length > 0)];
        Assert.Equal(compiled, Snippet().Where(l => l.Length > 0));
    }

    [Fact]
    public void Every_namespace_of_the_lines_is_of_a_project_that_exists()
    {
        foreach (string line in Snippet().Where(l => l.StartsWith("using VggCuda.", StringComparison.Ordinal)))
        {
            string project = line.Split('.', ';')[1];
            Assert.True(File.Exists(Path.Combine(SourceTree.Root, "src", project, $"VggCuda.{project}.csproj")), line);
        }
    }

    private static string[] Snippet()
    {
        string readme = File.ReadAllText(Path.Combine(SourceTree.Root, "README.md"));
        return [.. Regex.Match(readme, "```csharp\r?\n(.*?)```", RegexOptions.Singleline).Groups[1].Value.Split('\n').Select(l => l.Trim())];
    }
}
