using System.Text.RegularExpressions;
using VggCuda.Tests.Shared;

namespace VggCuda.Native.Tests;

/// <summary>docs/c-library.md: its program is the sample's, its commands work, and it names every function.</summary>
[Collection(nameof(Library))]
public sealed partial class DocumentTests(Library library)
{
    private const string Document = "docs/c-library.md";

    [Fact]
    public void Its_program_is_the_sample() => Assert.Equal(SourceTree.Text("examples/c/bird.c"), Blocks("c").Single());

    [Fact]
    public void Its_commands_build_and_run_the_program()
    {
        library.Need();
        Tools.Need("cc", "pkg-config", "bash");
        string folder = Path.Combine(library.Folder, "document");
        Directory.CreateDirectory(folder);
        File.Copy(SourceTree.PathOf("examples/c/bird.c"), Path.Combine(folder, "bird.c"));
        string commands = Blocks("sh").Single(b => b.Contains("pkg-config", StringComparison.Ordinal));
        Assert.Contains("/opt/vggcuda", commands, StringComparison.Ordinal);
        Outcome outcome = Tools.Succeed(folder, "bash", ["-ec", commands.Replace("/opt/vggcuda", Library.Root, StringComparison.Ordinal)]);
        Assert.StartsWith("96 x 96, logit ", outcome.Output, StringComparison.Ordinal);
        Assert.StartsWith("P6 96 96 255\n", File.ReadAllText(Path.Combine(folder, "bird.ppm")), StringComparison.Ordinal);
    }

    [Fact]
    public void It_names_every_function_and_every_status()
    {
        string text = SourceTree.Text(Document);
        string header = SourceTree.Text("src/Native/include/vggcuda.h");
        string[] names = [.. Function().Matches(header).Select(m => m.Groups[1].Value), .. Status().Matches(header).Select(m => m.Groups[1].Value)];
        Assert.True(names.Length > 40);
        Assert.All(names, n => Assert.Contains($"`{n}`", text, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Blocks(string language) =>
        Regex.Matches(SourceTree.Text(Document), $"^```{language}\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline).Select(m => m.Groups[1].Value);

    [GeneratedRegex(@"^(?:vgg_status|uint32_t|const char \*)\s?(vgg_\w+)\(", RegexOptions.Multiline)]
    private static partial Regex Function();

    [GeneratedRegex(@"^    (VGG_(?:OK|CANCELLED|ERROR_\w+)) = ", RegexOptions.Multiline)]
    private static partial Regex Status();
}
