using System.Text.Json;
using VggCuda.Cli.Tests.Support;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;
using VggCuda.Imaging;

namespace VggCuda.Cli.Tests;

/// <summary><c>recipe</c> on the bundled model.</summary>
public sealed class RecipeTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void It_prints_the_summary_draws_a_class_and_a_filter_and_says_where_they_are()
    {
        Outcome outcome = _shell.Run("recipe", "--weights", "demo", "--device", "cpu", "--iterations", "30", "--out", "~/o").Succeeded();
        Assert.Contains("block3_conv1 (Conv2D)        (None, 24, 24, 64)", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("Total params: 1,289,968", outcome.Out, StringComparison.Ordinal);
        string last = outcome.Out.TrimEnd().Split('\n')[^1];
        Assert.Contains("bird (class 20) is in", last, StringComparison.Ordinal);
        Assert.All((string[])["o/predictions-20.png", "o/block3_conv1-20.png", "o/recipe.json"], f => Assert.Contains(_shell.PathOf(f), last, StringComparison.Ordinal));
        Assert.Equal(["block3_conv1-20-modern.png", "block3_conv1-20.png", "predictions-20-modern.png", "predictions-20.png", "recipe.json"], _shell.FilesIn("o"));

        // Three pictures of 96, enlarged three times, with 5 pixels between them; a label in the first corner.
        Picture sheet = PictureFile.Read(_shell.PathOf("o/predictions-20.png"));
        Assert.Equal(((3 * 288) + (2 * 5), 288), (sheet.Width, sheet.Height));
        Assert.Equal([0, 0, 0], sheet.Rgb.AsSpan(288 * 3, 3).ToArray());
        Assert.Contains(Enumerable.Range(0, 40 * 20), i => sheet.Rgb[((((5 + (i / 40)) * sheet.Width) + 8 + (i % 40)) * 3)..][..3].All(v => v < 30));

        RenderPlan plan = RenderPlan.FromJson(PngText.Read(_shell.PathOf("o/predictions-20.png"))["vggcuda:plan"]);
        Assert.Equal("keras-vis", plan.Preset);
        Assert.Equal([1337u, 1338u, 1339u], plan.Seeds);
        JsonElement record = JsonDocument.Parse(File.ReadAllBytes(_shell.PathOf("o/recipe.json"))).RootElement;
        Assert.Equal("recipe", record.GetProperty("command").GetString());
        Assert.Equal(["keras-vis", "keras-vis", "modern", "modern"], record.GetProperty("renders").EnumerateArray().Select(r => r.GetProperty("plan").GetProperty("preset").GetString()));
        JsonElement score = record.GetProperty("renders")[0].GetProperty("pictures")[2].GetProperty("channels")[0];
        Assert.Equal(("bird", 1), (score.GetProperty("name").GetString(), score.GetProperty("rank").GetInt32()));
        Assert.True(score.GetProperty("probability").GetDouble() > 0.99);
    }

    [Fact]
    public void Class_and_layer_can_be_others()
    {
        _shell.Run("recipe", "--weights", "demo", "--device", "cpu", "--iterations", "1", "--count", "1", "--class", "cat", "--layer", "11", "--out", "~/o", "--quiet").Succeeded();
        Assert.Equal(["block4_conv1-22-modern.png", "block4_conv1-22.png", "predictions-22-modern.png", "predictions-22.png", "recipe.json"], _shell.FilesIn("o"));
    }

    [Fact]
    public void Cancelled_before_the_first_step_it_leaves_nothing_not_even_the_folder()
    {
        using CancellationTokenSource source = new();
        source.Cancel();
        Outcome outcome = _shell.Run(source.Token, "recipe", "--weights", "demo", "--device", "cpu", "--out", "~/o", "--quiet");
        Assert.Equal(130, outcome.Code);
        Assert.Contains("nothing was written", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(_shell.FilesIn());
    }
}
