using VggCuda.Hdf5Loader.Files;
using VggCuda.Tests.Shared;

namespace VggCuda.Hdf5Loader.Tests.Files;

/// <summary>Downloads that wait, give up, or are ended from outside.</summary>
public sealed class WeightDownloadEndTests : WeightDownloadTest
{
    [Fact]
    public async Task Cancelling_before_the_first_byte_leaves_nothing()
    {
        using ScriptedServer server = new(Content, Answers.Silence);
        using CancellationTokenSource ctrlC = new();
        Task run = RunAsync(server, ctrlC: ctrlC);
        await UntilAsync(() => server.Requests.Count == 1);
        await ctrlC.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Empty(Folder.Names);
    }

    [Fact]
    public async Task A_server_without_ranges_that_always_breaks_is_given_up()
    {
        using ScriptedServer server = new(Content, [.. Enumerable.Repeat(Answers.Whole(100_000), 50)]);
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => RunAsync(server, new DownloadSettings { MostStartOvers = 100 }));
        Assert.Contains("6 attempts in a row brought nothing", e.Message, StringComparison.Ordinal);
        Assert.InRange(server.Requests.Count, 6, 8);
    }

    [Fact]
    public async Task Starting_over_has_an_end()
    {
        using ScriptedServer server = new(Content, [.. Enumerable.Range(0, 50).Select(i => Answers.Whole(40_000 + (i * 5_000)))]);
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => RunAsync(server, new DownloadSettings { WorthwhileBytes = 1 }));
        Assert.Contains("had to begin anew 3 times", e.Message, StringComparison.Ordinal);
        Assert.Equal(5, server.Requests.Count);
    }

    [Fact]
    public async Task Retry_after_is_obeyed_in_seconds_and_as_a_date()
    {
        string date = DateTimeOffset.UtcNow.AddSeconds(100).ToString("r");
        using ScriptedServer server = new(
            Content, Answers.Status("429 Too Many Requests", "Retry-After: 7"), Answers.Status("503 Service Unavailable", $"Retry-After: {date}"));
        await RunAsync(server);
        AssertFetched();
        Assert.Equal("the server answers 429 Too Many Requests; trying again in 7 s", Notes.First());
        Assert.Matches("the server answers 503 Service Unavailable; trying again in ([5-9][0-9](\\.[0-9])?|100) s", Notes.Last());
    }

    [Fact]
    public async Task A_retry_after_beyond_patience_is_told()
    {
        using ScriptedServer server = new(Content, Answers.Status("429 Too Many Requests", "Retry-After: 7200"));
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => RunAsync(server));
        Assert.Contains("asks to wait 120 minutes", e.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Passing_faults_are_tried_again_after_waits_that_double_up_to_a_limit()
    {
        using ScriptedServer server = new(
            Content, Answers.Status("503 Service Unavailable"), Answers.Status("500 Oops"), Answers.Status("502 Bad Gateway"), Answers.Status("504 Gateway Timeout"), Answers.Status("408 Request Timeout"));
        await RunAsync(server, new DownloadSettings { LongestDelay = TimeSpan.FromSeconds(10) });
        AssertFetched();
        Assert.Equal(["1 s", "2 s", "4 s", "8 s", "10 s"], Notes.Select(n => n.Split("again in ")[1]));
    }

    [Fact]
    public async Task The_jitter_shortens_a_wait_by_half_at_most()
    {
        using ScriptedServer server = new(Content, Answers.Status("503 Service Unavailable"), Answers.Status("503 Service Unavailable"));
        await RunAsync(server, new DownloadSettings { Jitter = () => 0 });
        Assert.Equal(["0.5 s", "1 s"], Notes.Select(n => n.Split("again in ")[1]));
    }

    [Fact]
    public async Task A_server_that_stays_down_is_given_up_and_the_part_kept()
    {
        using ScriptedServer server = new(Content, [Answers.Upto(80_000), .. Enumerable.Repeat(Answers.Status("503 Service Unavailable"), 20)]);
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
        using ScriptedServer server = new(Content, Answers.Status(status));
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => RunAsync(server));
        Assert.Contains(status, e.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
        Assert.Empty(Folder.Names);
    }

    [Fact]
    public async Task Another_file_of_the_same_size_is_thrown_away()
    {
        using ScriptedServer server = new(Bytes(2));
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => RunAsync(server));
        Assert.Contains($"the published one has {File.Md5}", e.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
        Assert.Empty(Folder.Names);
    }

    [Fact]
    public async Task A_page_instead_of_the_file_is_refused_before_its_body()
    {
        using ScriptedServer server = new(Content, Answers.Page("<html>Log in first.</html>"));
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => RunAsync(server));
        Assert.Contains("26 bytes, text/html; the published one has 300000", e.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData("ftp://127.0.0.1/w.h5")]
    [InlineData("file:///etc/passwd")]
    [InlineData("data:text/plain,x")]
    [InlineData("javascript:alert(1)")]
    [InlineData("ws://127.0.0.1:1/w.h5")]
    [InlineData("wss://127.0.0.1:1/w.h5")]
    [InlineData("gopher://x")]
    [InlineData("http://")]
    [InlineData("http://[::bad/w.h5")]
    [InlineData("http:///w.h5")]
    [InlineData("http://a b/w.h5")]
    [InlineData("http://127.0.0.1:99999/")]
    [InlineData("//")]
    [InlineData("mailto:x@y")]
    public async Task A_redirect_that_cannot_be_followed_is_the_servers_fault(string location)
    {
        using ScriptedServer server = new(Content, [.. Enumerable.Repeat(Answers.Status("302 Found", $"Location: {location}"), 20)]);
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => RunAsync(server));
        Assert.StartsWith($"http://127.0.0.1:{server.Port}/w.h5: ", e.Message, StringComparison.Ordinal);
        Assert.Empty(Folder.Names);
    }

    [Fact]
    public async Task An_answer_that_trickles_is_left_and_the_transfer_resumed()
    {
        using ScriptedServer server = new(Content, async x =>
        {
            await Answers.Upto(1000)(x);
            for (int at = 1000; !x.End.IsCancellationRequested; at += 10)
            {
                await Task.Delay(20, x.End);
                await x.BodyAsync(x.Server.Content.AsMemory(at, 10));
            }
        });
        await RunAsync(server, new DownloadSettings { LeastBytes = 100_000, SlowPeriod = TimeSpan.FromMilliseconds(300) });
        AssertFetched();
        Assert.Equal(2, server.Requests.Count);
        Assert.True(server.Requests[1].From >= 1000);
        Assert.Contains(Notes, n => n.Contains("bytes came in 0.3 s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_that_always_trickles_does_not_keep_a_download_for_ever()
    {
        using ScriptedServer server = new(Content, [.. Enumerable.Repeat<Func<Exchange, Task>>(async x =>
        {
            await Answers.Upto(10)(x);
            for (int at = x.From + 10; !x.End.IsCancellationRequested; at++)
            {
                await Task.Delay(20, x.End);
                await x.BodyAsync(x.Server.Content.AsMemory(at, 1));
            }
        }, 20)]);
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => RunAsync(server, new DownloadSettings { LeastBytes = 100_000, SlowPeriod = TimeSpan.FromMilliseconds(100) }));
        Assert.Contains("bytes came in 0.1 s. 6 attempts in a row brought nothing", e.Message, StringComparison.Ordinal);
        Assert.Contains("the same command goes on from there", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redirects_in_a_circle_end()
    {
        using ScriptedServer server = new(Content, [.. Enumerable.Repeat(Answers.Status("302 Found", "Location: /w.h5"), 50)]);
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => RunAsync(server));
        Assert.Contains("redirects too often", e.Message, StringComparison.Ordinal);
        Assert.Equal(11, server.Requests.Count);
    }

    [Fact]
    public async Task A_full_disk_ends_the_download_keeps_the_part_and_the_next_run_goes_on()
    {
        using ScriptedServer server = new(Content);
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
        using ScriptedServer server = new(Content);
        await System.IO.File.WriteAllBytesAsync(Target + ".part", Content[..100_000], TestContext.Current.CancellationToken);
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
        using ScriptedServer server = new(Content, Answers.StallAfter(100_000));
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
    public async Task A_link_in_the_place_of_the_part_is_not_followed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need rights there");
        await System.IO.File.WriteAllTextAsync(Folder["victim"], "mine", TestContext.Current.CancellationToken);
        System.IO.File.CreateSymbolicLink(Target + ".part", Folder["victim"]);
        using ScriptedServer server = new(Content);
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => RunAsync(server));
        Assert.Contains("w.h5.part: cannot be written: there is a link in its place", e.Message, StringComparison.Ordinal);
        Assert.Equal("mine", await System.IO.File.ReadAllTextAsync(Folder["victim"], TestContext.Current.CancellationToken));
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Nobody_listening_is_told_after_three_attempts()
    {
        int port;
        using (ScriptedServer gone = new(Content))
        {
            port = gone.Port;
        }

        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => RunAsync(new Uri($"http://127.0.0.1:{port}/w.h5?secret=1")));
        Assert.Contains("3 attempts in a row brought nothing", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", e.Message, StringComparison.Ordinal);
        Assert.Empty(Folder.Names);
    }

    [Fact]
    public async Task A_file_that_is_there_is_replaced_only_where_that_is_allowed()
    {
        await System.IO.File.WriteAllTextAsync(Target, "mine", TestContext.Current.CancellationToken);
        using ScriptedServer server = new(Content);
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
