using System.CommandLine.Parsing;
using System.IO.Compression;
using System.Text.RegularExpressions;
using VggCuda.Cli.Tests.Support;
using VggCuda.Imaging;
using VggCuda.Tests.Shared;

namespace VggCuda.Cli.Tests.Documents;

/// <summary>What README.md and docs/*.md tell a reader to type, typed: with the bundled model, as a newcomer has it, and what they show compared.</summary>
public sealed partial class DocumentTests : IDisposable
{
    // What needs a network, or stands for something.
    private static readonly string[] NotRun = ["vggcuda weights fetch"];
    private readonly Shell _shell = new();
    private readonly string _before = Environment.CurrentDirectory;

    public static TheoryData<string> Documents => [.. Paths.Select(p => Path.GetRelativePath(SourceTree.Root, p)).Where(p => Examples(p).Any())];

    private static IEnumerable<string> Paths =>
        [Path.Combine(SourceTree.Root, "README.md"), .. Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "docs"), "*.md", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    public void Dispose() => _shell.Dispose();

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_command_line_works_and_prints_what_is_shown(string document)
    {
        Picture grey = new(80, 60, new byte[80 * 60 * 3]);
        File.WriteAllBytes(_shell.PathOf("picture.jpg"), PictureFile.EncodePng(grey));
        Directory.CreateDirectory(_shell.PathOf("pictures"));
        File.Copy(_shell.PathOf("picture.jpg"), _shell.PathOf("pictures/one.png"));
        File.Copy(Path.Combine(AppContext.BaseDirectory, "demo.h5"), _shell.PathOf("FILE.h5"));
        using (ZipArchive fixtures = ZipFile.OpenRead(Path.Combine(SourceTree.Root, "tests", "Hdf5Loader.Tests", "Fixtures", "weight-files.zip")))
        {
            fixtures.GetEntry("p_own_last.h5")!.ExtractToFile(_shell.PathOf("own.h5"));
        }

        foreach (DocumentExample example in Examples(document))
        {
            string where = $"{document}:{example.Line}: {example.Command}";
            if (example.Command.Contains('[') || example.Command.Contains("...", StringComparison.Ordinal))
            {
                HasItsOptions(example.Command, where);
                continue;
            }

            if (NotRun.Any(n => example.Command.StartsWith(n, StringComparison.Ordinal)))
            {
                HasItsOptions(example.Command, where);
                continue;
            }

            string command = example.Command.Replace("| display", "> display.png", StringComparison.Ordinal);
            using Child child = Child.StartOther(_shell, "/bin/bash", "-c", Program().Replace(command, $"'{Child.Program}'"));
            Assert.True(child.Wait() == 0, $"{where}\n{child.Error}");
            Prints(child, example, where);
        }
    }

    // "..." stands for lines left out; a line is found after the one before it, in the stream that has it.
    private static void Prints(Child child, DocumentExample example, string where)
    {
        string[][] streams = [.. new[] { child.Output, child.Error }.Select(t => t.Split('\n').Select(DocumentExample.Steady).ToArray())];
        int[] at = [0, 0];
        foreach (string line in example.Shown.Where(l => l != "..." && l.Length > 0 && !l.StartsWith("^C", StringComparison.Ordinal)).Select(DocumentExample.Steady))
        {
            int stream = Enumerable.Range(0, 2).FirstOrDefault(s => Array.IndexOf(streams[s], line, at[s]) >= 0, -1);
            Assert.True(stream >= 0, $"{where}\nshows the line\n  {line}\nbut prints\n{child.Output}{child.Error}");
            at[stream] = Array.IndexOf(streams[stream], line, at[stream]) + 1;
        }
    }

    // A line that shows what may be typed: every option in it is one of its command's.
    private void HasItsOptions(string line, string where)
    {
        string[] words = [.. CommandLineParser.SplitCommandLine(Options().Replace(line, " ")).Skip(1).TakeWhile(w => Word().IsMatch(w))];
        int commands = words[0] == "weights" || (words[0] == "sweep" && words.Length > 1) ? 2 : 1;
        Outcome help = _shell.Run([.. words.Take(commands), "--help"]);
        Assert.True(help.Code == 0, where);
        foreach (Match option in Option().Matches(line))
        {
            Assert.True(help.Out.Contains(option.Value, StringComparison.Ordinal), $"{where}\n{option.Value} is no option of it.");
        }
    }

    private static IEnumerable<DocumentExample> Examples(string document) =>
        DocumentExample.In(document, File.ReadAllLines(Path.Combine(SourceTree.Root, document)));

    [GeneratedRegex("^vggcuda(?= )")]
    private static partial Regex Program();

    [GeneratedRegex(@"[\[\]()|]")]
    private static partial Regex Options();

    [GeneratedRegex("--[a-z][a-z-]+")]
    private static partial Regex Option();

    [GeneratedRegex("^[a-z][a-z-]*$")]
    private static partial Regex Word();
}
