using System.Text.Json;
using VggCuda.Cli.Tests.Support;
using VggCuda.Engine.Plans;
using VggCuda.Imaging;

namespace VggCuda.Cli.Tests;

/// <summary><c>presets</c>, and pictures drawn from coarse to fine.</summary>
public sealed class PresetsTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void They_are_listed_and_shown_for_people_and_programs()
    {
        string list = _shell.Run("presets", "list").Succeeded().Out;
        Assert.All(Presets.Names, name => Assert.Contains($"\n{name} ", "\n" + list, StringComparison.Ordinal));
        Assert.Single(list.Split('\n'), line => line.Contains("(default)", StringComparison.Ordinal));
        JsonElement all = JsonDocument.Parse(_shell.Run("presets", "list", "--json").Succeeded().Out).RootElement;
        Assert.Equal(Presets.Names.AsEnumerable(), all.EnumerateArray().Select(p => p.GetProperty("name").GetString()));
        foreach (string name in Presets.Names)
        {
            string text = _shell.Run("presets", "show", name).Succeeded().Out;
            Assert.Contains("optimizer", text, StringComparison.Ordinal);
            JsonElement plan = JsonDocument.Parse(_shell.Run("presets", "show", name, "--json", "--size", "64").Succeeded().Out).RootElement;
            Assert.Equal(64, plan.GetProperty("height").GetInt32());
        }

        Assert.Contains("affine, degrees 15, smallestScale 0.85", _shell.Run("presets", "show", "modern").Out, StringComparison.Ordinal);
        _shell.Run("presets", "show", "modren").Failed(2, "Did you mean 'modern'?");
    }

    [Fact]
    public void A_layers_dream_of_a_picture_grows_from_coarse_to_fine()
    {
        TestNetworks.Write(_shell.PathOf("notop.h5"), classes: null);
        Picture ramp = new(96, 96, [.. Enumerable.Range(0, 96 * 96 * 3).Select(i => (byte)(40 + (i * 7 % 160)))]);
        File.WriteAllBytes(_shell.PathOf("s.png"), PictureFile.EncodePng(ramp));
        string[] line = ["activate", "--device", "reference", "--weights", "~/notop.h5", "--preset", "deepdream", "--objective", "block2_conv1", "--seed-image", "~/s.png", "--size", "96", "--iterations", "2"];
        _shell.Run([.. line, "--out", "~/d.png", "--log", "~/d.jsonl", "--gif", "~/d.gif"]).Succeeded();
        RenderPlan plan = RenderPlan.FromJson(PngText.Read(_shell.PathOf("d.png"))["vggcuda:plan"]);
        Assert.Equal(2, plan.Octaves!.Count);
        Assert.Equal(4, File.ReadLines(_shell.PathOf("d.jsonl")).Count());
        _shell.Run([.. line, "--out", "~/e.png"]).Succeeded();
        Assert.Equal(PictureFile.Read(_shell.PathOf("d.png")).Rgb, PictureFile.Read(_shell.PathOf("e.png")).Rgb);
    }
}
