using VggCuda.Cli.Tests.Support;
using VggCuda.Engine.Plans;
using VggCuda.Imaging;

namespace VggCuda.Cli.Tests;

/// <summary><c>verify</c> and <c>rerun</c>: pictures drawn again by what they say of themselves.</summary>
public sealed class VerifyTests : IDisposable
{
    private readonly Shell _shell = new();

    public VerifyTests() => TestNetworks.Write(_shell.PathOf("net.h5"), classes: 5);

    public void Dispose() => _shell.Dispose();

    [Theory]
    [InlineData("--class", "3")]
    [InlineData("--class", "0-4", "--count", "2", "--scale", "2")]
    [InlineData("--layer", "block2_conv1", "--filter", "1", "--preset", "keras-vis")]
    public void A_picture_is_what_its_plan_gives_and_one_that_was_touched_is_not(params string[] what)
    {
        Run(["activate", .. what, "--iterations", "3", "--out", "~/a.png"]).Succeeded();
        Assert.Contains("the same, pixel for pixel (cpu ", Run("verify", "~/a.png").Succeeded().Out, StringComparison.Ordinal);
        Picture picture = PictureFile.Read(_shell.PathOf("a.png"));
        picture.Rgb[77] ^= 1;
        PictureFile.WritePng(picture, _shell.PathOf("b.png"), PngText.Read(_shell.PathOf("a.png")));
        Run("verify", "~/b.png", "--quiet").Failed(6, "1 of ", "pixels differ", "none may");
    }

    [Fact]
    public void A_picture_by_other_kernels_may_differ_by_so_much_and_no_more()
    {
        Run("activate", "--class", "3", "--iterations", "3", "--out", "~/a.png").Succeeded();
        Dictionary<string, string> texts = new(PngText.Read(_shell.PathOf("a.png")));
        texts["vggcuda:kernels"] = "cpu other";
        Picture picture = PictureFile.Read(_shell.PathOf("a.png"));
        Write(v => Math.Min(255, v + 10));
        Assert.Contains("as near as kernels that round otherwise come", Run("verify", "~/b.png").Succeeded().Out, StringComparison.Ordinal);
        Write(v => v < 128 ? v + 60 : v - 60);
        Run("verify", "~/b.png", "--quiet").Failed(6, "at most 20 are allowed", "cpu other");

        void Write(Func<int, int> change) => PictureFile.WritePng(new Picture(picture.Width, picture.Height, Array.ConvertAll(picture.Rgb, v => (byte)change(v))), _shell.PathOf("b.png"), texts);
    }

    [Fact]
    public void What_cannot_be_verified_is_said()
    {
        Run("activate", "--class", "3", "--iterations", "3", "--out", "~/a.png").Succeeded();
        TestNetworks.Write(_shell.PathOf("other.h5"), classes: 5, v => v * 2);
        _shell.Run("verify", "~/a.png", "--weights", "~/other.h5", "--device", "cpu").Failed(3, "was drawn with the weights net.h5", "these are other.h5");
        Dictionary<string, string> texts = new(PngText.Read(_shell.PathOf("a.png")));
        PictureFile.WritePng(new Picture(40, 40, new byte[4800]), _shell.PathOf("small.png"), texts);
        Run("verify", "~/small.png").Failed(6, "40 x 40 pixels");
        texts["vggcuda:steps"] = "2";
        PictureFile.WritePng(PictureFile.Read(_shell.PathOf("a.png")), _shell.PathOf("cut.png"), texts);
        Run("verify", "~/cut.png").Failed(3, "cancelled after 2 of 3 steps");
        PictureFile.WritePng(new Picture(40, 40, new byte[4800]), _shell.PathOf("bare.png"));
        Run("verify", "~/bare.png").Failed(3, "carries no plan");
        Run("verify", "~/missing.png").Failed(3, "no such file");
    }

    [Fact]
    public void Rerun_takes_the_picture_s_own_steps_and_goes_on()
    {
        Run("activate", "--class", "3", "--iterations", "3", "--out", "~/a.png").Succeeded();
        Run("rerun", "~/a.png", "--iterations", "5", "--log", "~/b.jsonl").Succeeded();
        Assert.Contains("a-5.png", _shell.FilesIn());
        Assert.Equal(5, RenderPlan.FromJson(PngText.Read(_shell.PathOf("a-5.png"))["vggcuda:plan"]).Iterations);
        Run("activate", "--class", "3", "--iterations", "5", "--out", "~/c.png").Succeeded();
        Assert.Equal(PictureFile.Read(_shell.PathOf("c.png")).Rgb, PictureFile.Read(_shell.PathOf("a-5.png")).Rgb);
        Assert.Equal(5, File.ReadLines(_shell.PathOf("b.jsonl")).Count());

        // With as many steps as it has it is the picture itself.
        Run("rerun", "~/a.png", "--iterations", "3", "--out", "~/d.png").Succeeded();
        Assert.Equal(File.ReadAllBytes(_shell.PathOf("a.png")), File.ReadAllBytes(_shell.PathOf("d.png")));
        _shell.Run("rerun", "~/a.png", "--iterations", "5", "--device", "cpu").Failed(3, "was drawn with the weights net.h5");
        Run("rerun", "~/a.png").Failed(2, "--iterations");
        Run("rerun", "~/a.png", "--iterations", "5", "--out", "~/a.png").Failed(2, "would replace");
    }

    [Fact]
    public void A_picture_of_a_sweep_is_verified_and_goes_on_too()
    {
        Run("sweep", "--layers", "predictions", "--filter", "2", "--iterations", "3", "--out", "~/s").Succeeded();
        Assert.Contains("pixel for pixel", Run("verify", "~/s/pictures/predictions/0002.png").Succeeded().Out, StringComparison.Ordinal);
        Run("rerun", "~/s/pictures/predictions/0002.png", "--iterations", "4", "--scale", "1", "--out", "~/b.png").Succeeded();
        Run("verify", "~/b.png").Succeeded();
    }

    private Outcome Run(params string[] arguments) => _shell.Run([.. arguments, "--weights", "~/net.h5", "--device", "cpu"]);
}
