using System.Text.RegularExpressions;
using VggCuda.Tests.Shared;

namespace VggCuda.Ship.Tests;

/// <summary>docs/embedding.md shows the examples as they are, so as they are built and run.</summary>
public sealed class DocumentTests
{
    [Fact]
    public void The_page_shows_the_examples()
    {
        string[] shown = [.. Regex.Matches(SourceTree.Text("docs/embedding.md"), "```csharp\n(.*?)\n```", RegexOptions.Singleline).Select(m => m.Groups[1].Value)];
        string[] examples = [.. new[] { "draw", "gradient" }.Select(e => SourceTree.Text($"examples/{e}/Program.cs").Split('\n', 2)[1].Trim())];
        Assert.Equal(examples, shown);
    }
}
