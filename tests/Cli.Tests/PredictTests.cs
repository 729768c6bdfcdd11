using System.Text.Json;
using VggCuda.Cli.Tests.Support;

namespace VggCuda.Cli.Tests;

/// <summary><c>predict</c> of many pictures: folders, patterns, bad ones among them, order and memory.</summary>
public sealed class PredictTests : IDisposable
{
    private static readonly string Samples = Path.Combine(AppContext.BaseDirectory, "samples");
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void A_folder_and_patterns_stand_for_their_pictures_in_order()
    {
        Put("photos/b.PNG", "bird");
        Put("photos/a.png", "apple");
        Put("photos/deep/c.png", "cat");
        File.WriteAllText(_shell.PathOf("photos/notes.txt"), "no picture");
        Assert.Equal(["photos/a.png", "photos/b.PNG"], Named("~/photos"));
        Assert.Equal(["photos/a.png"], Named("~/photos/*.png"));
        Assert.Equal(["photos/a.png", "photos/b.PNG", "photos/deep/c.png"], Named("~/photos/**/*"));
        Assert.Equal(["photos/deep/c.png", "photos/a.png"], Named("~/photos/deep", "~/photos/a.png"));
        Assert.Equal(["photos/a.png"], Named("~/photos/?.png"));
    }

    [Fact]
    public void A_file_named_like_a_pattern_is_that_file()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "such a name cannot be");
        Put("photos/*.png", "bird");
        Put("photos/a.png", "apple");
        Assert.Equal(["photos/*.png"], Named("~/photos/*.png"));
    }

    [Fact]
    public void Where_there_is_nothing_it_is_said()
    {
        Directory.CreateDirectory(_shell.PathOf("empty"));
        _shell.Run("predict", "--weights", "demo", "~/empty").Failed(3, "empty", "no pictures");
        _shell.Run("predict", "--weights", "demo", "~/empty/*.jpg").Failed(3, "*.jpg", "no file");
        _shell.Run("predict", "--weights", "demo", "~/none/*.jpg").Failed(3, "there is no folder");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_bad_picture_is_reported_and_the_rest_still_done(bool json)
    {
        string[] names = [.. Enumerable.Range(0, 19).Select(i => $"photos/{i:00}.png")];
        foreach (string name in names)
        {
            Put(name, "bird");
        }

        File.WriteAllText(_shell.PathOf(names[3]), "<html>");
        File.WriteAllBytes(_shell.PathOf(names[17]), File.ReadAllBytes(_shell.PathOf(names[17]))[..900]);
        Outcome outcome = _shell.Run(["predict", "--weights", "demo", "--device", "cpu", "--top", "1", "~/photos", .. json ? (string[])["--json"] : []]);
        Assert.Equal(3, outcome.Code);
        Assert.Equal(
            [$"vggcuda: {_shell.PathOf(names[3])}: this is an HTML page", $"vggcuda: {_shell.PathOf(names[17])}: a PNG picture, but the file is cut short", "2 of 19 pictures could not be read."],
            outcome.ErrorLines.Where(l => !l.StartsWith("Weights:", StringComparison.Ordinal)).Select(l => l.Split(" (perhaps")[0].Split(';')[0]));
        string[] lines = outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (!json)
        {
            Assert.Equal(17, lines.Count(l => l.EndsWith(".png:", StringComparison.Ordinal)));
            Assert.Equal(17, lines.Count(l => l.EndsWith("bird (class 20)", StringComparison.Ordinal)));
            return;
        }

        JsonElement[] results = [.. lines.Select(l => JsonDocument.Parse(l).RootElement)];
        Assert.Equal(names, results.Select(r => Path.GetRelativePath(_shell.Folder, r.GetProperty("file").GetString()!)));
        for (int i = 0; i < results.Length; i++)
        {
            bool bad = i is 3 or 17;
            Assert.Equal(bad, results[i].TryGetProperty("error", out _));
            Assert.Equal(!bad, results[i].TryGetProperty("predictions", out _));
        }
    }

    // Nineteen pictures go through in batches of eight, the last of three; a picture's numbers are the same alone.
    [Fact]
    public void Beside_others_a_picture_gets_the_same_numbers_as_alone()
    {
        string[] kinds = ["apple", "bird", "car", "cat", "guitar", "umbrella"];
        for (int i = 0; i < 19; i++)
        {
            Put($"photos/{i:00}.png", kinds[i % kinds.Length]);
        }

        string[] together = Json("predict", "--weights", "demo", "--device", "cpu", "--json", "~/photos");
        Assert.Equal(19, together.Length);
        foreach (int i in new[] { 0, 7, 8, 17, 18 })
        {
            Assert.Equal(together[i], Json("predict", "--weights", "demo", "--device", "cpu", "--json", $"~/photos/{i:00}.png").Single());
        }
    }

    [Fact]
    public void A_cancelled_run_ends()
    {
        Put("photos/a.png", "apple");
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.Equal(130, _shell.Run(source.Token, "predict", "--weights", "demo", "~/photos").Code);
    }

    private string[] Json(params string[] arguments) => _shell.Run(arguments).Succeeded().Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private string[] Named(params string[] arguments) =>
    [
        .. Json(["predict", "--weights", "demo", "--device", "cpu", "--json", .. arguments])
            .Select(line => Path.GetRelativePath(_shell.Folder, JsonDocument.Parse(line).RootElement.GetProperty("file").GetString()!)),
    ];

    private void Put(string name, string sample)
    {
        string path = _shell.PathOf(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Copy(Path.Combine(Samples, sample + ".png"), path);
    }
}
