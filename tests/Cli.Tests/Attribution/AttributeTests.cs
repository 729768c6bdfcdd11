using System.Text.Json;
using VggCuda.Cli.Tests.Support;
using VggCuda.Engine.Attribution;
using VggCuda.Imaging;

namespace VggCuda.Cli.Tests.Attribution;

/// <summary><c>attribute</c>.</summary>
public sealed class AttributeTests : IDisposable
{
    private static readonly string Samples = Path.Combine(AppContext.BaseDirectory, "samples");
    private static readonly string Bird = Path.Combine(Samples, "bird.png");
    private readonly Shell _shell = new();

    public AttributeTests() => TestNetworks.Write(_shell.PathOf("tiny.h5"), 5);

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void A_sheet_is_written_and_the_answer_told()
    {
        Outcome outcome = _shell.Run("attribute", Bird, "--weights", "demo", "--method", "grad-cam,saliency", "--layer", "block4_conv3", "--out", "~/why.png").Succeeded();
        Assert.Contains("bird (class 20)", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("  grad-cam: 0 to", outcome.Out, StringComparison.Ordinal);
        Picture sheet = PictureFile.Read(_shell.PathOf("why.png"));
        Assert.True(sheet.Width > 3 * 256 && sheet.Height > 256);
        IReadOnlyDictionary<string, string> text = PngText.Read(_shell.PathOf("why.png"));
        JsonElement[] plans = [.. JsonDocument.Parse(text["vggcuda:attribution"]).RootElement.EnumerateArray()];
        Assert.Equal(new GradCam { Layer = "block4_conv3" }, AttributionPlan.FromJson(plans[0].GetRawText()).Method);
        Assert.Contains("sha256:", text["vggcuda:weights"], StringComparison.Ordinal);
        Outcome again = _shell.Run("attribute", Bird, "--weights", "demo", "--method", "grad-cam,saliency", "--layer", "block4_conv3", "--out", "~/again.png").Succeeded();
        Assert.Equal(File.ReadAllBytes(_shell.PathOf("why.png")), File.ReadAllBytes(_shell.PathOf("again.png")));
        Assert.DoesNotContain("fault", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Probabilities_are_those_of_predict()
    {
        JsonElement predicted = JsonDocument.Parse(_shell.Run("predict", Bird, "--weights", "demo", "--json").Succeeded().Out).RootElement;
        JsonElement[] classes = [.. predicted.GetProperty("predictions").EnumerateArray()];
        JsonElement row = JsonDocument.Parse(_shell.Run("attribute", Bird, "--weights", "demo", "--json", "--out", "~/why.png").Succeeded().Out).RootElement[0];
        Assert.Equal(Values(classes), Values(row.GetProperty("top").EnumerateArray()));
        Assert.Equal(classes[0].GetProperty("probability").GetDouble(), row.GetProperty("probability").GetDouble(), 1e-9);

        static (int, double)[] Values(IEnumerable<JsonElement> all) => [.. all.Select(c => (c.GetProperty("class").GetInt32(), Math.Round(c.GetProperty("probability").GetDouble(), 9)))];
    }

    [Fact]
    public void Every_method_runs_and_its_numbers_are_told()
    {
        Outcome outcome = _shell.Run("attribute", Bird, Path.Combine(Samples, "car.png"), "--weights", "~/tiny.h5", "--method", string.Join(',', AttributionMethods.Names), "--class", "top1,3", "--masks", "5", "--samples", "3", "--json", "--raw", "~/maps.npy").Succeeded();
        JsonElement[] rows = [.. JsonDocument.Parse(outcome.Out).RootElement.EnumerateArray()];
        Assert.Equal(4, rows.Length);
        Assert.Equal(3, rows[1].GetProperty("class").GetInt32());
        Assert.Equal(AttributionMethods.Names, rows[0].GetProperty("methods").EnumerateArray().Select(m => m.GetProperty("method").GetString()));
        Assert.True(rows[0].GetProperty("methods")[4].GetProperty("steps").GetInt32() >= 50);
        NpyHeaderOf("maps.npy", $"({4 * AttributionMethods.Names.Length}, 32, 32)");
        Assert.Equal(["home", "maps.npy", "tiny.h5"], _shell.FilesIn().Append("home").Distinct().Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("stretch")]
    [InlineData("crop")]
    [InlineData("pad")]
    public void An_overlay_has_the_pictures_own_pixels(string fit)
    {
        // A third wider than high: the drawing in the middle, grey on both sides.
        Picture bird = Resizing.Fit(PictureFile.Read(Bird), 90, 90);
        Picture wide = Picture.Black(120, 90);
        wide.Rgb.AsSpan().Fill(120);
        for (int y = 0; y < 90; y++)
        {
            bird.Rgb.AsSpan(y * 270, 270).CopyTo(wide.Rgb.AsSpan((y * 360) + 45));
        }

        PictureFile.WritePng(wide, _shell.PathOf("wide.png"));
        _shell.Run("attribute", "~/wide.png", "--weights", "demo", "--class", "bird", "--layer", "block4_conv3", "--fit", fit, "--overlay", "~/over.png", "--alpha", "1", "--colours", "viridis").Succeeded();
        Picture over = PictureFile.Read(_shell.PathOf("over.png"));
        Assert.Equal((120, 90), (over.Width, over.Height));

        // Viridis' yellow: brightest where the map is largest. It lies on the bird, in the middle.
        int best = Enumerable.Range(0, 120 * 90).MaxBy(i => over.Rgb[3 * i] + over.Rgb[(3 * i) + 1]);
        Assert.InRange(best % 120, 25, 95);
        byte[] corner = over.Rgb[..3];
        if (fit == "crop")
        {
            // What the network did not see has no colour.
            Assert.Equal([60, 60, 60], corner);
        }
        else
        {
            Assert.NotEqual(corner[0], corner[2]);
        }
    }

    [Fact]
    public void A_folder_is_a_batch_and_each_picture_may_have_a_sheet_of_its_own()
    {
        Directory.CreateDirectory(_shell.PathOf("in"));
        foreach (string name in (string[])["apple", "cat"])
        {
            File.Copy(Path.Combine(Samples, name + ".png"), _shell.PathOf($"in/{name}.png"));
        }

        File.WriteAllText(_shell.PathOf("in/notes.txt"), "not a picture");
        Outcome outcome = _shell.Run("attribute", "~/in", "--weights", "demo", "--each", "~/out", "--method", "saliency").Succeeded();
        Assert.Equal(["apple.png", "cat.png"], _shell.FilesIn("out"));
        Assert.True(outcome.Out.IndexOf("apple (class 0)", StringComparison.Ordinal) < outcome.Out.IndexOf("cat (class 22)", StringComparison.Ordinal));
        _shell.Run("attribute", "~/in", "--weights", "demo", "--out", "~/all.png").Succeeded();
        Assert.True(PictureFile.Read(_shell.PathOf("all.png")).Height > 2 * 256);
    }

    [Fact]
    public void Bad_input_is_one_clear_error()
    {
        File.WriteAllText(_shell.PathOf("text.png"), "not a picture");
        Directory.CreateDirectory(_shell.PathOf("empty"));
        TestNetworks.Write(_shell.PathOf("notop.h5"), null);
        string[] bird = ["attribute", Bird, "--weights", "~/tiny.h5"];
        _shell.Run([.. bird, "--class", "5"]).Failed(2, "class 5", "0 to 4");
        _shell.Run([.. bird, "--class", "bird"]).Failed(2, "no names");
        _shell.Run([.. bird, "--class", "1,1"]).Failed(2, "twice");
        _shell.Run([.. bird, "--layer", "block9"]).Failed(2, "block9", "block5_conv3");
        _shell.Run([.. bird, "--layer", "fc1"]).Failed(2, "fc1", "no maps");
        _shell.Run([.. bird, "--method", "grad-kam"]).Failed(2, "grad-kam", "'grad-cam'");
        _shell.Run([.. bird, "--method", "saliency,saliency"]).Failed(2, "twice");
        _shell.Run([.. bird, "--method", "occlusion", "--window", "33"]).Failed(2, "33", "32");
        _shell.Run([.. bird, "--method", "saliency", "--steps", "9"]).Failed(2, "steps", "integrated-gradients", "saliency");
        _shell.Run([.. bird, "--alpha", "2"]).Failed(2, "--alpha", "0 to 1");
        _shell.Run([.. bird, "--colours", "jet"]).Failed(2, "jet", "viridis");
        _shell.Run([.. bird, "--fit", "squash"]).Failed(2, "squash", "stretch");
        _shell.Run([.. bird, "--grad-modifier", "square"]).Failed(2, "square", "small-values");
        _shell.Run([.. bird, "--out", "~/a.jpg"]).Failed(2, "--out", ".png");
        _shell.Run([.. bird, "--method", "saliency,grad-cam", "--overlay", "~/a.png"]).Failed(2, "--overlay");
        _shell.Run([.. bird, "--out", Bird]).Failed(2, "IMAGE");
        _shell.Run("attribute", "~/text.png", "--weights", "~/tiny.h5").Failed(3, "text.png", "expected a PNG");
        _shell.Run("attribute", "~/none.png", "--weights", "~/tiny.h5").Failed(3, "none.png");
        _shell.Run("attribute", "~/empty", "--weights", "~/tiny.h5").Failed(3, "holds no pictures");
        _shell.Run("attribute", Bird, "--weights", "~/notop.h5").Failed(3, "no dense layers");
        Assert.DoesNotContain("a.png", _shell.FilesIn());
    }

    private void NpyHeaderOf(string name, string shape)
    {
        byte[] bytes = File.ReadAllBytes(_shell.PathOf(name));
        string header = System.Text.Encoding.ASCII.GetString(bytes, 10, BitConverter.ToUInt16(bytes, 8));
        Assert.Contains("'<f4'", header, StringComparison.Ordinal);
        Assert.Contains(shape, header, StringComparison.Ordinal);
    }
}
