using VggCuda.Cli.Tests.Support;
using VggCuda.Engine.Plans;
using VggCuda.Imaging;

namespace VggCuda.Cli.Tests;

/// <summary><c>activate --plan</c>: what a picture, its record or a plan says, drawn again.</summary>
public sealed class DrawAgainTests : IDisposable
{
    private readonly Shell _shell = new();

    public DrawAgainTests() => TestNetworks.Write(_shell.PathOf("net.h5"), classes: 5);

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void A_picture_its_record_and_its_plan_alone_give_the_same_picture()
    {
        Activate("--class", "3,1", "--count", "2", "--seed", "5", "--iterations", "3", "--tv-weight", "2", "--out", "~/a.png").Succeeded();
        Activate("--plan", "~/a.png", "--out", "~/b.png").Succeeded();
        Activate("--plan", "~/a.json", "--out", "~/c.png").Succeeded();
        File.WriteAllText(_shell.PathOf("plan.json"), PngText.Read(_shell.PathOf("a.png"))["vggcuda:plan"]);
        Activate("--plan", "~/plan.json", "--out", "~/d.png").Succeeded();
        foreach (string again in (string[])["b.png", "c.png", "d.png"])
        {
            Assert.Equal(PictureFile.Read(_shell.PathOf("a.png")).Rgb, PictureFile.Read(_shell.PathOf(again)).Rgb);
            Assert.Equal(PngText.Read(_shell.PathOf("a.png"))["vggcuda:plan"], PngText.Read(_shell.PathOf(again))["vggcuda:plan"]);
        }
    }

    [Fact]
    public void A_plan_of_a_picture_of_version_0_1_is_drawn_as_its_options_are()
    {
        Activate("--class", "2", "--iterations", "3", "--out", "~/a.png").Succeeded();
        string plan = PngText.Read(_shell.PathOf("a.png"))["vggcuda:plan"];
        System.Text.Json.Nodes.JsonObject first = System.Text.Json.Nodes.JsonNode.Parse(plan)!.AsObject();
        Assert.True(first.Remove("format") && first.Remove("display") && first.Remove("parameters") && first["objective"]!.AsObject().Remove("kind"));
        PictureFile.WritePng(PictureFile.Read(_shell.PathOf("a.png")), _shell.PathOf("old.png"), new Dictionary<string, string> { ["vggcuda:plan"] = first.ToJsonString() });
        Activate("--plan", "~/old.png", "--out", "~/b.png").Succeeded();
        Assert.Equal(PictureFile.Read(_shell.PathOf("a.png")).Rgb, PictureFile.Read(_shell.PathOf("b.png")).Rgb);
    }

    [Fact]
    public void Options_beside_a_plan_take_the_place_of_what_it_says_and_of_nothing_else()
    {
        Activate("--class", "3", "--iterations", "3", "--tv-weight", "2", "--out", "~/a.png").Succeeded();
        Activate("--plan", "~/a.png", "--iterations", "5", "--lp-weight", "0", "--out", "~/b.png").Succeeded();
        RenderPlan old = Plan("a.png");
        RenderPlan changed = Plan("b.png");
        Assert.Equal((5, "activation tv total"), (changed.Iterations, string.Join(' ', changed.LossNames)));
        Assert.Equal(old.Regularizers[1], changed.Regularizers[1]);
        Assert.Equal(old.Transforms.AsEnumerable(), changed.Transforms);
    }

    [Fact]
    public void A_start_picture_is_wanted_again_and_no_other_is_taken()
    {
        File.WriteAllBytes(_shell.PathOf("s.png"), PictureFile.EncodePng(Ramp(3)));
        File.WriteAllBytes(_shell.PathOf("other.png"), PictureFile.EncodePng(Ramp(7)));
        Activate("--class", "3", "--iterations", "2", "--seed-image", "~/s.png", "--out", "~/a.png").Succeeded();
        Activate("--plan", "~/a.png", "--out", "~/b.png").Failed(2, "The plan starts from a picture 's.png'; give that picture with --seed-image.");
        Activate("--plan", "~/a.png", "--seed-image", "~/other.png", "--out", "~/b.png").Failed(2, "(the one given has other values)");
        Activate("--plan", "~/a.png", "--seed-image", "~/s.png", "--out", "~/b.png").Succeeded();
        Assert.Equal(PictureFile.Read(_shell.PathOf("a.png")).Rgb, PictureFile.Read(_shell.PathOf("b.png")).Rgb);
    }

    [Fact]
    public void What_is_no_plan_is_refused()
    {
        File.WriteAllBytes(_shell.PathOf("s.png"), PictureFile.EncodePng(Ramp(3)));
        File.WriteAllText(_shell.PathOf("list.json"), "[1, 2]");
        File.WriteAllText(_shell.PathOf("broken.json"), "{\"seeds\": [");
        File.WriteAllText(_shell.PathOf("later.json"), "{\"format\": 99}");
        File.WriteAllText(_shell.PathOf("odd.json"), "{\"format\": \"\\u001b[31m\"}");
        Activate("--plan", "~/s.png", "--out", "~/b.png").Failed(3, "carries no plan");
        Activate("--plan", "~/list.json", "--out", "~/b.png").Failed(3, "holds no plan");
        Activate("--plan", "~/broken.json", "--out", "~/b.png").Failed(3, "holds no plan");
        Activate("--plan", "~/later.json", "--out", "~/b.png").Failed(3, "format 99; this program reads 1 to 2");
        Activate("--plan", "~/odd.json", "--out", "~/b.png").Failed(3, "this program reads 1 to 2");
        Activate("--plan", "~/missing.png", "--out", "~/b.png").Failed(3, "missing.png");
        Activate("--plan", "~/s.png", "--class", "3", "--out", "~/b.png").Failed(2, "--class too");
        Assert.False(File.Exists(_shell.PathOf("b.png")));
    }

    private static Picture Ramp(int factor) => new(32, 32, [.. Enumerable.Range(0, 32 * 32 * 3).Select(i => (byte)(i * factor))]);

    private RenderPlan Plan(string name) => RenderPlan.FromJson(PngText.Read(_shell.PathOf(name))["vggcuda:plan"]);

    private Outcome Activate(params string[] arguments) => _shell.Run(["activate", "--device", "reference", "--weights", "~/net.h5", .. arguments.Contains("--plan") ? (string[])[] : ["--preset", "keras-vis"], .. arguments]);
}
