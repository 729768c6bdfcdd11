using VggCuda.Cli.Tests.Support;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Stages;
using VggCuda.Imaging;

namespace VggCuda.Cli.Tests;

/// <summary><c>activate</c> as it is without <c>--preset</c>.</summary>
public sealed class ModernTests : IDisposable
{
    private readonly Shell _shell = new();

    public ModernTests() => TestNetworks.Write(_shell.PathOf("tiny.h5"), classes: 5);

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void Without_a_preset_it_is_modern_and_pictures_are_RGB()
    {
        Activate("--class", "2", "--iterations", "3", "--out", "~/c.png", "--raw", "~/c.npy", "--scale", "1").Succeeded();
        RenderPlan plan = Plan("c.png");
        Assert.Equal(("modern", Preprocessing.Vgg16, TapPoint.BeforeActivation, 3), (plan.Preset, plan.Preprocessing, plan.Objective.Point, plan.Iterations));
        double[] raw = Npy.Read(_shell.PathOf("c.npy")).Values;
        Assert.InRange(raw.Min(), 0, 255);
        Assert.InRange(raw.Max(), 0, 255);
        byte[] shown = PictureFile.Read(_shell.PathOf("c.png")).Rgb;

        // Below the label.
        Assert.Equal(raw[(25 * 32 * 3)..].Select(v => (byte)Math.Round(v)), shown[(25 * 32 * 3)..]);
    }

    [Fact]
    public void A_class_is_drawn_larger_than_the_network_looks_and_smaller()
    {
        foreach (int side in (int[])[48, 100])
        {
            Activate("--class", "2", "--size", $"{side}", "--iterations", "2", "--out", "~/c.png", "--raw", "~/c.npy").Succeeded();
            Assert.Equal([1, side, side, 3], Npy.Read(_shell.PathOf("c.npy")).Shape);
            RandomAffine view = Assert.IsType<RandomAffine>(Assert.Single(Plan("c.png").Transforms));
            Assert.Equal((32, 32), (view.Height, view.Width));
        }
    }

    [Fact]
    public void It_starts_from_a_picture_and_keeps_it_where_nothing_is_changed()
    {
        Picture ramp = new(32, 32, [.. Enumerable.Range(0, 32 * 32 * 3).Select(i => (byte)(40 + (i * 7 % 160)))]);
        File.WriteAllBytes(_shell.PathOf("s.png"), PictureFile.EncodePng(ramp));
        Activate("--class", "2", "--seed-image", "~/s.png", "--iterations", "1", "--out", "~/c.png", "--gif", "~/c.gif", "--scale", "1").Succeeded();
        Assert.Equal("s.png", Assert.IsType<Engine.Images.PictureStart>(Plan("c.png").Start).Source);
        Activate("--plan", "~/c.png", "--seed-image", "~/s.png", "--out", "~/d.png", "--scale", "1").Succeeded();
        Assert.Equal(PictureFile.Read(_shell.PathOf("c.png")).Rgb, PictureFile.Read(_shell.PathOf("d.png")).Rgb);

        // One step moves the waves a little; the picture is still the one it started from.
        byte[] drawn = PictureFile.Read(_shell.PathOf("c.png")).Rgb;
        Assert.True(Enumerable.Range(25 * 96, 7 * 96).Average(i => Math.Abs(drawn[i] - ramp.Rgb[i])) < 12);
    }

    private Outcome Activate(params string[] arguments) => _shell.Run(["activate", "--device", "reference", "--weights", "~/tiny.h5", .. arguments]);

    private RenderPlan Plan(string name) => RenderPlan.FromJson(PngText.Read(_shell.PathOf(name))["vggcuda:plan"]);
}
