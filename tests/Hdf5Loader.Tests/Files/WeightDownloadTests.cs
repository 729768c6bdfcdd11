using VggCuda.Hdf5Loader.Files;
using VggCuda.Tests.Shared;

namespace VggCuda.Hdf5Loader.Tests.Files;

/// <summary>Downloads that succeed from a server on loopback that cuts, stalls and lies about ranges.</summary>
public sealed class WeightDownloadTests : WeightDownloadTest
{
    [Fact]
    public async Task A_whole_answer_becomes_the_file_and_leaves_nothing_beside_it()
    {
        using ScriptedServer server = new(Content);
        await RunAsync(server);
        AssertFetched();
        Assert.Equal("identity", Assert.Single(server.Requests).AcceptEncoding);
        Assert.Contains(Reports, r => r.Phase == DownloadPhase.Checking && r.Done == Size);
        Assert.Equal(Size, Reports.Where(r => r.Phase == DownloadPhase.Receiving).Max(r => r.Done));
    }

    [Fact]
    public async Task Cut_connections_are_resumed_under_the_same_entity_tag()
    {
        using ScriptedServer server = new(Content, Answers.Upto(100_000), Answers.Upto(70_000), Answers.Upto(50_000));
        await RunAsync(server);
        AssertFetched();
        Assert.Equal([null, "bytes=100000-", "bytes=170000-", "bytes=220000-"], server.Requests.Select(r => r.Range));
        Assert.Equal([null, "\"v1\"", "\"v1\"", "\"v1\""], server.Requests.Select(r => r.IfRange));
        Assert.StartsWith("the connection broke after 100000 of 300000 bytes; trying again in ", Notes.First(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_later_run_goes_on_where_an_earlier_one_was_cancelled()
    {
        using ScriptedServer server = new(Content, Answers.StallAfter(120_000));
        using CancellationTokenSource ctrlC = new();
        Task first = RunAsync(server, ctrlC: ctrlC);
        await UntilAsync(() => WeightDownload.BytesKept(Target) == 120_000);
        await ctrlC.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(["w.h5.part", "w.h5.part.etag"], Folder.Names);
        Assert.Equal(120_000, WeightDownload.BytesKept(Target));

        await RunAsync(server);
        AssertFetched();
        Assert.Equal("bytes=120000-", server.Requests[1].Range);
        Assert.Equal("\"v1\"", server.Requests[1].IfRange);
    }

    [Fact]
    public async Task A_server_that_stalls_is_left_after_the_idle_limit_and_resumed()
    {
        using ScriptedServer server = new(Content, Answers.StallAfter(150_000), Answers.Silence);
        await RunAsync(server, new DownloadSettings { IdleLimit = TimeSpan.FromSeconds(30) }, speed: 60);
        AssertFetched();
        Assert.Equal("bytes=150000-", server.Requests[^1].Range);
        Assert.InRange(Notes.Count(n => n.StartsWith("nothing came for 30 s", StringComparison.Ordinal)), 2, 5);
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
        using ScriptedServer server = new(Content, Answers.Upto(100_000), Answers.Partial(contentRange, x => x.Server.Content[100_000..]));
        await RunAsync(server);
        AssertFetched();
        Assert.Equal([null, "bytes=100000-", null], server.Requests.Select(r => r.Range));
        Assert.Contains(Notes, n => n.StartsWith("asked for the bytes from 100000 on", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_range_of_a_file_of_another_size_ends_the_download_and_keeps_the_part()
    {
        using ScriptedServer server = new(Content, Answers.Upto(100_000), Answers.Partial("bytes 100000-299999/400000", x => x.Server.Content[100_000..]));
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
            x.Server.Content = Content;
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
        using ScriptedServer server = new(Content, Answers.Upto(100_000), Answers.Whole());
        await RunAsync(server);
        AssertFetched();
        Assert.Contains(Notes, n => n.StartsWith("the server sends the file from the beginning", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_unsatisfiable_range_starts_over_without_one()
    {
        using ScriptedServer server = new(Content, Answers.Upto(100_000), Answers.Status("416 Range Not Satisfiable", "Content-Range: bytes */300000"));
        await RunAsync(server);
        AssertFetched();
        Assert.Equal([null, "bytes=100000-", null], server.Requests.Select(r => r.Range));
    }

    [Fact]
    public async Task An_unsatisfiable_range_of_a_shorter_file_is_another_file()
    {
        using ScriptedServer server = new(Content, Answers.Upto(100_000), Answers.Status("416 Range Not Satisfiable", "Content-Range: bytes */90000"));
        DownloadException e = await Assert.ThrowsAsync<DownloadException>(() => RunAsync(server));
        Assert.Contains("another file: 90000 bytes", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_that_is_whole_already_asks_nobody()
    {
        await System.IO.File.WriteAllBytesAsync(Target + ".part", Content, TestContext.Current.CancellationToken);
        using ScriptedServer server = new(Content);
        await RunAsync(server);
        AssertFetched();
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_part_that_is_too_long_is_thrown_away()
    {
        await System.IO.File.WriteAllBytesAsync(Target + ".part", new byte[Size + 1], TestContext.Current.CancellationToken);
        using ScriptedServer server = new(Content);
        await RunAsync(server);
        AssertFetched();
        Assert.Null(Assert.Single(server.Requests).Range);
    }

    [Fact]
    public async Task A_body_without_a_length_that_ends_early_is_resumed_and_one_without_end_is_cut()
    {
        using ScriptedServer server = new(Content, Answers.Unsized(x => x.Server.Content[..100_000]));
        await RunAsync(server);
        AssertFetched();
        Assert.Equal("bytes=100000-", server.Requests[1].Range);

        System.IO.File.Delete(Target);
        using ScriptedServer endless = new(Content, Answers.Unsized(x => [.. x.Server.Content, .. new byte[1 << 20]]));
        await RunAsync(endless);
        AssertFetched();
    }

    [Fact]
    public async Task Pieces_that_do_not_fit_together_are_fetched_once_more()
    {
        await System.IO.File.WriteAllBytesAsync(Target + ".part", new byte[100_000], TestContext.Current.CancellationToken);
        using ScriptedServer server = new(Content);
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
        Assert.Empty(Folder.Names);
    }

    [Fact]
    public async Task A_weak_entity_tag_is_no_validator_but_a_date_is()
    {
        const string date = "Mon, 19 Dec 2016 22:01:20 GMT";
        using ScriptedServer server = new(
            Content,
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
            Content, Answers.Status(status, "Location: /a"), Answers.Upto(100_000), Answers.Status(status, "Location: /b"));
        await RunAsync(server);
        AssertFetched();
        Assert.Equal(["/w.h5", "/a", "/w.h5", "/b"], server.Requests.Select(r => r.Path));
        Assert.Equal("bytes=100000-", server.Requests[3].Range);
        Assert.Equal("\"v1\"", server.Requests[3].IfRange);
    }
}
