using System.Security.Cryptography;
using VggCuda.Hdf5Loader.Files;
using VggCuda.Tests.Shared;

namespace VggCuda.Hdf5Loader.Tests.Files;

/// <summary>What tests of downloads share: a small published file, a fresh folder, a fast clock.</summary>
public abstract class WeightDownloadTest : IDisposable
{
    private protected const int Size = 300_000;
    private readonly HttpClient _client = WeightDownload.CreateClient();

    private protected TemporaryFolder Folder { get; } = new();

    private protected byte[] Content { get; } = Bytes(1);

    private protected List<DownloadProgress> Reports { get; } = [];

    private protected string Target => Folder["w.h5"];

    private protected PublishedWeights File => new("test", "w.h5", new Uri("http://127.0.0.1:9/none"), Size, Md5(Content), "a test's file");

    private protected IEnumerable<string> Notes => Reports.Where(r => r.Note is not null).Select(r => r.Note!);

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _client.Dispose();
        Folder.Dispose();
    }

#pragma warning disable CA5351 // MD5 is what is published.
    private static string Md5(byte[] bytes) => Convert.ToHexStringLower(MD5.HashData(bytes));
#pragma warning restore CA5351

    private protected static byte[] Bytes(int seed)
    {
        byte[] bytes = new byte[Size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private protected static async Task UntilAsync(Func<bool> condition)
    {
        for (int i = 0; i < 1000 && !condition(); i++)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.True(condition());
    }

    private protected Task RunAsync(ScriptedServer server, DownloadSettings? settings = null, double speed = 1000, CancellationTokenSource? ctrlC = null) =>
        RunAsync(server.Address, settings, speed, false, ctrlC);

    private protected Task RunAsync(Uri address, DownloadSettings? settings = null, double speed = 1000, bool replace = false, CancellationTokenSource? ctrlC = null)
    {
        settings ??= new DownloadSettings();
        if (speed == 1000)
        {
            // At this speed the default limit would be 30 ms, which a busy machine may miss.
            settings = settings with { IdleLimit = TimeSpan.FromHours(10) };
        }

        if (settings.Jitter == Random.Shared.NextDouble)
        {
            settings = settings with { Jitter = () => 1 };
        }

        WeightDownload download = new(_client, settings, new FastTime(speed));
        return download.RunAsync(File, address, Target, replace, new Recorder(Reports), ctrlC?.Token ?? TestContext.Current.CancellationToken);
    }

    private protected void AssertFetched()
    {
        Assert.Equal(["w.h5"], Folder.Names);
        Assert.Equal(Content, System.IO.File.ReadAllBytes(Target));
    }

    private sealed class Recorder(List<DownloadProgress> reports) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value)
        {
            lock (reports)
            {
                reports.Add(value);
            }
        }
    }
}
