using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VggCuda.Cli.Tests.Reports;

/// <summary>A headless Chromium with one page, driven over its DevTools protocol.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private static readonly TimeSpan Most = TimeSpan.FromMinutes(3);
    private readonly DirectoryInfo _profile = Directory.CreateTempSubdirectory("vggcuda-chromium-");
    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _end = new(TimeSpan.FromMinutes(10));
    private readonly Process _process;
    private int _last;
    private string? _session;

    private Browser(string program)
    {
        ProcessStartInfo start = new(program) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (string argument in (string[])["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars", "--window-size=1100,900", "--remote-debugging-port=0", $"--user-data-dir={_profile.FullName}", "about:blank"])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["HOME"] = _profile.FullName;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
    }

    /// <summary>Messages of pages at the level of errors, exceptions, and what could not be loaded or was forbidden.</summary>
    public List<string> Errors { get; } = [];

    /// <summary>The program, or null where it is not on the PATH.</summary>
    public static string? Program => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(p => Path.Combine(p, "chromium")).FirstOrDefault(File.Exists);

    public static async Task<Browser> StartAsync(string program)
    {
        Browser browser = new(program);
        try
        {
            const string mark = "DevTools listening on ";
            string? line;
            do
            {
                line = await browser._process.StandardError.ReadLineAsync(browser._end.Token);
            }
            while (line?.StartsWith(mark, StringComparison.Ordinal) == false);
            Assert.NotNull(line);
            _ = Task.Run(() => browser._process.StandardError.ReadToEndAsync(browser._end.Token));
            await browser._socket.ConnectAsync(new Uri(line[mark.Length..]), browser._end.Token);
            string target = (await browser.Call("Target.createTarget", new() { ["url"] = "about:blank" }))["targetId"]!.ToString();
            browser._session = (await browser.Call("Target.attachToTarget", new() { ["targetId"] = target, ["flatten"] = true }))["sessionId"]!.ToString();
            foreach (string domain in (string[])["Page", "Runtime", "Log"])
            {
                await browser.Call(domain + ".enable");
            }

            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a file and waits until it and all that it shows is loaded.</summary>
    public async Task Open(string path)
    {
        await Call("Page.navigate", new() { ["url"] = path.Contains("://", StringComparison.Ordinal) ? path : "file://" + path });
        await Until($"document.readyState === 'complete' && location.href !== 'about:blank' && document.body?.dataset.page !== undefined");
    }

    /// <summary>Waits until an expression of the page is true.</summary>
    public async Task Until(string expression)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!(bool)(await Evaluate($"Boolean({expression})"))!)
        {
            Assert.True(watch.Elapsed < Most, $"never came about: {expression}");
            await Task.Delay(20, _end.Token);
        }
    }

    /// <summary>The value of an expression; promises are awaited.</summary>
    public async Task<JsonNode?> Evaluate(string expression)
    {
        JsonNode answer = await Call("Runtime.evaluate", new() { ["expression"] = expression, ["returnByValue"] = true, ["awaitPromise"] = true });
        Assert.True(answer["exceptionDetails"] is null, answer.ToJsonString());
        return answer["result"]!["value"]?.DeepClone();
    }

    /// <summary>Presses a key: a character, or a name such as ArrowLeft.</summary>
    public async Task Press(string key)
    {
        JsonObject down = new() { ["type"] = "keyDown", ["key"] = key };
        if (key.Length == 1)
        {
            down["text"] = key;
        }
        else
        {
            down["windowsVirtualKeyCode"] = key switch { "ArrowLeft" => 37, "ArrowUp" => 38, "ArrowRight" => 39, "ArrowDown" => 40, "Enter" => 13, "Escape" => 27, "Tab" => 9, "Home" => 36, "End" => 35, _ => throw new ArgumentException(key) };
            if (key == "Enter")
            {
                down["text"] = "\r";
            }
        }

        await Call("Input.dispatchKeyEvent", down);
        await Call("Input.dispatchKeyEvent", new() { ["type"] = "keyUp", ["key"] = key });
    }

    public Task Type(string text) => Call("Input.insertText", new() { ["text"] = text });

    /// <summary>Scrolls down as a mouse wheel does; returns when that is over.</summary>
    /// <param name="pixels">How far.</param>
    /// <param name="speed">Pixels a second.</param>
    public Task Scroll(int pixels, int speed) => Call("Input.synthesizeScrollGesture", new() { ["x"] = 500, ["y"] = 500, ["yDistance"] = -pixels, ["speed"] = speed, ["gestureSourceType"] = "mouse", ["preventFling"] = true });

    /// <summary>Light or dark, screen or print.</summary>
    public Task Media(string scheme, string media = "screen") => Call("Emulation.setEmulatedMedia", new() { ["media"] = media, ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = scheme }) });

    /// <summary>What the window shows, as PNG.</summary>
    public async Task<byte[]> Screenshot() => Convert.FromBase64String((await Call("Page.captureScreenshot", new() { ["format"] = "png" }))["data"]!.ToString());

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        _socket.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        await _end.CancelAsync();
        _process.Dispose();
        _end.Dispose();
        for (int attempt = 0; _profile.Exists && attempt < 50; attempt++)
        {
            try
            {
                _profile.Delete(recursive: true);
            }
            catch (IOException)
            {
                // Children of the browser are still writing.
                await Task.Delay(100);
            }

            _profile.Refresh();
        }
    }

    private async Task<JsonNode> Call(string method, JsonObject? parameters = null)
    {
        int id = ++_last;
        JsonObject message = new() { ["id"] = id, ["method"] = method, ["params"] = parameters ?? [] };
        if (_session is not null)
        {
            message["sessionId"] = _session;
        }

        await _socket.SendAsync(Encoding.UTF8.GetBytes(message.ToJsonString()), WebSocketMessageType.Text, true, _end.Token);
        while (true)
        {
            JsonNode received = await Receive();
            if (received["id"] is { } number && (int)number == id)
            {
                Assert.True(received["error"] is null, $"{method}: {received["error"]?.ToJsonString()}");
                return received["result"]!;
            }

            Note(received);
        }
    }

    private void Note(JsonNode message)
    {
        JsonNode? parameters = message["params"];
        string? text = message["method"]?.ToString() switch
        {
            "Runtime.exceptionThrown" => parameters!.ToJsonString(),
            "Runtime.consoleAPICalled" when parameters!["type"]!.ToString() is "error" or "warning" or "assert" => parameters.ToJsonString(),
            "Log.entryAdded" when parameters!["entry"]!["level"]!.ToString() is "error" or "warning" => parameters.ToJsonString(),
            _ => null,
        };
        if (text is not null)
        {
            Errors.Add(text);
        }
    }

    private async Task<JsonNode> Receive()
    {
        using MemoryStream message = new();
        byte[] buffer = new byte[64 * 1024];
        ValueWebSocketReceiveResult part;
        do
        {
            part = await _socket.ReceiveAsync(buffer.AsMemory(), _end.Token);
            message.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return JsonNode.Parse(message.ToArray()) ?? throw new JsonException();
    }
}
