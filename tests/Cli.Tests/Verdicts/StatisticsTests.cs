using System.Text.Json.Nodes;
using AngleSharp.Html.Parser;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Tests.Support;
using VggCuda.Engine.Model;
using VggCuda.Engine.Verdicts;
using VggCuda.Hdf5Loader;
using VggCuda.Imaging;
using VggCuda.Tests.Shared;

namespace VggCuda.Cli.Tests.Verdicts;

/// <summary><c>statistics</c>, and what <c>activate</c>, <c>sweep</c> and <c>report</c> make of them.</summary>
public sealed class StatisticsTests : IDisposable
{
    private readonly Shell _shell = new();

    public StatisticsTests()
    {
        TestNetworks.Write(_shell.PathOf("net.h5"), classes: 5);
        TestNetworks.Write(_shell.PathOf("other.h5"), classes: 5, v => v * 0.5f);
        Directory.CreateDirectory(_shell.PathOf("photos"));
        Random random = new(3);
        for (int i = 0; i < 7; i++)
        {
            byte[] noise = new byte[40 * 40 * 3];
            random.NextBytes(noise);
            PictureFile.WritePng(new Picture(40, 40, noise), _shell.PathOf($"photos/p{i}.png"));
        }
    }

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void The_bundled_model_s_are_its_own()
    {
        UnitStatistics statistics = UnitStatistics.Parse(File.ReadAllBytes(Path.Combine(SourceTree.Root, "models", "demo.statistics.json")));
        using KerasWeights weights = KerasWeights.Open(Path.Combine(SourceTree.Root, "models", "demo.h5"));
        Network network = Network.FromWeights(weights);
        statistics.CheckFits(network, weights.ComputeSha256()!);
        Assert.Equal(network.Topology.Layers.Where(l => l.HasWeights).Select(l => l.Name), statistics.Layers.Select(l => l.Name));
        Assert.Equal(network.Topology.FixedInputSize, statistics.Side);
        Assert.True(statistics.Pictures >= 1000);
        Assert.All(statistics.Likeness[^1].Classes, c => Assert.True(c is { Pictures: >= 10 } && c.Same > c.Other));
    }

    [Fact]
    public void A_folder_s_lie_beside_the_weights_and_every_picture_gets_its_verdict()
    {
        Assert.Contains("on 7 pictures", _shell.Run("statistics", "~/photos", "--weights", "~/net.h5", "--device", "reference").Succeeded().Out, StringComparison.Ordinal);
        UnitStatistics statistics = UnitStatistics.Parse(File.ReadAllBytes(_shell.PathOf("net.statistics.json")));
        Assert.Equal((7, 32, 16), (statistics.Pictures, statistics.Side, statistics.Layers.Length));
        string said = Activate("--layer", "block1_conv1", "--filter", "0,1").Succeeded().Out;
        Assert.Equal(2, said.Split('\n').Count(l => l.StartsWith("  Verdict: ", StringComparison.Ordinal)));
        JsonNode[] channels = [.. Record()["pictures"]!.AsArray().Select(p => p!["channels"]![0]!)];
        Assert.All(channels, c => Assert.Contains((string?)c["verdict"], (string[])["percentile", "never active", "no gradient"]));
        Assert.All(channels, c => Assert.InRange((double)c["percentile"]!, 0, 100));
        Assert.Null(Record()["pictures"]![0]!["trust"]);
    }

    [Fact]
    public void Without_any_nothing_is_said()
    {
        Assert.DoesNotContain("Verdict", Activate("--class", "1").Succeeded().Out, StringComparison.Ordinal);
        Assert.Null(Record()["pictures"]![0]!["channels"]![0]!["verdict"]);
    }

    [Fact]
    public void Another_network_s_are_refused_where_they_are_named_and_left_out_where_they_are_found()
    {
        _shell.Run("statistics", "~/photos", "--weights", "~/other.h5", "--device", "reference", "--out", "~/other.json").Succeeded();
        Activate("--class", "1", "--statistics", "~/other.json").Failed(ExitCode.File, "of another network", "other weights", "vggcuda statistics");
        Assert.False(File.Exists(_shell.PathOf("a.png")));
        File.Move(_shell.PathOf("other.json"), _shell.PathOf("net.statistics.json"));
        Outcome found = Activate("--class", "1").Succeeded();
        Assert.Contains("of another network", found.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Verdict", found.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "no file of unit statistics")]
    [InlineData(null, "net.json")]
    public void What_is_no_file_of_statistics_is_told(string? content, string words)
    {
        if (content is not null)
        {
            File.WriteAllText(_shell.PathOf("net.json"), content);
        }

        Activate("--class", "1", "--statistics", "~/net.json").Failed(ExitCode.File, words);
    }

    [Fact]
    public void A_picture_that_cannot_be_read_is_left_out_and_told()
    {
        File.WriteAllText(_shell.PathOf("photos/p9.png"), "no picture");
        Outcome outcome = _shell.Run("statistics", "~/photos", "--weights", "~/net.h5", "--device", "reference", "--out", "~/s.json");
        Assert.Equal(ExitCode.File, outcome.Code);
        Assert.Contains("p9.png", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(7, UnitStatistics.Parse(File.ReadAllBytes(_shell.PathOf("s.json"))).Pictures);
        File.WriteAllText(_shell.PathOf("nothing.png"), "no picture");
        Assert.Equal(ExitCode.File, _shell.Run("statistics", "~/nothing.png", "--weights", "~/net.h5", "--out", "~/t.json").Code);
        Assert.False(File.Exists(_shell.PathOf("t.json")));
    }

    [Fact]
    public void Trust_is_said_of_class_pictures_alone()
    {
        string said = _shell.Run("activate", "--weights", "demo", "--device", "cpu", "--class", "bird", "--iterations", "4", "--trust", "--out", "~/a.png").Succeeded().Out;
        Assert.Contains("  Trust: block1_conv2 ", said, StringComparison.Ordinal);
        JsonArray trust = Record()["pictures"]![0]!["trust"]!.AsArray();
        Assert.Equal(["block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3", "block5_conv3"], trust.Select(t => (string?)t!["layer"]));
        Assert.NotNull(trust[^1]!["value"]);
        _shell.Run("activate", "--weights", "demo", "--device", "cpu", "--layer", "block1_conv1", "--filter", "0", "--trust", "--out", "~/b.png").Failed(ExitCode.Usage, "--trust", "class");
        Activate("--class", "1", "--trust").Failed(ExitCode.Usage, "--trust", "vggcuda statistics");
    }

    [Fact]
    public void A_sweep_keeps_verdicts_and_a_report_shows_and_sorts_by_them()
    {
        _shell.Run("statistics", "~/photos", "--weights", "~/net.h5", "--device", "reference").Succeeded();
        using (Child child = Child.Start(_shell, "sweep", "--weights", _shell.PathOf("net.h5"), "--device", "cpu", "--out", _shell.PathOf("s"), "--layers", "block1_conv2,predictions", "--iterations", "3"))
        {
            Assert.Equal(0, child.Wait());
        }

        JsonNode record = JsonNode.Parse(File.ReadAllText(_shell.PathOf("s/records/predictions/0003.json")))!;
        Assert.Equal("percentile", (string?)record["verdict"]);
        Assert.InRange((double)record["percentile"]!, 0, 100);
        _shell.Run("report", "~/s").Succeeded();
        AngleSharp.Html.Dom.IHtmlDocument index = new HtmlParser().ParseDocument(File.ReadAllText(_shell.PathOf("s/report/index.html")));
        Assert.Equal(7, index.QuerySelectorAll(".tiles li[data-v]").Length);
        Assert.NotNull(index.QuerySelector("#sort option[value=v]"));
        Assert.Contains("of the sample pictures", File.ReadAllText(_shell.PathOf("s/report/units/predictions/0003.html")), StringComparison.Ordinal);
    }

    private Outcome Activate(params string[] arguments) =>
        _shell.Run(["activate", "--weights", "~/net.h5", "--device", "reference", "--iterations", "2", "--out", "~/a.png", .. arguments]);

    private JsonNode Record() => JsonNode.Parse(File.ReadAllText(_shell.PathOf("a.json")))!["renders"]![0]!;
}
