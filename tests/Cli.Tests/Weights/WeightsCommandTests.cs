using System.Security.Cryptography;
using System.Text.Json;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Tests.Support;
using VggCuda.Hdf5Loader;
using VggCuda.Hdf5Loader.Files;
using VggCuda.Hdf5Loader.Tests;
using VggCuda.Tests.Shared;

namespace VggCuda.Cli.Tests.Weights;

public sealed class WeightsCommandTests : IDisposable
{
    private static readonly string[] Small = ["--width-divisor", "64", "--size", "32", "--classes", "3"];
    private readonly WeightsShell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void Synth_writes_and_info_tells_what_it_is()
    {
        Outcome made = _shell.Run(["synth", "~/w.h5", "--seed", "4", .. Small]).Succeeded();
        Assert.Contains("VGG16, 1 to 8 channels for 32 x 32 pixels and 3 classes", made.Out, StringComparison.Ordinal);
        string text = _shell.Run("info", "~/w.h5").Succeeded().Out;
        Assert.Contains("Good for:   activate of classes and filters, predict", text, StringComparison.Ordinal);
        Assert.Contains("float32, contiguous, not compressed", text, StringComparison.Ordinal);
        Assert.Matches(@"fc1 +kernel +\(8, 64\) +float32 +contiguous +2048", text);

        using JsonDocument json = JsonDocument.Parse(_shell.Run("info", "~/w.h5", "--json").Succeeded().Out);
        Assert.Equal("weights", json.RootElement.GetProperty("layout").GetString());
        Assert.Equal(32, json.RootElement.GetProperty("inputSize").GetInt32());
        Assert.Equal(3, json.RootElement.GetProperty("classes").GetInt32());
        Assert.True(json.RootElement.GetProperty("plain").GetBoolean());
        Assert.Equal(32, json.RootElement.GetProperty("tensors").GetArrayLength());
        Assert.Equal([3, 3, 3, 1], json.RootElement.GetProperty("tensors")[0].GetProperty("shape").EnumerateArray().Select(d => d.GetInt32()));
    }

    [Theory]
    [InlineData("vgg11", "VGG11", 22)]
    [InlineData("vgg13", "VGG13", 26)]
    [InlineData("VGG16", "VGG16", 32)]
    [InlineData("vgg19", "VGG19", 38)]
    public void Synth_makes_every_known_network_and_info_and_verify_name_it(string asked, string name, int tensors)
    {
        Outcome made = _shell.Run(["synth", "~/w.h5", "--network", asked, .. Small]).Succeeded();
        string network = $"{name}, 1 to 8 channels for 32 x 32 pixels and 3 classes";
        Assert.Contains(network, made.Out, StringComparison.Ordinal);
        Assert.Contains($"Network:    {network}", _shell.Run("info", "~/w.h5").Succeeded().Out, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(_shell.Run("info", "~/w.h5", "--json").Succeeded().Out);
        Assert.Equal(tensors, json.RootElement.GetProperty("tensors").GetArrayLength());
        Assert.Contains($"sound: {network}", _shell.Run("verify", "~/w.h5").Succeeded().Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_that_is_not_known_is_refused_with_the_nearest()
    {
        string error = _shell.Run("synth", "~/w.h5", "--network", "vgg9").Failed(2).Error;
        Assert.Contains("'vgg9'", error, StringComparison.Ordinal);
        Assert.Contains("vgg11, vgg13, vgg16, vgg19", error, StringComparison.Ordinal);
        Assert.False(File.Exists(_shell.PathOf("w.h5")));
    }

    [Fact]
    public void The_same_seed_makes_the_same_file_and_another_seed_another()
    {
        _shell.Run(["synth", "~/a.h5", .. Small]).Succeeded();
        _shell.Run(["synth", "~/b.h5", "--seed", "0", .. Small]).Succeeded();
        _shell.Run(["synth", "~/c.h5", "--seed", "1", .. Small]).Succeeded();
        Assert.Equal(File.ReadAllBytes(_shell.PathOf("a.h5")), File.ReadAllBytes(_shell.PathOf("b.h5")));
        Assert.NotEqual(File.ReadAllBytes(_shell.PathOf("a.h5")), File.ReadAllBytes(_shell.PathOf("c.h5")));
    }

    [Fact]
    public void A_network_without_top_is_for_filters_only()
    {
        _shell.Run("synth", "~/n.h5", "--no-top", "--width-divisor", "64").Succeeded();
        string text = _shell.Run("info", "~/n.h5").Succeeded().Out;
        Assert.Contains("Good for:   activate of filters\n", text.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains("without dense layers", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--size 100", "96 or 128")]
    [InlineData("--no-top --classes 4", "--classes sets the dense layers")]
    [InlineData("--no-top --size 64", "--size sets the dense layers")]
    public void Impossible_networks_are_wrong_usage(string options, string expected)
    {
        _shell.Run(["synth", "~/w.h5", .. options.Split(' ')]).Failed(ExitCode.Usage, expected);
        Assert.False(File.Exists(_shell.PathOf("w.h5")));
    }

    [Fact]
    public void Files_that_are_there_are_kept_unless_overwriting_is_asked_for()
    {
        File.WriteAllText(_shell.PathOf("w.h5"), "mine");
        _shell.Run(["synth", "~/w.h5", .. Small]).Failed(ExitCode.File, "is there already", "--overwrite");
        Assert.Equal("mine", File.ReadAllText(_shell.PathOf("w.h5")));
        _shell.Run(["synth", "~/w.h5", "--overwrite", .. Small]).Succeeded();
        _shell.Run("convert", "~/w.h5", "~/w.h5").Failed(ExitCode.Usage, "the same file");
        _shell.Run("convert", "~/none.h5", "~/x.h5").Failed(ExitCode.File, "none.h5");
    }

    [Fact]
    public void The_bundled_model_converts_to_the_plain_layout_and_verifies()
    {
        File.Copy(Path.Combine(AppContext.BaseDirectory, "demo.h5"), _shell.PathOf("demo.h5"));
        File.WriteAllText(_shell.PathOf("demo.classes.txt"), "0\tapple\n");
        Outcome converted = _shell.Run("convert", "~/demo.h5", "~/plain.h5").Succeeded();
        Assert.Contains("plain.classes.txt to keep them", converted.Error, StringComparison.Ordinal);
        Outcome verified = _shell.Run("verify", "~/plain.h5").Succeeded();
        Assert.Contains("another file than the published ones", verified.Out, StringComparison.Ordinal);
        Assert.Contains("Content:  sound: VGG16, 16 to 128 channels for 96 x 96 pixels and 32 classes", verified.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_layout_converts_to_the_plain_one_and_verifies()
    {
        foreach (string name in FixtureFiles.Good)
        {
            File.WriteAllBytes(_shell.PathOf(name), FixtureFiles.Bytes(name));
            _shell.Run("info", "~/" + name).Succeeded();
            _shell.Run("verify", "~/" + name).Succeeded();
            _shell.Run("convert", "~/" + name, "~/plain.h5", "--overwrite").Succeeded();
            using KerasWeights plain = KerasWeights.Open(_shell.PathOf("plain.h5"));
            Assert.True(plain.Inspection.IsPlain);
            Assert.Equal(
                FixtureFiles.Entry(name).GetProperty("tensors").EnumerateObject().Select(p => (p.Name, p.Value.GetString())).OrderBy(p => p.Name, StringComparer.Ordinal),
                FixtureFiles.Digests(plain).Select(p => (p.Key, (string?)p.Value)));
        }
    }

    [Fact]
    public void Every_refused_file_exits_with_3()
    {
        foreach (string name in FixtureFiles.Refused)
        {
            File.WriteAllBytes(_shell.PathOf(name), FixtureFiles.Bytes(name));
            _shell.Run("convert", "~/" + name, "~/plain.h5").Failed(ExitCode.File, name);
            Assert.Equal(ExitCode.File, _shell.Run("verify", "~/" + name).Code);
            Assert.False(File.Exists(_shell.PathOf("plain.h5")));
        }
    }

    [Fact]
    public void Verify_tells_of_damage_and_exits_with_3()
    {
        _shell.Run(["synth", "~/w.h5", .. Small]).Succeeded();
        byte[] bytes = File.ReadAllBytes(_shell.PathOf("w.h5"));
        File.WriteAllBytes(_shell.PathOf("w.h5"), bytes[..^5]);
        Outcome outcome = _shell.Run("verify", "~/w.h5", "--json");
        Assert.Equal(ExitCode.File, outcome.Code);
        using JsonDocument json = JsonDocument.Parse(outcome.Out);
        Assert.False(json.RootElement.GetProperty("sound").GetBoolean());
        Assert.Contains("truncated", outcome.Error, StringComparison.Ordinal);

        _shell.Run(["synth", "~/" + PublishedWeights.ImageNet.FileName, .. Small]).Succeeded();
        Outcome pretended = _shell.Run("verify", "~/" + PublishedWeights.ImageNet.FileName);
        Assert.Equal(ExitCode.File, pretended.Code);
        Assert.Contains("is not the published file, though it has its name", pretended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Info_of_what_is_no_weights_file_exits_with_3()
    {
        File.WriteAllText(_shell.PathOf("page.h5"), "<!DOCTYPE html><html></html>");
        _shell.Run("info", "~/page.h5").Failed(ExitCode.File, "page.h5");
        _shell.Run("info", "imagenet").Failed(ExitCode.File, "vggcuda weights fetch imagenet");
    }

    [Fact]
    public void Fetch_prints_the_path_and_finds_the_file_again()
    {
        byte[] content = [.. Enumerable.Range(0, 5000).Select(i => (byte)i)];
        using ScriptedServer server = new(content, Answers.Upto(2000));
        Publish(server, content);
        string path = _shell.PathOf(Path.Combine("home", OperatingSystem.IsWindows() ? Path.Combine("AppData", "Local") : ".cache", "vggcuda", "small.h5"));
        Outcome first = _shell.Run("fetch").Succeeded();
        Assert.Equal(path, first.Out.Trim());
        Assert.Contains("small.h5: the connection broke after 2000 of 5000 bytes; trying again in", first.Error, StringComparison.Ordinal);
        Assert.Contains("Downloaded; its MD5", first.Error, StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllBytes(path));

        File.Copy(path, _shell.PathOf("copy.h5"));
        Outcome verified = _shell.Run("verify", "~/copy.h5");
        Assert.Contains("File:     the published file 'small': size and MD5 are right", verified.Out, StringComparison.Ordinal);
        Assert.Equal(ExitCode.File, verified.Code);

        Outcome second = _shell.Run("fetch", "SMALL", "--quiet").Succeeded();
        Assert.Equal((path, ""), (second.Out.Trim(), second.Error));
        Assert.Equal(2, server.Requests.Count);

        Outcome elsewhere = _shell.Run("fetch", "--to", "~/here").Succeeded();
        Assert.Equal(_shell.PathOf(Path.Combine("here", "small.h5")), elsewhere.Out.Trim());
        Assert.Contains("Copied from a cache", elsewhere.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Fetch_from_a_mirror_demands_the_published_file()
    {
        using ScriptedServer mirror = new([1, 2, 3]);
        Publish(mirror, [1, 2, 4]);
        _shell.Run("fetch", "small", "--url", mirror.Address.AbsoluteUri).Failed(ExitCode.File, "sent another file", "--url");
        _shell.Run("fetch", "small", "--url", "ftp://127.0.0.1/x").Failed(ExitCode.Usage, "no http or https address");
        _shell.Run("fetch", "smal").Failed(ExitCode.Usage, "Did you mean 'small'?");
    }

    [Fact]
    public async Task Cancelling_a_fetch_exits_with_130_and_says_how_to_go_on()
    {
        byte[] content = new byte[5000];
        using ScriptedServer server = new(content, Answers.StallAfter(2000));
        Publish(server, content);
        using CancellationTokenSource ctrlC = new();
        Task<Outcome> run = _shell.RunAsync(ctrlC.Token, "fetch", "--to", _shell.PathOf("here"));
        string target = _shell.PathOf(Path.Combine("here", "small.h5"));
        for (int i = 0; i < 12_000 && WeightDownload.BytesKept(target) < 2000; i++)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        await ctrlC.CancelAsync();
        Outcome outcome = await run;
        Assert.Equal(ExitCode.Cancelled, outcome.Code);
        Assert.Contains("2000 of 5000 bytes are kept", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("The same command goes on from there.", outcome.Error, StringComparison.Ordinal);

        Outcome resumed = await _shell.RunAsync(TestContext.Current.CancellationToken, "fetch", "--to", _shell.PathOf("here"));
        Assert.Equal(0, resumed.Code);
        Assert.Contains("2000 of 5000 bytes are there from an earlier download.", resumed.Error, StringComparison.Ordinal);
        Assert.Equal("bytes=2000-", server.Requests[1].Range);
    }

#pragma warning disable CA5351 // MD5 is what is published.
    private void Publish(ScriptedServer server, byte[] content) =>
        _shell.Published = [new PublishedWeights("small", "small.h5", server.Address, content.Length, Convert.ToHexStringLower(MD5.HashData(content)), "a test's file")];
#pragma warning restore CA5351
}
