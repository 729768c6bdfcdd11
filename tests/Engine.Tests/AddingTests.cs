using System.Text.RegularExpressions;
using VggCuda.Tests.Shared;

namespace VggCuda.Engine.Tests;

/// <summary>docs/adding.md names for each kind of thing an example and its files: they exist, they are as many as it says, and no other source knows the example.</summary>
public partial class AddingTests
{
    public static TheoryData<string, string, string, string> Rows()
    {
        TheoryData<string, string, string, string> rows = [];
        foreach (Match row in Row().Matches(SourceTree.Text("docs/adding.md")))
        {
            rows.Add(row.Groups[1].Value, row.Groups[2].Value, row.Groups[3].Value, row.Groups[4].Value);
        }

        return rows;
    }

    [Fact]
    public void The_document_has_an_example_of_every_kind() =>
        Assert.Equal(["a regulariser", "an operation", "a stage", "an objective", "an optimiser", "an attribution method", "a network", "a backend"], Rows().Select(r => r.Data.Item1));

    [Theory]
    [MemberData(nameof(Rows))]
    public void An_example_is_known_in_the_named_files_alone(string kind, string example, string count, string files)
    {
        string[] listed = [.. FilePath().Matches(files).Select(m => m.Groups[1].Value)];
        Assert.All(listed, path => Assert.True(Path.Exists(SourceTree.PathOf(path)), $"docs/adding.md, {kind}: there is no {path}."));
        Assert.Equal(count, $"{listed.Length}");
        string name = example.TrimEnd('(', ')');
        // An operation is declared; a thing of the plan is used as a type where its namespace is seen: a method or a kernel may have the same name.
        string pattern = example.EndsWith("()", StringComparison.Ordinal) ? $@"\bvoid {name}\(" : $@"(?<![\w.])(?<!void ){name}\b";
        string? own = listed.Where(path => path.EndsWith($"/{name}.cs", StringComparison.Ordinal) && path.StartsWith("src/Engine/", StringComparison.Ordinal)).Select(NamespaceOf).FirstOrDefault();
        string[] others = [.. SourceTree.CodeFiles("src").Select(path => $"src/{path}")
            .Where(path => !listed.Any(known => path == known || path.StartsWith(known + "/", StringComparison.Ordinal)))
            .Where(path => Regex.IsMatch(SourceTree.WithoutComments(SourceTree.Text(path)), pattern) && Sees(path, own))];
        Assert.True(others.Length == 0, $"docs/adding.md, {kind}: {example} is also known in {string.Join(", ", others)}.");
    }

    private static bool Sees(string path, string? used) =>
        used is null || NamespaceOf(path) == used || SourceTree.Text(path).Contains($"using {used};", StringComparison.Ordinal);

    private static string NamespaceOf(string path) => NamespaceLine().Match(SourceTree.Text(path)).Groups[1].Value;

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"^\| ([^|`]+) \| `([\w()]+)` \| (\d+) \| (.+) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`([\\w.]+/[\\w./]+)`")]
    private static partial Regex FilePath();
}
