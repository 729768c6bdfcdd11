using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace VggCuda.Tests.Shared;

/// <summary>An HTTP/1.1 server on 127.0.0.1 that answers each request as the next entry of a script says, and well once the script is done.</summary>
internal sealed class ScriptedServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Queue<Func<Exchange, Task>> _script;
    private readonly Task _loop;

    public ScriptedServer(byte[] content, params Func<Exchange, Task>[] script)
    {
        Content = content;
        _script = new Queue<Func<Exchange, Task>>(script);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _loop = Task.Run(ServeAsync);
    }

    public byte[] Content { get; set; }

    public string ETag { get; set; } = "\"v1\"";

    public int Port { get; }

    public Uri Address => new($"http://127.0.0.1:{Port}/w.h5");

    /// <summary>The requests so far, headers in lower case.</summary>
    public List<Exchange> Requests { get; } = [];

    public void Dispose()
    {
        _end.Cancel();
        _listener.Stop();
        _loop.GetAwaiter().GetResult();
        _end.Dispose();
    }

    private async Task ServeAsync()
    {
        List<Task> open = [];
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_end.Token);
                open.Add(Task.Run(() => AnswerAsync(client)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                using NetworkStream stream = client.GetStream();
                Exchange? exchange = await Exchange.ReadAsync(this, stream, _end.Token);
                if (exchange is null)
                {
                    return;
                }

                Func<Exchange, Task>? answer;
                lock (Requests)
                {
                    Requests.Add(exchange);
                    _script.TryDequeue(out answer);
                }

                await (answer ?? Answers.Well)(exchange);
                await stream.FlushAsync(_end.Token);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or SocketException)
            {
                // The client went away, or the test is over.
            }
        }
    }
}

/// <summary>One request and the means to answer it. The connection is closed afterwards.</summary>
internal sealed class Exchange(ScriptedServer server, string path, Dictionary<string, string> headers, Stream stream, CancellationToken end)
{
    public ScriptedServer Server => server;

    public string Path => path;

    public string? Range => headers.GetValueOrDefault("range");

    public string? IfRange => headers.GetValueOrDefault("if-range");

    public string? AcceptEncoding => headers.GetValueOrDefault("accept-encoding");

    /// <summary>The first byte asked for.</summary>
    public int From => Range is string range ? int.Parse(range.AsSpan(6, range.Length - 7), CultureInfo.InvariantCulture) : 0;

    public CancellationToken End => end;

    public async Task HeadAsync(string status, params string[] lines) =>
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nConnection: close\r\n{string.Concat(lines.Select(l => l + "\r\n"))}\r\n"), end);

    public async Task BodyAsync(ReadOnlyMemory<byte> bytes) => await stream.WriteAsync(bytes, end);

    public static async Task<Exchange?> ReadAsync(ScriptedServer server, Stream stream, CancellationToken end)
    {
        StringBuilder text = new();
        byte[] one = new byte[1];
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, end) == 0)
            {
                return null;
            }

            text.Append((char)one[0]);
        }

        string[] lines = text.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Dictionary<string, string> headers = lines.Skip(1)
            .Select(l => l.Split(':', 2))
            .ToDictionary(p => p[0].Trim().ToLowerInvariant(), p => p[1].Trim());
        return new Exchange(server, lines[0].Split(' ')[1], headers, stream, end);
    }
}

/// <summary>Answers, good and bad.</summary>
internal static class Answers
{
    /// <summary>The file, or the rest of it where the validator fits.</summary>
    public static Task Well(Exchange x) => Upto(int.MaxValue)(x);

    /// <summary>As <see cref="Well"/>, but the connection ends after so many bytes of the body.</summary>
    public static Func<Exchange, Task> Upto(int bytes) => async x =>
    {
        bool rest = x.Range is not null && (x.IfRange is null || x.IfRange == x.Server.ETag);
        await BeginAsync(x, rest ? x.From : 0);
        byte[] content = x.Server.Content;
        int from = rest ? x.From : 0;
        await x.BodyAsync(content.AsMemory(from, Math.Min(bytes, content.Length - from)));
    };

    /// <summary>As <see cref="Upto"/>, but the connection stays open and silent.</summary>
    public static Func<Exchange, Task> StallAfter(int bytes) => async x =>
    {
        await Upto(bytes)(x);
        await Task.Delay(Timeout.Infinite, x.End);
    };

    /// <summary>Accepts the request and says nothing.</summary>
    public static Task Silence(Exchange x) => Task.Delay(Timeout.Infinite, x.End);

    /// <summary>The whole file with 200, whatever was asked for.</summary>
    public static Func<Exchange, Task> Whole(int bytes = int.MaxValue) => async x =>
    {
        await BeginAsync(x, 0);
        await x.BodyAsync(x.Server.Content.AsMemory(0, Math.Min(bytes, x.Server.Content.Length)));
    };

    /// <summary>206 with a Content-Range of its own.</summary>
    public static Func<Exchange, Task> Partial(string contentRange, Func<Exchange, byte[]> body) => async x =>
    {
        byte[] bytes = body(x);
        await x.HeadAsync("206 Partial Content", $"Content-Length: {bytes.Length}", $"Content-Range: {contentRange}");
        await x.BodyAsync(bytes);
    };

    /// <summary>A status with headers and no body.</summary>
    public static Func<Exchange, Task> Status(string status, params string[] headers) =>
        x => x.HeadAsync(status, [.. headers, "Content-Length: 0"]);

    /// <summary>200 with a body of another kind.</summary>
    public static Func<Exchange, Task> Page(string body) => async x =>
    {
        await x.HeadAsync("200 OK", "Content-Type: text/html", $"Content-Length: {body.Length}");
        await x.BodyAsync(Encoding.ASCII.GetBytes(body));
    };

    /// <summary>200 without a length: the body ends with the connection.</summary>
    public static Func<Exchange, Task> Unsized(Func<Exchange, byte[]> body) => async x =>
    {
        await x.HeadAsync("200 OK", $"ETag: {x.Server.ETag}");
        await x.BodyAsync(body(x));
    };

    private static Task BeginAsync(Exchange x, int from)
    {
        int length = x.Server.Content.Length;
        return from == 0
            ? x.HeadAsync("200 OK", $"Content-Length: {length}", $"ETag: {x.Server.ETag}", "Accept-Ranges: bytes")
            : x.HeadAsync("206 Partial Content", $"Content-Length: {length - from}", $"Content-Range: bytes {from}-{length - 1}/{length}", $"ETag: {x.Server.ETag}");
    }
}
