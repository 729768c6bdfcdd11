using System.Text.Json;
using System.Text.RegularExpressions;
using VggCuda.Cli.Sweeps.Format;
using VggCuda.Cli.Tests.Support;

namespace VggCuda.Cli.Tests.Sweeps;

/// <summary>The whole of the bundled network, every layer and unit, swept by the program as it is started, and its report: in small, with hardly a step each.</summary>
public sealed partial class WholeNetworkTests : IDisposable
{
    // Of docs/report.md: 5,000 units stay below 20 MB.
    private const long MostIndexBytes = 20_000_000;
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void Every_unit_of_every_layer_is_drawn_and_has_its_page()
    {
        using (Child sweep = Child.Start(_shell, "sweep", "--weights", "demo", "--device", "cpu", "--layers", "all", "--iterations", "1", "--batch", "16", "--out", "s", "--quiet"))
        {
            Assert.True(sweep.Wait() == 0, sweep.Error);
        }

        SweepFolder folder = SweepFolder.Open(_shell.PathOf("s"));
        Assert.Equal(16, folder.Manifest.Parts.Count);
        Assert.Equal(folder.Manifest.Parts.Sum(p => p.Units.Count), folder.Count);
        JsonElement status = JsonDocument.Parse(_shell.Run("sweep", "status", "~/s", "--json").Succeeded().Out).RootElement;
        Assert.Equal((folder.Count, folder.Count, 0, 0, 0), (Number("units"), Number("done"), Number("missing"), Number("failed"), Number("mixed")));
        Assert.Contains($"{folder.Count} of {folder.Count} pictures are there and whole", _shell.Run("sweep", "merge", "~/s").Succeeded().Out, StringComparison.Ordinal);
        Assert.Equal(folder.Count, File.ReadLines(_shell.PathOf("s/units.jsonl")).Count());

        _shell.Run("report", "~/s", "--quiet").Succeeded();
        string report = _shell.PathOf("s/report");
        Assert.Equal(
            folder.Units.Select(u => $"{u.Part.Name}/{u.Unit.Name}.html").Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(Path.Combine(report, "units"), "*", SearchOption.AllDirectories).Select(p => Path.GetRelativePath(Path.Combine(report, "units"), p)).Order(StringComparer.Ordinal));
        FileInfo index = new(Path.Combine(report, "index.html"));
        long shown = index.Length + new DirectoryInfo(Path.Combine(report, "thumbs")).EnumerateFiles().Sum(f => f.Length) + new FileInfo(Path.Combine(report, "thumbs.css")).Length;
        Assert.InRange(shown, 1, MostIndexBytes);

        // Whatever the index and each page link to is there, and every unit is linked to.
        HashSet<string> linked = [];
        foreach (string page in Directory.EnumerateFiles(report, "*.html", SearchOption.AllDirectories))
        {
            foreach (Match match in Link().Matches(File.ReadAllText(page)))
            {
                string target = Path.GetFullPath(Uri.UnescapeDataString(match.Groups[1].Value), Path.GetDirectoryName(page)!);
                if (linked.Add(target))
                {
                    Assert.True(File.Exists(target), $"{page} links to {target}");
                }
            }
        }

        Assert.All(folder.Units, u => Assert.Contains(Path.Combine(report, "units", u.Part.Name, u.Unit.Name + ".html"), linked));
        Assert.All(folder.Units, u => Assert.Contains(Path.Combine(report, "pictures", u.Part.Name, u.Unit.Name + ".png"), linked));

        int Number(string name) => status.GetProperty(name).GetInt32();
    }

    [GeneratedRegex("(?:href|src)=\"?([^\"#?> ]+)")]
    private static partial Regex Link();
}
