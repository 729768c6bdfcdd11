using System.Security.Cryptography;
using VggCuda.Hdf5Loader.Files;

namespace VggCuda.Hdf5Loader.Tests.Files;

/// <summary>Downloads from a server on loopback that misbehaves.</summary>
public sealed class WeightDownloadTests : IDisposable
{
    private const int Size = 300_000;
    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _client = WeightDownload.CreateClient();
    private readonly byte[] _content = Bytes(1);
    private readonly List<DownloadProgress> _reports = [];

    private string Target => _folder["w.h5"];

    private PublishedWeights File => new("test", "w.h5", new Uri("http://127.0.0.1:9/none"), Size, Md5(_content), "a test's file");

    private IEnumerable<string> Notes => _reports.Where(r => r.Note is not null).Select(r => r.Note!);

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_whole_answer_becomes_the_file_and_leaves_nothing_beside_it()
    {
        using ScriptedServer server = new(_content);
        await RunAsync(server);
        AssertFetched();
        Assert.Equal("identity", Assert.Single(server.Requests).AcceptEncoding);
        Assert.Contains(_reports, r => r.Phase == DownloadPhase.Checking && r.Done == Size);
        Assert.Equal(Size, _reports.Where(r => r.Phase == DownloadPhase.Receiving).Max(r => r.Done));
    }

    [Fact]
    public async Task Cut_connections_are_resumed_under_the_same_entity_tag()
    {
        using ScriptedServer server = new(_content, Answers.Upto(100_000), Answers.Upto(70_000), Answers.Upto(50_000));
        await RunAsync(server);
        AssertFetched();
        Assert.Equal([null, "bytes=100000-", "bytes=170000-", "bytes=220000-"], server.Requests.Select(r => r.Range));
        Assert.Equal([null, "\"v1\"", "\"v1\"", "\"v1\""], server.Requests.Select(r => r.IfRange));
    }

    [Fact]
    public async Task A_later_run_goes_on_where_an_earlier_one_was_cancelled()
    {
        using ScriptedServer server = new(_content, Answers.StallAfter(120_000));
        using CancellationTokenSource ctrlC = new();
        Task first = RunAsync(server, ctrlC: ctrlC);
        await UntilAsync(() => WeightDownload.BytesKept(Target) == 120_000);
        await ctrlC.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(["w.h5.part", "w.h5.part.etag"], _folder.Names);
        Assert.Equal(120_000, WeightDownload.BytesKept(Target));

        await RunAsync(server);
        AssertFetched();
        Assert.Equal("bytes=120000-", server.Requests[1].Range);
        Assert.Equal("\"v1\"", server.Requests[1].IfRange);
    }

    [Fact]
    public async Task Cancelling_before_the_first_byte_leaves_nothing()
    {
        using ScriptedServer server = new(_content, Answers.Silence);
        using CancellationTokenSource ctrlC = new();
        Task run = RunAsync(server, ctrlC: ctrlC);
        await UntilAsync(() => server.Requests.Count == 1);
        await ctrlC.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Empty(_folder.Names);
    }

    [Fact]
    public async Task A_server_that_stalls_is_left_after_the_idle_limit_and_resumed()
    {
        using ScriptedServer server = new(_content, Answers.StallAfter(150_000), Answers.Silence);
        await RunAsync(server, new DownloadSettings { IdleLimit = TimeSpan.FromSeconds(30) }, speed: 60);
        AssertFetched();
        Assert.Equal("bytes=150000-", server.Requests[^1].Range);
        Assert.Equal(2, Notes.Count(n => n.StartsWith("nothing came for 30 s", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("bytes 99999-299999/300000")]
    [InlineData("bytes 0-299999/300000")]
    [InlineData("bytes 100000-400000/*")]
    [InlineData("bytes 100000-200000/300000")]
    [InlineData("bytes */300000")]
    [InlineData("lines 100000-299999/300000")]
    public async Task A_range_that_is_not_the_one_asked_for_is_refused_and_the_file_fetched_whole(string contentRange)
    {
        using ScriptedServer server = new(_content, Answers.Upto(100_000), Answers.Partial(contentRange, x => x.Server.Content[100_000..]));
        await RunAsync(server);
        AssertFetched();
        Assert.Equal([null, "bytes=100000-", null], server.Requests.Select(r => r.Range));
        Assert.Contains(Notes, n => n.StartsWith("asked for the bytes from 100000 on", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_range_of_a_file_of_another_size_ends_the_download_and_keeps_the_part()
    {
        using ScriptedServer server = new(_content, Answers.Upto(100_000), Answers.Partial("bytes 100000-299999/400000", x => x.Server.Content[100_000..]));
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => RunAsync(server));
        Assert.Contains("another file: 400000 bytes; the published one has 300000", e.Message, StringComparison.Ordinal);
        Assert.Contains("100000 of 300000 bytes are kept", e.Message, StringComparison.Ordinal);
        Assert.Equal(2, server.Requests.Count);
        Assert.Equal(100_000, WeightDownload.BytesKept(Target));
    }

    [Fact]
    public async Task A_file_that_changed_in_between_is_fetched_from_the_beginning()
    {
        byte[] old = Bytes(2);
        using ScriptedServer server = new(old, Answers.Upto(100_000), async x =>
        {
            x.Server.Content = _content;
            x.Server.ETag = "\"v2\"";
            await Answers.Upto(110_000)(x);
        });
        await RunAsync(server);
        AssertFetched();
        Assert.Equal(["\"v1\"", "\"v2\""], server.Requests.Skip(1).Select(r => r.IfRange));
        Assert.Equal([null, "bytes=100000-", "bytes=110000-"], server.Requests.Select(r => r.Range));
    }

    [Fact]
    public async Task The_whole_file_in_answer_to_a_range_starts_over()
    {
        using ScriptedServer server = new(_content, Answers.Upto(100_000), Answers.Whole());
        await RunAsync(server);
        AssertFetched();
        Assert.Contains(Notes, n => n.StartsWith("the server sends the file from the beginning", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_without_ranges_that_always_breaks_is_given_up()
    {
        using ScriptedServer server = new(_content, [.. Enumerable.Repeat(Answers.Whole(100_000), 50)]);
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => RunAsync(server, new DownloadSettings { MostStartOvers = 100 }));
        Assert.Contains("6 attempts in a row brought nothing", e.Message, StringComparison.Ordinal);
        Assert.InRange(server.Requests.Count, 6, 8);
    }

    [Fact]
    public async Task Starting_over_has_an_end()
    {
        using ScriptedServer server = new(_content, [.. Enumerable.Range(0, 50).Select(i => Answers.Whole(40_000 + (i * 5_000)))]);
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => RunAsync(server, new DownloadSettings { WorthwhileBytes = 1 }));
        Assert.Contains("had to begin anew 3 times", e.Message, StringComparison.Ordinal);
        Assert.Equal(5, server.Requests.Count);
    }

    [Fact]
    public async Task An_unsatisfiable_range_starts_over_without_one()
    {
        using ScriptedServer server = new(_content, Answers.Upto(100_000), Answers.Status("416 Range Not Satisfiable", "Content-Range: bytes */300000"));
        await RunAsync(server);
        AssertFetched();
        Assert.Equal([null, "bytes=100000-", null], server.Requests.Select(r => r.Range));
    }

    [Fact]
    public async Task An_unsatisfiable_range_of_a_shorter_file_is_another_file()
    {
        using ScriptedServer server = new(_content, Answers.Upto(100_000), Answers.Status("416 Range Not Satisfiable", "Content-Range: bytes */90000"));
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => RunAsync(server));
        Assert.Contains("another file: 90000 bytes", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_that_is_whole_already_asks_nobody()
    {
        await System.IO.File.WriteAllBytesAsync(Target + ".part", _content, TestContext.Current.CancellationToken);
        using ScriptedServer server = new(_content);
        await RunAsync(server);
        AssertFetched();
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_part_that_is_too_long_is_thrown_away()
    {
        await System.IO.File.WriteAllBytesAsync(Target + ".part", new byte[Size + 1], TestContext.Current.CancellationToken);
        using ScriptedServer server = new(_content);
        await RunAsync(server);
        AssertFetched();
        Assert.Null(Assert.Single(server.Requests).Range);
    }

    [Fact]
    public async Task Retry_after_is_obeyed_in_seconds_and_as_a_date()
    {
        string date = DateTimeOffset.UtcNow.AddSeconds(100).ToString("r");
        using ScriptedServer server = new(
            _content, Answers.Status("429 Too Many Requests", "Retry-After: 7"), Answers.Status("503 Service Unavailable", $"Retry-After: {date}"));
        await RunAsync(server);
        AssertFetched();
        Assert.Equal("the server answers 429 Too Many Requests; trying again in 7 s", Notes.First());
        Assert.Matches("the server answers 503 Service Unavailable; trying again in (9[0-9](\\.[0-9])?|100) s", Notes.Last());
    }

    [Fact]
    public async Task A_retry_after_beyond_patience_is_told()
    {
        using ScriptedServer server = new(_content, Answers.Status("429 Too Many Requests", "Retry-After: 7200"));
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => RunAsync(server));
        Assert.Contains("asks to wait 120 minutes", e.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Passing_faults_are_tried_again_after_waits_that_double_up_to_a_limit()
    {
        using ScriptedServer server = new(
            _content, Answers.Status("503 Service Unavailable"), Answers.Status("500 Oops"), Answers.Status("502 Bad Gateway"), Answers.Status("504 Gateway Timeout"), Answers.Status("408 Request Timeout"));
        await RunAsync(server, new DownloadSettings { LongestDelay = TimeSpan.FromSeconds(10) });
        AssertFetched();
        Assert.Equal(["1 s", "2 s", "4 s", "8 s", "10 s"], Notes.Select(n => n.Split("again in ")[1]));
    }

    [Fact]
    public async Task The_jitter_shortens_a_wait_by_half_at_most()
    {
        using ScriptedServer server = new(_content, Answers.Status("503 Service Unavailable"), Answers.Status("503 Service Unavailable"));
        await RunAsync(server, new DownloadSettings { Jitter = () => 0 });
        Assert.Equal(["0.5 s", "1 s"], Notes.Select(n => n.Split("again in ")[1]));
    }

    [Fact]
    public async Task A_server_that_stays_down_is_given_up_and_the_part_kept()
    {
        using ScriptedServer server = new(_content, [Answers.Upto(80_000), .. Enumerable.Repeat(Answers.Status("503 Service Unavailable"), 20)]);
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => RunAsync(server, new DownloadSettings { MostFailures = 4, WorthwhileBytes = 1000 }));
        Assert.Contains("503 Service Unavailable. 4 attempts in a row brought nothing", e.Message, StringComparison.Ordinal);
        Assert.Contains("80000 of 300000 bytes are kept; the same command goes on from there.", e.Message, StringComparison.Ordinal);
        Assert.Equal(5, server.Requests.Count);
    }

    [Theory]
    [InlineData("404 Not Found")]
    [InlineData("403 Forbidden")]
    [InlineData("410 Gone")]
    [InlineData("204 No Content")]
    public async Task Other_answers_are_not_tried_again(string status)
    {
        using ScriptedServer server = new(_content, Answers.Status(status));
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => RunAsync(server));
        Assert.Contains(status, e.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
        Assert.Empty(_folder.Names);
    }

    [Fact]
    public async Task Another_file_of_the_same_size_is_thrown_away()
    {
        using ScriptedServer server = new(Bytes(2));
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => RunAsync(server));
        Assert.Contains($"the published one has {File.Md5}", e.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
        Assert.Empty(_folder.Names);
    }

    [Fact]
    public async Task A_page_instead_of_the_file_is_refused_before_its_body()
    {
        using ScriptedServer server = new(_content, Answers.Page("<html>Log in first.</html>"));
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => RunAsync(server));
        Assert.Contains("26 bytes, text/html; the published one has 300000", e.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_body_without_a_length_that_ends_early_is_resumed_and_one_without_end_is_cut()
    {
        using ScriptedServer server = new(_content, Answers.Unsized(x => x.Server.Content[..100_000]));
        await RunAsync(server);
        AssertFetched();
        Assert.Equal("bytes=100000-", server.Requests[1].Range);

        System.IO.File.Delete(Target);
        using ScriptedServer endless = new(_content, Answers.Unsized(x => [.. x.Server.Content, .. new byte[1 << 20]]));
        await RunAsync(endless);
        AssertFetched();
    }

    [Fact]
    public async Task Pieces_that_do_not_fit_together_are_fetched_once_more()
    {
        await System.IO.File.WriteAllBytesAsync(Target + ".part", new byte[100_000], TestContext.Current.CancellationToken);
        using ScriptedServer server = new(_content);
        await RunAsync(server);
        AssertFetched();
        Assert.Equal(["bytes=100000-", null], server.Requests.Select(r => r.Range));
        Assert.Null(server.Requests[0].IfRange);
    }

    [Fact]
    public async Task Pieces_that_do_not_fit_twice_end_the_download()
    {
        using ScriptedServer server = new(Bytes(2), Answers.Upto(100_000), Answers.Well, Answers.Upto(100_000));
        await Assert.ThrowsAsync<DownloadException>(() => RunAsync(server));
        Assert.Equal(4, server.Requests.Count);
        Assert.Empty(_folder.Names);
    }

    [Fact]
    public async Task A_weak_entity_tag_is_no_validator_but_a_date_is()
    {
        const string date = "Mon, 19 Dec 2016 22:01:20 GMT";
        using ScriptedServer server = new(
            _content,
            async x =>
            {
                await x.HeadAsync("200 OK", $"Content-Length: {Size}", "ETag: W/\"v1\"", $"Last-Modified: {date}");
                await x.BodyAsync(x.Server.Content.AsMemory(0, 100_000));
            },
            Answers.Partial("bytes 100000-299999/300000", x => x.Server.Content[100_000..]));
        await RunAsync(server);
        AssertFetched();
        Assert.Equal(date, server.Requests[1].IfRange);
    }

    [Theory]
    [InlineData("301 Moved Permanently")]
    [InlineData("302 Found")]
    [InlineData("307 Temporary Redirect")]
    [InlineData("308 Permanent Redirect")]
    public async Task Redirects_are_followed_with_the_range(string status)
    {
        using ScriptedServer server = new(
            _content, Answers.Status(status, "Location: /a"), Answers.Upto(100_000), Answers.Status(status, "Location: /b"));
        await RunAsync(server);
        AssertFetched();
        Assert.Equal(["/w.h5", "/a", "/w.h5", "/b"], server.Requests.Select(r => r.Path));
        Assert.Equal("bytes=100000-", server.Requests[3].Range);
        Assert.Equal("\"v1\"", server.Requests[3].IfRange);
    }

    [Fact]
    public async Task Redirects_in_a_circle_end()
    {
        using ScriptedServer server = new(_content, [.. Enumerable.Repeat(Answers.Status("302 Found", "Location: /w.h5"), 50)]);
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => RunAsync(server));
        Assert.Contains("redirects too often", e.Message, StringComparison.Ordinal);
        Assert.Equal(11, server.Requests.Count);
    }

    [Fact]
    public async Task A_full_disk_ends_the_download_keeps_the_part_and_the_next_run_goes_on()
    {
        using ScriptedServer server = new(_content);
        DownloadSettings full = new() { OpenPart = path => new FullDisk(path, 131_000) };
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => RunAsync(server, full));
        Assert.Contains("No space left on device", e.Message, StringComparison.Ordinal);
        Assert.Contains("bytes are kept; when there is room for the rest, the same command goes on from there", e.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
        Assert.InRange(WeightDownload.BytesKept(Target), 0, 131_000);

        long kept = WeightDownload.BytesKept(Target);
        await RunAsync(server);
        AssertFetched();
        Assert.Equal(kept == 0 ? null : $"bytes={kept}-", server.Requests[1].Range);
    }

    [Fact]
    public async Task Too_little_space_is_told_before_anything_is_asked()
    {
        using ScriptedServer server = new(_content);
        await System.IO.File.WriteAllBytesAsync(Target + ".part", _content[..100_000], TestContext.Current.CancellationToken);
        DownloadSettings settings = new() { FreeSpace = _ => 199_999 };
        IOException e = await Assert.ThrowsAsync<IOException>(() => RunAsync(server, settings));
        Assert.Contains("needs 200,000 bytes, but only 199,999 bytes are free there; free 1 bytes", e.Message, StringComparison.Ordinal);
        Assert.Empty(server.Requests);

        await RunAsync(server, settings with { FreeSpace = _ => 200_000 });
        AssertFetched();
    }

    [Fact]
    public async Task Two_downloads_do_not_write_the_same_part()
    {
        using ScriptedServer server = new(_content, Answers.StallAfter(100_000));
        using CancellationTokenSource end = new();
        Task first = RunAsync(server, ctrlC: end);
        await UntilAsync(() => WeightDownload.BytesKept(Target) == 100_000);
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => RunAsync(server));
        Assert.Contains("another process is downloading this file", e.Message, StringComparison.Ordinal);
        Assert.Equal(100_000, WeightDownload.BytesKept(Target));
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await RunAsync(server);
        AssertFetched();
    }

    [Fact]
    public async Task Nobody_listening_is_told_after_three_attempts()
    {
        int port;
        using (ScriptedServer gone = new(_content))
        {
            port = gone.Port;
        }

        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => RunAsync(new Uri($"http://127.0.0.1:{port}/w.h5?secret=1")));
        Assert.Contains("3 attempts in a row brought nothing", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", e.Message, StringComparison.Ordinal);
        Assert.Empty(_folder.Names);
    }

    [Fact]
    public async Task A_file_that_is_there_is_replaced_only_where_that_is_allowed()
    {
        await System.IO.File.WriteAllTextAsync(Target, "mine", TestContext.Current.CancellationToken);
        using ScriptedServer server = new(_content);
        IOException e = await Assert.ThrowsAsync<IOException>(() => RunAsync(server));
        Assert.Contains("is there already", e.Message, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
        Assert.Equal("mine", await System.IO.File.ReadAllTextAsync(Target, TestContext.Current.CancellationToken));
        await RunAsync(server.Address, replace: true);
        AssertFetched();
    }

    [Fact]
    public async Task An_address_of_another_kind_is_a_wrong_argument() =>
        await Assert.ThrowsAsync<ArgumentException>(() => RunAsync(new Uri("file:///etc/passwd")));

#pragma warning disable CA5351 // MD5 is what is published.
    private static string Md5(byte[] bytes) => Convert.ToHexStringLower(MD5.HashData(bytes));
#pragma warning restore CA5351

    private static byte[] Bytes(int seed)
    {
        byte[] bytes = new byte[Size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (int i = 0; i < 1000 && !condition(); i++)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.True(condition());
    }

    private Task RunAsync(ScriptedServer server, DownloadSettings? settings = null, double speed = 1000, CancellationTokenSource? ctrlC = null) =>
        RunAsync(server.Address, settings, speed, false, ctrlC);

    private Task RunAsync(Uri address, DownloadSettings? settings = null, double speed = 1000, bool replace = false, CancellationTokenSource? ctrlC = null)
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
        return download.RunAsync(File, address, Target, replace, new Recorder(_reports), ctrlC?.Token ?? TestContext.Current.CancellationToken);
    }

    private void AssertFetched()
    {
        Assert.Equal(["w.h5"], _folder.Names);
        Assert.Equal(_content, System.IO.File.ReadAllBytes(Target));
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

    /// <summary>A file on a disk with room for so many bytes; the write that does not fit writes what does.</summary>
    private sealed class FullDisk(string path, long room) : FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 0)
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            int fits = (int)Math.Min(buffer.Length, room - Position);
            base.Write(buffer[..fits]);
            if (fits < buffer.Length)
            {
                throw new IOException("No space left on device");
            }
        }
    }
}
