using System.Security.Cryptography;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader.Files;
using VggCuda.Tests.Shared;

namespace VggCuda.Hdf5Loader.Tests.Files;

/// <summary>Folders, the choice of weights, and fetching through the caches.</summary>
public sealed class WeightsFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private WeightsFolders Folders => new(_folder["keras"], _folder["own"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Folders_follow_the_environment()
    {
        string home = _folder.Path;
        string Own(params (string, string)[] variables) =>
            WeightsFolders.Find(n => variables.FirstOrDefault(v => v.Item1 == n).Item2, home).Own;
        string keras = WeightsFolders.Find(_ => null, home).Keras;
        Assert.Equal(Path.Combine(home, ".keras", "models"), keras);
        Assert.Equal(Path.Combine(home, "k", "models"), WeightsFolders.Find(n => n == "KERAS_HOME" ? Path.Combine(home, "k") : null, home).Keras);

        string fallback = OperatingSystem.IsWindows() ? Path.Combine(home, "AppData", "Local", "vggcuda") : Path.Combine(home, ".cache", "vggcuda");
        Assert.Equal(fallback, Own());
        Assert.Equal(fallback, Own(("XDG_CACHE_HOME", ""), ("VGGCUDA_CACHE", "")));
        Assert.Equal(fallback, Own(("XDG_CACHE_HOME", "relative")));
        Assert.Equal(Path.Combine(home, "x", "vggcuda"), Own(("XDG_CACHE_HOME", Path.Combine(home, "x"))));
        Assert.Equal(Path.Combine(home, "v"), Own(("XDG_CACHE_HOME", Path.Combine(home, "x")), ("VGGCUDA_CACHE", Path.Combine(home, "v"))));
    }

    [Fact]
    public void By_default_a_cached_ImageNet_file_comes_first_Kerass_before_ours_then_the_bundled_model()
    {
        WeightsChoice bundled = WeightsFiles.Find(null, Folders);
        Assert.True(bundled.IsBundled);
        Assert.Contains("vggcuda weights fetch", bundled.Explanation, StringComparison.Ordinal);

        string own = Sparse(Folders.Own, PublishedWeights.ImageNet);
        WeightsChoice fromOwn = WeightsFiles.Find(null, Folders);
        Assert.Equal(own, fromOwn.Path);
        Assert.Contains("--weights demo", fromOwn.Explanation, StringComparison.Ordinal);

        string keras = Sparse(Folders.Keras, PublishedWeights.ImageNet);
        Assert.Equal(keras, WeightsFiles.Find(null, Folders).Path);
        Assert.Equal(PublishedWeights.ImageNet, WeightsFiles.Find(null, Folders).Published);
    }

    [Fact]
    public void A_cached_file_of_another_size_is_passed_over()
    {
        Directory.CreateDirectory(Folders.Keras);
        File.WriteAllText(Path.Combine(Folders.Keras, PublishedWeights.ImageNet.FileName), "cut short");
        Assert.True(WeightsFiles.Find(null, Folders).IsBundled);
    }

    [Fact]
    public void The_users_word_decides()
    {
        string keras = Sparse(Folders.Keras, PublishedWeights.ImageNet);
        Assert.True(WeightsFiles.Find("demo", Folders).IsBundled);
        Assert.Null(WeightsFiles.Find("demo", Folders).Explanation);
        WeightsChoice imagenet = WeightsFiles.Find("imagenet", Folders);
        Assert.Equal((keras, PublishedWeights.ImageNet, null), (imagenet.Path, imagenet.Published, imagenet.Explanation));
        Assert.Equal(PublishedWeights.ImageNet, WeightsFiles.Find(keras, Folders).Published);

        File.WriteAllText(_folder["mine.h5"], "");
        Assert.Equal((_folder["mine.h5"], (PublishedWeights?)null, (string?)null), (WeightsFiles.Find(_folder["mine.h5"], Folders).Path, null, null));
    }

    [Theory]
    [InlineData("imagenet", "'vggcuda weights fetch imagenet' downloads its 527.8 MiB")]
    [InlineData("imagenet-notop", "'vggcuda weights fetch imagenet-notop' downloads its 56.2 MiB")]
    [InlineData("none.h5", "there is no such file")]
    [InlineData(".", "is a folder")]
    public void What_is_not_there_is_told_with_what_to_do(string choice, string expected) =>
        Assert.Contains(expected, Assert.Throws<WeightsException>(() => WeightsFiles.Find(choice, Folders)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Fetching_uses_a_cache_before_the_network()
    {
        byte[] content = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)];
        using ScriptedServer server = new(content);
        PublishedWeights file = Small(server, content);
        using HttpClient client = WeightDownload.CreateClient();
        WeightFetch fetch = new(Folders, new WeightDownload(client));

        // Nothing anywhere: downloaded into our cache, then found there.
        FetchResult first = await fetch.RunAsync(file, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(new FetchResult(Path.Combine(Folders.Own, "small.h5"), FetchSource.Downloaded), first);
        Assert.Equal(first with { Source = FetchSource.AlreadyThere }, await fetch.RunAsync(file, cancellation: TestContext.Current.CancellationToken));
        Assert.Single(server.Requests);

        // Copied into a folder of the user's choice, which is made.
        string elsewhere = _folder[Path.Combine("a", "b")];
        FetchResult copied = await fetch.RunAsync(file, elsewhere, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(new FetchResult(Path.Combine(elsewhere, "small.h5"), FetchSource.Copied), copied);
        Assert.Equal(content, File.ReadAllBytes(copied.Path));
        Assert.Single(server.Requests);

        // Damaged in our cache: fetched again, and replaced.
        byte[] damaged = (byte[])content.Clone();
        damaged[500] ^= 1;
        File.WriteAllBytes(first.Path, damaged);
        Assert.Equal(first, await fetch.RunAsync(file, cancellation: TestContext.Current.CancellationToken));
        Assert.Equal(content, File.ReadAllBytes(first.Path));
        Assert.Equal(2, server.Requests.Count);

        // Another file of that name in the user's folder: left alone.
        File.Delete(first.Path);
        File.WriteAllBytes(copied.Path, damaged);
        IOException e = await Assert.ThrowsAsync<IOException>(() => fetch.RunAsync(file, elsewhere, cancellation: TestContext.Current.CancellationToken));
        Assert.Contains("is there already", e.Message, StringComparison.Ordinal);
        Assert.Equal(damaged, File.ReadAllBytes(copied.Path));
    }

    [Fact]
    public async Task Fetching_reuses_Kerass_cache_but_no_damaged_file_in_it()
    {
        byte[] content = [1, 2, 3, 4, 5];
        using ScriptedServer server = new(content);
        PublishedWeights file = Small(server, content);
        using HttpClient client = WeightDownload.CreateClient();
        WeightFetch fetch = new(Folders, new WeightDownload(client));
        Directory.CreateDirectory(Folders.Keras);
        string keras = Path.Combine(Folders.Keras, "small.h5");
        File.WriteAllBytes(keras, content);
        Assert.Equal(new FetchResult(keras, FetchSource.KerasCache), await fetch.RunAsync(file, cancellation: TestContext.Current.CancellationToken));
        Assert.False(Directory.Exists(Folders.Own));
        Assert.Empty(server.Requests);

        byte[] damaged = [1, 2, 3, 4, 6];
        File.WriteAllBytes(keras, damaged);
        List<string> notes = [];
        FetchResult again = await fetch.RunAsync(file, progress: new Notes(notes), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(FetchSource.Downloaded, again.Source);
        Assert.Equal([$"{keras} has the name, but not the size and MD5 of the published file; it is passed over"], notes);
        Assert.Equal(damaged, File.ReadAllBytes(keras));
    }

    [Fact]
    public async Task A_link_from_our_cache_into_Kerass_is_not_written_through()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need rights there");
        byte[] content = [1, 2, 3, 4, 5];
        byte[] damaged = [1, 2, 3, 4, 6];
        using ScriptedServer server = new(content);
        PublishedWeights file = Small(server, content);
        using HttpClient client = WeightDownload.CreateClient();
        WeightFetch fetch = new(Folders, new WeightDownload(client));
        Directory.CreateDirectory(Folders.Keras);
        Directory.CreateDirectory(Folders.Own);
        string keras = Path.Combine(Folders.Keras, "small.h5");
        File.WriteAllBytes(keras, damaged);
        File.CreateSymbolicLink(Path.Combine(Folders.Own, "small.h5"), keras);
        IOException e = await Assert.ThrowsAsync<IOException>(() => fetch.RunAsync(file, cancellation: TestContext.Current.CancellationToken));
        Assert.Contains("which is only read from", e.Message, StringComparison.Ordinal);
        Assert.Equal(damaged, File.ReadAllBytes(keras));
        Assert.Empty(server.Requests);
    }

    [Fact]
    public void The_published_files_are_those_of_Kerass_applications()
    {
        Assert.Equal(
            [
                ("imagenet", 553_467_096L, "64373286793e3c8b2b4e3219cbf3544b"),
                ("imagenet-notop", 58_889_256L, "6d6bbae143d832006294945121d1f1fc"),
            ],
            PublishedWeights.All.Select(p => (p.Name, p.Size, p.Md5)));
        Assert.All(PublishedWeights.All, p => Assert.EndsWith("/vgg16/" + p.FileName, p.Address.AbsoluteUri, StringComparison.Ordinal));
        Assert.Equal(PublishedWeights.ImageNet, PublishedWeights.Named("ImageNet"));
        Assert.Null(PublishedWeights.Named("resnet"));
    }

    private sealed class Notes(List<string> notes) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value)
        {
            if (value.Note is not null)
            {
                notes.Add(value.Note);
            }
        }
    }

    private static string Sparse(string folder, PublishedWeights file)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, file.FileName);
        using FileStream stream = File.Create(path);
        // A hole: takes no room on the file systems tests run on.
        stream.SetLength(file.Size);
        return path;
    }

#pragma warning disable CA5351 // MD5 is what is published.
    private static PublishedWeights Small(ScriptedServer server, byte[] content) =>
        new("small", "small.h5", server.Address, content.Length, Convert.ToHexStringLower(MD5.HashData(content)), "a test's file");
#pragma warning restore CA5351
}
