using System.CommandLine;
using VggCuda.Cli.Drawing;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Sweeps.Format;
using VggCuda.Cli.Tests.Support;
using VggCuda.Engine.Plans;
using VggCuda.Imaging;

namespace VggCuda.Cli.Tests.Sweeps;

/// <summary>A sweep is drawn with what <c>activate</c> draws one unit with.</summary>
public sealed class SweepOptionTests : IDisposable
{
    // What only makes sense for one run of a few pictures: which they are, what joins them, what they are compared with or start from, and files beside them.
    private static readonly string[] OfActivate =
    [
        "--class", "--sum", "--diversity", "--plan", "--seed-image", "--guide", "--likeness", "--raw", "--alpha", "--gif", "--webp", "--log", "--scale", "--show", "--statistics", "--trust", "--dry-run",
    ];

    private static readonly string[] OfSweep = ["--layers", "--batch", "--shards", "--shard", "--prepare", "--mixed", "--retry", "--grace", "--hang-after"];

    // For every setting a preset that has it, and a value that is not that preset's. The presets' own names are settings too.
    private static readonly Dictionary<string, (string Preset, string Value)> Values = new()
    {
        ["--count"] = ("modern", "2"),
        ["--preset"] = ("modern", "keras-vis"),
        ["--iterations"] = ("modern", "3"),
        ["--seed"] = ("modern", "7"),
        ["--size"] = ("modern", "40"),
        ["--jitter"] = ("modern", "1"),
        ["--act-weight"] = ("modern", "0.5"),
        ["--lp-weight"] = ("modern", "0.25"),
        ["--tv-weight"] = ("modern", "0.25"),
        ["--tv1-weight"] = ("modern", "0.25"),
        ["--decay-weight"] = ("modern", "0.25"),
        ["--rescue"] = ("modern", "2"),
        ["--rate"] = ("modern", "0.2"),
        ["--schedule"] = ("modern", "cosine"),
        ["--warm-up"] = ("modern", "1"),
        ["--normalize-gradient"] = ("modern", "true"),
        ["--views"] = ("modern", "2"),
        ["--noise"] = ("modern", "3"),
        ["--blur"] = ("modern", "0.5"),
        ["--blur-every"] = ("keras-vis", "2"),
        ["--edge-weight"] = ("modern", "0.25"),
        ["--edge-depth"] = ("modern", "3"),
        ["--clip"] = ("modern", "true"),
        ["--spectrum"] = ("maco", "~/spectrum.json"),
        ["--precision"] = ("modern", "fp32"),
    };

    private readonly Shell _shell = new();

    public SweepOptionTests()
    {
        TestNetworks.Write(_shell.PathOf("net.h5"), classes: 5);
        File.WriteAllBytes(_shell.PathOf("p.png"), PictureFile.EncodePng(new Picture(32, 32, [.. Enumerable.Range(0, 32 * 32 * 3).Select(i => (byte)(40 + (i * 7 % 160)))])));
        _shell.Run("spectrum", "build", "~/p.png", "--out", "~/spectrum.json").Succeeded();
    }

    public static TheoryData<string> Settings => [.. new ActivateOptions().Settings.Select(o => o.Name)];

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void Sweep_and_activate_differ_in_these_options_alone()
    {
        RootCommand root = CommandLine.Create(new Terminal { Out = TextWriter.Null, Error = TextWriter.Null });
        Option[] activate = OptionsOf(root, "activate");
        Option[] sweep = OptionsOf(root, "sweep");
        Assert.Equal(OfActivate.Order(StringComparer.Ordinal), NamesOf(activate).Except(sweep.SelectMany(o => (string[])[o.Name, .. o.Aliases])));
        Assert.Equal(OfSweep.Order(StringComparer.Ordinal), NamesOf(sweep).Except(NamesOf(activate)));
        Assert.Equal(Values.Keys.Order(StringComparer.Ordinal), new ActivateOptions().Settings.Select(o => o.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Settings))]
    public void Every_setting_is_in_the_plan_and_in_the_key(string setting)
    {
        (string preset, string value) = Values[setting];

        // How deep the edge is counts where its roughness does.
        string[] beside = setting == "--edge-depth" ? ["--edge-weight", "0.5"] : [];
        SweepFolder without = Prepared("without", ["--preset", preset, .. beside]);
        SweepFolder with = Prepared("with", setting == "--preset" ? ["--preset", value] : ["--preset", preset, .. beside, setting, value]);
        Assert.NotEqual(without.Manifest.Parts[0].Plan.GetRawText(), with.Manifest.Parts[0].Plan.GetRawText());
        Assert.Equal(setting == "--count" ? without.Count : 0, without.Units.Select(u => u.Unit.Key).Intersect(with.Units.Select(u => u.Unit.Key)).Count());
        _shell.Run("sweep", "--weights", "~/net.h5", "--device", "cpu", "--out", "~/without", setting, value).Failed(2);
    }

    [Theory]
    [InlineData("modern")]
    [InlineData("maco")]
    [InlineData("keras-vis")]
    public void With_all_settings_together_a_unit_is_what_activate_draws_and_is_drawn_again(string preset)
    {
        // keras-vis takes the network's size alone, and its jitter replaces the picture that further views would be of.
        bool isPixels = preset == "keras-vis";
        string[] method =
        [
            "--preset", preset,
            .. Values.Where(v => v.Key is not ("--count" or "--preset") && (v.Value.Preset == "modern" || v.Value.Preset == preset) && !(isPixels && v.Key is ("--size" or "--views" or "--clip"))).SelectMany(v => (string[])[v.Key, v.Value.Value]),
        ];
        Sweep("s", [.. method, "--shards", "2", "--prepare"]);
        foreach (string shard in (string[])["0/2", "1/2"])
        {
            // As a line of Slurm's batch file draws it.
            _shell.Run("sweep", "--weights", "~/net.h5", "--device", "cpu", "--out", "~/s", "--shard", shard).Succeeded();
        }

        _shell.Run("sweep", "merge", "~/s").Succeeded();
        SweepFolder folder = SweepFolder.Open(_shell.PathOf("s"));
        string swept = folder.PicturePath(folder.Manifest.Parts[0], folder.Manifest.Parts[0].Units[1]);
        string[] alone = ["--weights", "~/net.h5", "--device", "cpu", "--scale", "1", "--quiet"];
        _shell.Run(["activate", .. alone, "--class", "2", .. method, "--out", "~/a.png"]).Succeeded();
        Assert.Equal(RenderPlan.FromJson(PngText.Read(_shell.PathOf("a.png"))["vggcuda:plan"]).ToJson(), RenderPlan.FromJson(PngText.Read(swept)["vggcuda:plan"]).ToJson());

        // The lines of a report's page.
        _shell.Run("verify", swept, "--weights", "~/net.h5", "--device", "cpu").Succeeded();
        _shell.Run(["activate", "--plan", swept, .. alone, "--out", "~/again.png"]).Succeeded();
        Assert.Equal(PictureFile.Read(_shell.PathOf("a.png")).Rgb, PictureFile.Read(_shell.PathOf("again.png")).Rgb);
        _shell.Run("rerun", swept, "--weights", "~/net.h5", "--device", "cpu", "--iterations", "4", "--out", "~/longer.png").Succeeded();
        _shell.Run("report", "~/s", "--out", "~/r").Succeeded();
        Assert.Contains("activate --plan pictures/predictions/0002.png", File.ReadAllText(_shell.PathOf("r/units/predictions/0002.html")), StringComparison.Ordinal);
    }

    [Fact]
    public void What_does_not_go_with_the_preset_is_refused()
    {
        Refused("belongs to the preset maco", "--spectrum", "~/spectrum.json");
        Refused("begin with noise", "--preset", "accentuate");
        Refused("a spectrum", "--blur-every", "2");
        Refused("between 1 and 64", "--views", "65");
    }

    private static Option[] OptionsOf(RootCommand root, string command) =>
        [.. root.Subcommands.Single(c => c.Name == command).Options.Where(o => o is not System.CommandLine.Help.HelpOption)];

    private static string[] NamesOf(Option[] options) => [.. options.Select(o => o.Name).Order(StringComparer.Ordinal)];

    private SweepFolder Prepared(string name, params string[] options) => Sweep(name, [.. options, "--prepare"]);

    private SweepFolder Sweep(string name, params string[] options)
    {
        _shell.Run(["sweep", "--weights", "~/net.h5", "--device", "cpu", "--layers", "predictions", "--filter", "1,2", "--out", "~/" + name, .. options]).Succeeded();
        return SweepFolder.Open(_shell.PathOf(name));
    }

    private void Refused(string words, params string[] options) =>
        _shell.Run(["sweep", "--weights", "~/net.h5", "--device", "cpu", "--layers", "predictions", "--out", "~/none", .. options]).Failed(2, words);
}
