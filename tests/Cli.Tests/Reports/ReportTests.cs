using System.Text;
using System.Text.Json.Nodes;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using VggCuda.Cli.Sweeps.Format;
using VggCuda.Cli.Tests.Support;
using VggCuda.Imaging;

namespace VggCuda.Cli.Tests.Reports;

/// <summary>What the pages of a report hold. What a browser makes of them is in <see cref="ReportBrowserTests"/>.</summary>
public sealed class ReportTests : IDisposable
{
    private const string Hostile = "<script>alert(1)</script>\"'>&amp;<img src=x onerror=alert(2)>\u202Eend\u0001";
    private readonly Shell _shell = new();

    public ReportTests() => TestNetworks.Write(_shell.PathOf("net.h5"), classes: 5);

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void A_sweep_becomes_an_index_and_a_page_for_each_unit()
    {
        SweepFolder sweep = Sweep("s", "--layers", "block1_conv2,predictions", "--iterations", "4");
        Assert.Contains("report of 7 pages", _shell.Run("report", "~/s").Succeeded().Out, StringComparison.Ordinal);
        IHtmlDocument index = Page("s/report/index.html");
        Assert.Equal(["block1_conv2", "predictions"], index.QuerySelectorAll("main > section h2 bdi").Select(h => h.TextContent));
        Assert.Equal(7, index.QuerySelectorAll(".tiles li").Length);
        Assert.Equal(2 + 5, index.QuerySelectorAll(".tiles li[data-a]").Length);
        Assert.Equal(5, index.QuerySelectorAll(".tiles li[data-p]").Length);
        int pages = CheckAll("s/report");
        Assert.Equal(8, pages);

        // The picture is the sweep's own, and the command line on the page draws it again.
        IHtmlDocument page = Page("s/report/units/predictions/0003.html");
        Assert.Equal("predictions, class 3", page.QuerySelector("h1")!.TextContent);
        Assert.Equal(File.ReadAllBytes(_shell.PathOf("s/pictures/predictions/0003.png")), File.ReadAllBytes(_shell.PathOf("s/report/pictures/predictions/0003.png")));
        UnitRecord record = sweep.DoneOf(sweep.Manifest.Parts[1], sweep.Manifest.Parts[1].Units[3])!;
        Assert.Contains(record.Pixels, page.Body!.TextContent, StringComparison.Ordinal);
        Assert.Equal(4, page.QuerySelector("path.curve")!.GetAttribute("d")!.Count(c => c is 'M' or 'L'));
        string[] command = page.QuerySelector("pre code")!.TextContent.Split(' ');
        Assert.Equal("vggcuda", command[0]);
        _shell.Run([.. command[1..].Select(w => w == "again.png" ? "~/again.png" : w.StartsWith("pictures/", StringComparison.Ordinal) ? "~/s/report/" + w : w), "--scale", "1", "--device", "cpu"]).Succeeded();
        Assert.Equal("4", JsonNode.Parse(File.ReadAllText(_shell.PathOf("again.json")))!["renders"]![0]!["pictures"]![0]!["steps"]!.ToString());
        Assert.Equal(record.Activation, (double)JsonNode.Parse(File.ReadAllText(_shell.PathOf("again.json")))!["renders"]![0]!["pictures"]![0]!["activation"]!);

        // Thumbnails show the pictures in their places.
        Picture sheet = PictureFile.Read(_shell.PathOf("s/report/thumbs/s0.webp"));
        Picture small = Resizing.Fit(PictureFile.Read(_shell.PathOf("s/pictures/predictions/0003.png")), 80, 80);
        Assert.Equal("t s0 p5", index.QuerySelectorAll(".tiles li")[5].QuerySelector("i")!.ClassName);
        double difference = 0;
        for (int y = 0; y < 80; y++)
        {
            for (int x = 0; x < 80 * 3; x++)
            {
                difference += Math.Abs(small.Rgb[(y * 240) + x] - sheet.Rgb[(y * sheet.Width * 3) + (5 * 240) + x]);
            }
        }

        Assert.InRange(difference / small.Rgb.Length, 0, 24);
    }

    [Fact]
    public void Names_from_files_are_text_wherever_they_stand()
    {
        SweepFolder model = Sweep("s", "--layers", "predictions", "--iterations", "2");
        MadeSweep.Write(_shell.PathOf("h"), model, [(Hostile, 2)], _ => Hostile);
        string manifest = _shell.PathOf("h/sweep.json");
        JsonNode json = JsonNode.Parse(File.ReadAllText(manifest))!;
        json["weights"]!["name"] = Hostile;
        json["weights"]!["path"] = "/tmp/a'; touch x '" + Hostile;
        json["preset"] = Hostile;
        File.WriteAllText(manifest, json.ToJsonString());
        File.Delete(_shell.PathOf("h/records/part-0/0001.json"));
        File.WriteAllText(_shell.PathOf("h/failures/part-0/0001.json"), new JsonObject { ["key"] = "k", ["part"] = "part-0", ["unit"] = "0001", ["attempts"] = 3, ["reason"] = Hostile, ["host"] = Hostile, ["when"] = "2026-01-01T00:00:00+00:00" }.ToJsonString());
        _shell.Run("report", "~/h").Succeeded();
        Assert.Equal(3, CheckAll("h/report"));
        IHtmlDocument page = Page("h/report/units/part-0/0000.html");
        string shown = Hostile.Replace('\u202E', '\uFFFD').Replace('\u0001', '\uFFFD');
        Assert.Equal($"{shown}, class 0 {shown}", page.QuerySelector("h1")!.TextContent);
        Assert.Contains(@"--weights '/tmp/a'\''; touch x '\''<script>", page.QuerySelector("pre code")!.TextContent, StringComparison.Ordinal);
        Assert.Contains($"given up after 3 attempts: {shown}", Page("h/report/units/part-0/0001.html").QuerySelector("figcaption")!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_sweeps_stand_side_by_side()
    {
        Sweep("a", "--layers", "block1_conv2,predictions", "--iterations", "2");
        Sweep("b", "--layers", "predictions", "--filter", "1-3", "--iterations", "3", "--seed", "9", "--count", "1");
        _shell.Run("report", "~/a", "~/b", "--out", "~/r").Succeeded();
        Assert.Equal(8, CheckAll("r"));
        IHtmlDocument index = Page("r/index.html");
        IElement[] tiles = [.. index.QuerySelectorAll(".tiles li")];
        Assert.Equal(7, tiles.Length);
        Assert.All(tiles, t => Assert.Equal(2, t.QuerySelectorAll("i").Length));
        Assert.Equal(["t s0 p3", "t z0 p0"], tiles[3].QuerySelectorAll("i").Select(i => i.ClassName));
        Assert.Equal(3, index.QuerySelectorAll(".tiles li[data-d]").Length);
        IHtmlDocument both = Page("r/units/predictions/0001.html");
        Assert.Equal(["../../pictures/predictions/0001.png", "../../pictures-2/predictions/0001.png"], both.QuerySelectorAll("img").Select(i => i.GetAttribute("src")));
        Assert.Equal(2, both.QuerySelectorAll("path.curve").Length);
        Assert.Contains("differs", both.QuerySelectorAll("tr").First(r => r.TextContent.StartsWith("Seed", StringComparison.Ordinal)).ClassName!, StringComparison.Ordinal);
        Assert.Contains("not part of it", Page("r/units/predictions/0000.html").QuerySelector("figure.none")!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Records_of_single_runs_become_pages_too()
    {
        Directory.CreateDirectory(_shell.PathOf("d"));
        string[] common = ["--weights", "~/net.h5", "--device", "cpu"];
        _shell.Run(["activate", .. common, "--class", "1,2", "--iterations", "3", "--out", "~/d/a.png", "--log", "~/d/a.log"]).Succeeded();
        _shell.Run(["activate", .. common, "--class", "1", "--iterations", "2", "--out", "~/d/gone.png"]).Succeeded();
        File.Copy(_shell.PathOf("d/a.png"), _shell.PathOf("d/gone.png"), overwrite: true);
        Outcome answers = _shell.Run(["attribute", .. common, "~/d/a.png", "--out", "~/d/maps.png", "--json", "--method", "saliency"]).Succeeded();
        File.WriteAllText(_shell.PathOf("d/maps.json"), answers.Out);
        File.WriteAllText(_shell.PathOf("d/photo.json"), answers.Out);
        File.WriteAllText(_shell.PathOf("d/other.json"), "{\"renders\": 3}");
        File.WriteAllText(_shell.PathOf("d/unrelated.json"), "[1]");
        Outcome report = _shell.Run("report", "~/d").Succeeded();
        Assert.Contains("other.json' is left out", report.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("unrelated", report.Error, StringComparison.Ordinal);
        Assert.Equal(5, CheckAll("d/report"));
        Assert.Equal(2, Page("d/report/units/a/001.html").QuerySelectorAll("path.curve").Length);
        Assert.Contains("has been replaced since", Page("d/report/units/gone/001.html").QuerySelector("figcaption")!.TextContent, StringComparison.Ordinal);
        Assert.Contains("saliency", Page("d/report/units/maps/001.html").Body!.TextContent, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(_shell.PathOf("d/maps.png")), File.ReadAllBytes(_shell.PathOf("d/report/pictures/maps/001.png")));
        Assert.Equal(File.ReadAllBytes(_shell.PathOf("d/a.png")), File.ReadAllBytes(_shell.PathOf("d/report/pictures/photo/001.png")));
    }

    [Fact]
    public void A_record_from_elsewhere_opens_no_file_but_those_beside_it()
    {
        Directory.CreateDirectory(_shell.PathOf("d"));
        _shell.Run("activate", "--weights", "~/net.h5", "--device", "cpu", "--class", "1", "--iterations", "2", "--out", "~/secret.png").Succeeded();
        JsonNode record = JsonNode.Parse(File.ReadAllText(_shell.PathOf("secret.json")))!;
        Assert.Equal(_shell.PathOf("secret.png"), record["renders"]![0]!["files"]![0]!["path"]!.ToString());
        File.WriteAllText(_shell.PathOf("d/r.json"), record.ToJsonString());
        File.WriteAllText(_shell.PathOf("d/x.json"), """[{"file": "../secret.png", "class": 1, "name": null, "logit": 1, "probability": 1, "top": [], "methods": [null]}]""");
        _shell.Run("report", "~/d").Succeeded();
        Assert.Equal(3, CheckAll("d/report"));
        Assert.Empty(Directory.EnumerateFiles(_shell.PathOf("d/report/pictures"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void What_cannot_be_reported_is_said()
    {
        Directory.CreateDirectory(_shell.PathOf("empty"));
        _shell.Run("report", "~/empty").Failed(3, "holds nothing to report");
        _shell.Run("report", "~/nowhere").Failed(3, "There is no folder");
        Assert.Equal([], _shell.FilesIn("empty"));
        Sweep("s", "--layers", "predictions", "--iterations", "2");
        _shell.Run("report", "~/s", "--examples", "~/empty").Failed(3, "no examples.json");
        Directory.CreateDirectory(_shell.PathOf("site"));
        File.WriteAllText(_shell.PathOf("site/index.html"), "<p>mine</p>");
        _shell.Run("report", "~/s", "--out", "~/site").Failed(3, "was not written by this command");
        _shell.Run("report", "~/s", "--out", "~/s").Failed(2, "a report needs one of its own");
        _shell.Run("report", "~/s", "--out", "-").Failed(2, "--out needs a folder");

        // A picture that is damaged has no thumbnail; the rest is there. A second report replaces the first.
        _shell.Run("report", "~/s").Succeeded();
        byte[] png = File.ReadAllBytes(_shell.PathOf("s/pictures/predictions/0002.png"));
        png[png.Length / 2] ^= 0xFF;
        File.WriteAllBytes(_shell.PathOf("s/pictures/predictions/0002.png"), png);
        Assert.Contains("0002.png", _shell.Run("report", "~/s").Succeeded().Error, StringComparison.Ordinal);
        Assert.Single(Page("s/report/index.html").QuerySelectorAll(".t.none"));
        Assert.Equal(6, CheckAll("s/report"));
    }

    [Fact]
    public void Five_thousand_units_make_an_index_that_a_browser_takes_easily()
    {
        SweepFolder model = Sweep("s", "--layers", "predictions", "--iterations", "2");
        MadeSweep.Write(_shell.PathOf("big"), model, [("block4_conv1", 2000), ("block5_conv3", 2000), ("predictions", 1000)], i => $"class name {i}");
        _shell.Run("report", "~/big").Succeeded();
        IHtmlDocument index = Page("big/report/index.html");
        Assert.Equal(5000, index.QuerySelectorAll(".tiles li").Length);
        Assert.InRange(index.All.Length, 5000, 27_000);

        // Noise is the worst that thumbnails can be of.
        long bytes = new DirectoryInfo(_shell.PathOf("big/report")).EnumerateFiles().Sum(f => f.Length) + new DirectoryInfo(_shell.PathOf("big/report/thumbs")).EnumerateFiles().Sum(f => f.Length);
        TestContext.Current.TestOutputHelper?.WriteLine($"{index.All.Length} elements, index.html {new FileInfo(_shell.PathOf("big/report/index.html")).Length} bytes, {bytes} with thumbnails");
        Assert.InRange(bytes, 0, 20_000_000);
        Assert.InRange(new FileInfo(_shell.PathOf("big/report/index.html")).Length, 0, 2_000_000);
    }

    private SweepFolder Sweep(string folder, params string[] arguments)
    {
        _shell.Run(["sweep", "--weights", "~/net.h5", "--device", "cpu", "--out", "~/" + folder, .. arguments]).Succeeded();
        return SweepFolder.Open(_shell.PathOf(folder));
    }

    private IHtmlDocument Page(string path) => new HtmlParser(new HtmlParserOptions { IsStrictMode = false }).ParseDocument(File.ReadAllText(_shell.PathOf(path), Encoding.UTF8));

    // Every page: our scripts and styles alone, nothing inline, every link and picture there, every id once, every picture described, a heading.
    private int CheckAll(string report)
    {
        string root = _shell.PathOf(report);
        string[] pages = [.. Directory.EnumerateFiles(root, "*.html", SearchOption.AllDirectories)];
        foreach (string path in pages)
        {
            IHtmlDocument page = Page(path);
            string folder = Path.GetDirectoryName(path)!;
            Assert.StartsWith("default-src 'none'", page.QuerySelector("meta[http-equiv=Content-Security-Policy]")!.GetAttribute("content")!, StringComparison.Ordinal);
            Assert.EndsWith("report.js", Assert.Single(page.QuerySelectorAll("script")).GetAttribute("src")!, StringComparison.Ordinal);
            Assert.Empty(page.QuerySelectorAll("style, iframe, object, embed, base"));
            Assert.DoesNotContain(page.All.SelectMany(e => e.Attributes), a => a.Name.StartsWith("on", StringComparison.Ordinal) || a.Name == "style");
            string[] ids = [.. page.All.Select(e => e.GetAttribute("id")).OfType<string>()];
            Assert.Equal(ids.Length, ids.Distinct().Count());
            Assert.Single(page.QuerySelectorAll("h1"));
            Assert.All(page.QuerySelectorAll("img"), i => Assert.False(string.IsNullOrWhiteSpace(i.GetAttribute("alt"))));
            Assert.DoesNotContain(page.Body!.TextContent, c => char.IsControl(c) && c is not ('\n' or '\t'));
            foreach (string link in page.All.SelectMany(e => (string?[])[e.GetAttribute("href"), e.GetAttribute("src")]).OfType<string>())
            {
                Assert.DoesNotContain(':', link);
                string[] parts = link.Split('#');
                string target = parts[0].Length == 0 ? path : Path.GetFullPath(Path.Combine(folder, parts[0]));
                Assert.StartsWith(root + Path.DirectorySeparatorChar, target, StringComparison.Ordinal);
                Assert.True(File.Exists(target), $"{path} links to {link}, which is not there");
                Assert.True(parts.Length == 1 || Page(target).GetElementById(parts[1]) is not null, $"{path} links to {link}, of which there is no such place");
            }
        }

        string styles = File.ReadAllText(Path.Combine(root, "thumbs.css"));
        foreach (string file in Directory.EnumerateFiles(Path.Combine(root, "thumbs")))
        {
            Assert.Contains($"url(thumbs/{Path.GetFileName(file)})", styles, StringComparison.Ordinal);
            PictureFile.Read(file);
        }

        return pages.Length;
    }
}
