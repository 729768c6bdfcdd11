using System.Security.Cryptography;
using System.Text.Json;
using VggCuda.Cli.Tests.Support;
using VggCuda.Engine.Plans;
using VggCuda.Imaging;

namespace VggCuda.Cli.Tests;

/// <summary>Where outputs go: standard output, devices, links; never over an input.</summary>
public sealed class OutputTests : IDisposable
{
    private readonly Shell _shell = new();

    public OutputTests() => TestNetworks.Write(_shell.PathOf("tiny.h5"), classes: 5);

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void A_picture_goes_to_standard_output_and_all_text_to_stderr()
    {
        Outcome outcome = Activate("--out", "-", "--raw", "~/a.npy").Succeeded();
        Picture picture = PictureFile.Decode(outcome.Bytes, "standard output");
        Assert.Equal(224, picture.Width);
        Assert.Equal(1, RenderPlan.FromJson(PngText.Decode(outcome.Bytes, "standard output")["vggcuda:plan"]).Iterations);
        Assert.Equal("", outcome.Out);
        Assert.Contains("Wrote standard output, ", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("Picture 1, seed 1337", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(["a.npy", "tiny.h5"], _shell.FilesIn());
    }

    [Theory]
    [InlineData("--raw")]
    [InlineData("--gif")]
    [InlineData("--webp")]
    [InlineData("--log")]
    public void Other_outputs_go_there_too_and_the_same_bytes(string option)
    {
        string file = option == "--log" ? "x.jsonl" : "x." + (option == "--raw" ? "npy" : option[2..]);
        byte[] there = Activate("--out", "~/a.png", option, "-").Succeeded().Bytes;
        Activate("--out", "~/b.png", option, "~/" + file).Succeeded();
        Assert.Equal(File.ReadAllBytes(_shell.PathOf(file)), there);
        Assert.Equal(["a.json", "a.png", "b.json", "b.png", "tiny.h5", file], _shell.FilesIn());
    }

    [Fact]
    public void Standard_output_takes_one_file()
    {
        Activate("--out", "-", "--raw", "-").Failed(2, "--out and --raw both name standard output");
        if (OperatingSystem.IsLinux())
        {
            Activate("--out", "-", "--log", "/dev/stdout").Failed(2, "--out and --log both name standard output");
        }

        _shell.Run("recipe", "--weights", "demo", "--out", "-").Failed(2, "several files", "folder");
        _shell.Run("weights", "synth", "-", "--width-divisor", "64").Failed(2, "standard output");
        Assert.Equal(["tiny.h5"], _shell.FilesIn());
    }

    [Fact]
    public void The_picture_it_starts_from_is_not_replaced()
    {
        Picture ramp = new(40, 40, [.. Enumerable.Range(0, 40 * 40 * 3).Select(i => (byte)i)]);
        byte[] png = PictureFile.EncodePng(ramp);
        File.WriteAllBytes(_shell.PathOf("s.png"), png);
        Activate("--seed-image", "~/s.png", "--out", "~/s.png").Failed(2, "--out would replace the file that --seed-image reads", "another name");
        Activate("--seed-image", "~/s.png", "--out", "~/./s.png").Failed(2, "--seed-image");
        if (!OperatingSystem.IsWindows())
        {
            File.CreateSymbolicLink(_shell.PathOf("link.png"), "s.png");
            Activate("--seed-image", "~/s.png", "--out", "~/link.png").Failed(2, "--seed-image", "s.png");
            Activate("--seed-image", "~/link.png", "--out", "~/s.png").Failed(2, "--seed-image", "link.png");
        }

        Assert.Equal(png, File.ReadAllBytes(_shell.PathOf("s.png")));
    }

    [Fact]
    public void The_weights_are_not_replaced()
    {
        byte[] weights = File.ReadAllBytes(_shell.PathOf("tiny.h5"));
        Activate("--out", "~/a.png", "--log", "~/tiny.h5").Failed(2, "--log would replace the file that --weights reads");
        _shell.Run("weights", "convert", "~/tiny.h5", "~/./tiny.h5", "--overwrite").Failed(2, "the same file");
        if (!OperatingSystem.IsWindows())
        {
            File.CreateSymbolicLink(_shell.PathOf("link.h5"), "tiny.h5");
            _shell.Run("weights", "convert", "~/tiny.h5", "~/link.h5", "--overwrite").Failed(2, "the same file");
            _shell.Run("weights", "convert", "~/link.h5", "~/tiny.h5", "--overwrite").Failed(2, "the same file");
        }

        Assert.Equal(weights, File.ReadAllBytes(_shell.PathOf("tiny.h5")));
        Assert.DoesNotContain("a.png", _shell.FilesIn());
    }

    [Fact]
    public void No_command_replaces_what_it_reads()
    {
        byte[] weights = File.ReadAllBytes(_shell.PathOf("tiny.h5"));
        string names = string.Join('\n', Enumerable.Range(0, 5).Select(i => $"{i}\tthing_{i}"));
        File.WriteAllText(_shell.PathOf("tiny.classes.txt"), names);
        Activate("--out", "~/a.png").Succeeded();
        byte[] picture = File.ReadAllBytes(_shell.PathOf("a.png"));
        byte[] record = File.ReadAllBytes(_shell.PathOf("a.json"));
        _shell.Run("summary", "--weights", "~/tiny.h5", "--svg", "~/tiny.h5").Failed(2, "--svg would replace the file that --weights reads");
        _shell.Run("summary", "--weights", "~/tiny.h5", "--svg", "~/tiny.classes.txt").Failed(2, "--weights");
        Activate("--out", "~/b.png", "--log", "~/tiny.classes.txt").Failed(2, "--log would replace the file that --weights reads");
        _shell.Run("weights", "convert", "~/tiny.h5", "~/tiny.classes.txt", "--overwrite").Failed(2, "the names of IN's classes");
        string[] again = ["activate", "--device", "reference", "--weights", "~/tiny.h5", "--iterations", "1", "--plan"];
        _shell.Run([.. again, "~/a.png", "--out", "~/a.png"]).Failed(2, "--plan reads");
        _shell.Run([.. again, "~/a.json", "--out", "~/a.png"]).Failed(2, "the run record would replace the file that --plan reads");
        _shell.Run([.. again, "~/a.png", "--out", "~/b.png", "--log", "~/a.png"]).Failed(2, "--plan reads");
        if (!OperatingSystem.IsWindows())
        {
            File.CreateSymbolicLink(_shell.PathOf("link.svg"), "tiny.h5");
            File.CreateSymbolicLink(_shell.PathOf("folder"), ".");
            _shell.Run("summary", "--weights", "~/tiny.h5", "--svg", "~/link.svg").Failed(2, "--weights");
            _shell.Run("summary", "--weights", "~/link.svg", "--svg", "~/folder/tiny.h5").Failed(2, "--weights");
            _shell.Run("recipe", "--weights", "~/tiny.h5", "--class", "1", "--out", "~/folder", "--iterations", "1", "--device", "reference").Succeeded();
            _shell.Run("weights", "convert", "~/folder/tiny.h5", "~/link.svg", "--overwrite").Failed(2, "the same file");
        }

        Assert.Equal(weights, File.ReadAllBytes(_shell.PathOf("tiny.h5")));
        Assert.Equal(names, File.ReadAllText(_shell.PathOf("tiny.classes.txt")));
        Assert.Equal(picture, File.ReadAllBytes(_shell.PathOf("a.png")));
        Assert.Equal(record, File.ReadAllBytes(_shell.PathOf("a.json")));
    }

    [Fact]
    public void Activate_and_recipe_have_no_default_file_in_common()
    {
        using Child recipe = Child.Start(_shell, "recipe", "--weights", "demo", "--device", "cpu", "--iterations", "1", "--quiet");
        Assert.Equal(0, recipe.Wait());
        string[] before = _shell.FilesIn("out");
        using Child activate = Child.Start(_shell, "activate", "--weights", "demo", "--device", "cpu", "--class", "20", "--iterations", "1", "--quiet");
        Assert.Equal(0, activate.Wait());
        Assert.Equal(["activate-predictions-20.json", "activate-predictions-20.png"], _shell.FilesIn("out").Except(before));
    }

    [Fact]
    public void The_longest_legal_names_are_written()
    {
        // 255 bytes is the most that a name may have; a letter of two bytes is not cut in its middle.
        string stem = new string('ä', 100) + new string('n', 50);
        Activate("--out", $"~/{stem}.png", "--raw", $"~/{stem}n.npy", "--log", $"~/{stem}nnnn").Succeeded();
        Assert.Equal(4, _shell.FilesIn().Count(f => f.StartsWith(stem, StringComparison.Ordinal)));
        Activate("--out", $"~/{stem}n.png").Failed(3, "the run record", "name is too long");
    }

    [Fact]
    public void Weights_written_through_a_link_leave_the_link()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need rights there");
        Directory.CreateDirectory(_shell.PathOf("far"));
        File.WriteAllText(_shell.PathOf("far/real.h5"), "old");
        File.CreateSymbolicLink(_shell.PathOf("near.h5"), "far/real.h5");
        string[] line = ["weights", "synth", "~/near.h5", "--width-divisor", "64", "--size", "32", "--classes", "3"];
        _shell.Run(line).Failed(3, "is there already", "--overwrite");
        _shell.Run([.. line, "--overwrite"]).Succeeded();
        Assert.Equal("far/real.h5", new FileInfo(_shell.PathOf("near.h5")).LinkTarget);
        _shell.Run("weights", "verify", "~/far/real.h5").Succeeded();
        Assert.Single(_shell.FilesIn("far"));
    }

    [Fact]
    public void Weights_never_take_the_place_of_a_device()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "POSIX devices");
        File.CreateSymbolicLink(_shell.PathOf("null.h5"), "/dev/null");
        foreach (string path in (string[])["/dev/null", "~/null.h5"])
        {
            _shell.Run("weights", "synth", path, "--width-divisor", "64", "--overwrite").Failed(3, "a pipe or a device", "give a file name");
        }

        Assert.Equal("/dev/null", new FileInfo(_shell.PathOf("null.h5")).LinkTarget);
        Assert.Equal(0, new FileInfo("/dev/null").Length);
        Assert.Empty(File.ReadAllBytes("/dev/null"));
    }

    [Fact]
    public void What_lies_in_dev_shm_is_no_device()
    {
        Assert.SkipUnless(Directory.Exists("/dev/shm"), "no /dev/shm here");
        DirectoryInfo folder = Directory.CreateDirectory($"/dev/shm/vggcuda-{Guid.NewGuid():N}");
        try
        {
            File.WriteAllBytes($"{folder}/a.png", new byte[1_000_000]);
            Activate("--out", $"{folder}/a.png").Succeeded();
            Assert.Equal(224, PictureFile.Read($"{folder}/a.png").Width);
            Assert.InRange(new FileInfo($"{folder}/a.png").Length, 1, 900_000);
            Assert.True(File.Exists($"{folder}/a.json"));
            Activate("--out", $"{folder}/a.jpg").Failed(2, ".png");
            Activate("--out", "/dev/shm").Failed(2, ".png");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_device_takes_the_picture_and_no_record_is_put_beside_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "POSIX devices");
        Activate("--out", "/dev/null").Succeeded();
        Assert.False(File.Exists("/dev/null.json"));
        Assert.Equal(["tiny.h5"], _shell.FilesIn());
    }

    [Fact]
    public void The_record_tells_which_files_belong_to_it()
    {
        Activate("--out", "~/a.png", "--raw", "~/a.npy", "--log", "~/a.jsonl", "--gif", "~/a.gif").Succeeded();
        using JsonDocument record = JsonDocument.Parse(File.ReadAllBytes(_shell.PathOf("a.json")));
        JsonElement[] files = [.. record.RootElement.GetProperty("renders")[0].GetProperty("files").EnumerateArray()];
        Assert.Equal(["png", "npy", "gif", "log"], files.Select(f => f.GetProperty("kind").GetString()));
        Assert.All(files, f => Assert.Equal(
            Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(f.GetProperty("path").GetString()!))),
            f.GetProperty("sha256").GetString()));
    }

    private Outcome Activate(params string[] arguments) =>
        _shell.Run(["activate", "--device", "reference", "--weights", "~/tiny.h5", "--class", "1", "--iterations", "1", .. arguments]);
}
