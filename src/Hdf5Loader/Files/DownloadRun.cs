using System.Net.Http.Headers;
using VggCuda.Engine.Files;
using VggCuda.Engine.Hashing;

namespace VggCuda.Hdf5Loader.Files;

/// <summary>One download from its first request to the right checksum.</summary>
internal sealed class DownloadRun(
    HttpClient client,
    DownloadSettings settings,
    TimeProvider time,
    PublishedWeights file,
    Uri address,
    ResumablePart part,
    IProgress<DownloadProgress>? progress,
    CancellationToken cancellation)
{
    private const int BufferLength = 1 << 17;
    private static readonly TimeSpan BetweenReports = TimeSpan.FromMilliseconds(100);
    private readonly TransferRate _rate = new(time);
    private readonly byte[] _buffer = new byte[BufferLength];
    private long _lastReport;
    private long _farthest = part.Length;
    private int _failures;
    private int _startOvers;
    private bool _answered;
    private bool _rangesUsable = true;
    private bool _checksumFailed;

    // Whether the bytes may come from more than one version of the file: they came in several answers.
    private bool _pieced = part.Length > 0;

    private string Source => $"{address.Scheme}://{address.Authority}{address.AbsolutePath}";

    private string Kept => part.Length > 0
        ? $"\n{part.Length} of {file.Size} bytes are kept; the same command goes on from there."
        : "";

    public async Task ToEndAsync()
    {
        if (part.Length > file.Size)
        {
            Begin(null, "what an earlier download left is longer than the file; it begins anew");
        }

        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (part.Length == file.Size)
            {
                if (Check())
                {
                    return;
                }

                continue;
            }

            (string reason, TimeSpan? wait) = await AttemptAsync().ConfigureAwait(false);
            if (part.Length < file.Size)
            {
                await PauseAsync(reason, wait).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Does something with the local file; its failures are not the network's, so they are not tried again.</summary>
    public void Local(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DownloadException(
                $"{part.Target}: cannot be written: {e.Message}\n{part.Length} of {file.Size} bytes are kept; when there is room for the rest, the same command goes on from there.", e);
        }
    }

    /// <summary>Whether the whole file is the right one; if it was put together from several answers, it may be fetched once more.</summary>
    private bool Check()
    {
        string found = "";
        Relay relay = new(this);
        Local(() => found = Md5(relay));
        if (found == file.Md5)
        {
            return true;
        }

        if (_pieced && !_checksumFailed)
        {
            _checksumFailed = true;
            Begin(null, $"the file put together from several pieces has the MD5 {found}, not {file.Md5}; it is fetched once more from the beginning");
            return false;
        }

        part.Discard();
        throw new DownloadException(
            $"{Source}: sent another file: MD5 {found}, the published one has {file.Md5}. It was thrown away.\nTry again, or another address with --url.");
    }

    private async Task<(string Reason, TimeSpan? Wait)> AttemptAsync()
    {
        using CancellationTokenSource idle = new(settings.IdleLimit, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, cancellation);
        try
        {
            Report(DownloadPhase.Connecting, part.Length, null);
            using HttpRequestMessage request = Request();
            using HttpResponseMessage response = await client
                .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
            _answered = true;
            RangeAnswer answer = RangeAnswer.Judge(response, request.Headers.Range is null ? 0 : part.Length, file.Size, time.GetUtcNow());
            switch (answer.Kind)
            {
                case AnswerKind.Later:
                    return (answer.Reason, answer.RetryAfter);
                case AnswerKind.Hopeless:
                    throw new DownloadException($"{Source}: {answer.Reason}.{Kept}");
                case AnswerKind.RangeUnusable:
                    _rangesUsable = false;
                    Begin(null, $"{answer.Reason}; the file is fetched from the beginning");
                    return (answer.Reason, TimeSpan.Zero);
                case AnswerKind.FromStart when part.Length > 0:
                    Begin(RangeAnswer.Validator(response), "the server sends the file from the beginning, because it has changed or ranges are not to be had");
                    break;
                case AnswerKind.FromStart:
                    Restart(RangeAnswer.Validator(response));
                    break;
                default:
                    _pieced = true;
                    break;
            }

            return await ReceiveAsync(response, idle, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return ($"nothing came for {settings.IdleLimit.TotalSeconds:0} s", null);
        }
        catch (HttpRequestException e) when (e.InnerException is System.Security.Authentication.AuthenticationException)
        {
            throw new DownloadException($"{Source}: the secure connection failed: {e.InnerException.Message}{Kept}", e);
        }
        catch (Exception e) when (e is NotSupportedException or UriFormatException or InvalidOperationException)
        {
            // What .NET's client makes of a redirect to an address that it cannot follow.
            throw new DownloadException($"{Source}: redirects to an address that is not followed: {e.Message}{Kept}", e);
        }
        catch (HttpIOException e) when (e.HttpRequestError == HttpRequestError.ResponseEnded)
        {
            return ($"the connection broke after {part.Length} of {file.Size} bytes", null);
        }
        catch (Exception e) when (e is HttpRequestException or (IOException and not DownloadException))
        {
            return ($"the connection failed: {e.Message.TrimEnd('.')}", null);
        }
    }

    private HttpRequestMessage Request()
    {
        HttpRequestMessage request = new(HttpMethod.Get, address);
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        if (part.Length == 0 || !_rangesUsable)
        {
            return request;
        }

        request.Headers.Range = new RangeHeaderValue(part.Length, null);
        if (part.ReadNote() is string validator && RangeConditionHeaderValue.TryParse(validator, out RangeConditionHeaderValue? condition))
        {
            request.Headers.IfRange = condition;
        }

        return request;
    }

    private async Task<(string Reason, TimeSpan? Wait)> ReceiveAsync(HttpResponseMessage response, CancellationTokenSource idle, CancellationToken either)
    {
        using Stream body = await response.Content.ReadAsStreamAsync(either).ConfigureAwait(false);
        _rate.Restart();
        long since = time.GetTimestamp();
        long before = part.Length;
        while (true)
        {
            idle.CancelAfter(settings.IdleLimit);
            int read = await body.ReadAsync(_buffer, either).ConfigureAwait(false);
            if (read == 0)
            {
                return ($"the server ended after {part.Length} of {file.Size} bytes", null);
            }

            // Whatever a server may send beyond the file's size, the checksum judges the file.
            int taken = (int)Math.Min(read, file.Size - part.Length);
            Local(() => part.Append(_buffer.AsSpan(0, taken)));
            _rate.Add(taken);
            Report(DownloadPhase.Receiving, part.Length, null);
            if (part.Length == file.Size)
            {
                return ("", null);
            }

            if (time.GetElapsedTime(since) < settings.SlowPeriod)
            {
                continue;
            }

            if (part.Length - before < settings.LeastBytes)
            {
                return (FormattableString.Invariant($"only {part.Length - before} bytes came in {settings.SlowPeriod.TotalSeconds:0.#} s"), null);
            }

            (since, before) = (time.GetTimestamp(), part.Length);
        }
    }

    /// <summary>Counts a failed attempt and waits before the next one.</summary>
    private async Task PauseAsync(string reason, TimeSpan? wait)
    {
        // Only bytes beyond the farthest point so far are progress: a server without ranges that always breaks would go on for ever.
        _failures = part.Length >= _farthest + settings.WorthwhileBytes ? 0 : _failures + 1;
        _farthest = Math.Max(_farthest, part.Length);
        int most = _answered ? settings.MostFailures : settings.MostFailuresUnanswered;
        if (_failures >= most)
        {
            throw new DownloadException($"{Source}: {reason}. {_failures} attempts in a row brought nothing.{Kept}");
        }

        if (wait > settings.LongestRetryAfter)
        {
            throw new DownloadException($"{Source}: {reason} and asks to wait {wait.Value.TotalMinutes:0} minutes. Repeat the command then.{Kept}");
        }

        double doubled = settings.FirstDelay.TotalSeconds * Math.Pow(2, Math.Max(0, _failures - 1));
        double seconds = Math.Min(doubled, settings.LongestDelay.TotalSeconds) * (0.5 + (0.5 * settings.Jitter()));
        TimeSpan delay = wait ?? TimeSpan.FromSeconds(seconds);
        if (delay > TimeSpan.Zero)
        {
            Report(DownloadPhase.Waiting, part.Length, FormattableString.Invariant($"{reason}; trying again in {delay.TotalSeconds:0.#} s"));
            await Task.Delay(delay, time, cancellation).ConfigureAwait(false);
        }
    }

    private void Begin(string? validator, string why)
    {
        if (++_startOvers > settings.MostStartOvers)
        {
            throw new DownloadException($"{Source}: the download had to begin anew {settings.MostStartOvers} times; last because {why}. Try another address with --url.");
        }

        Report(DownloadPhase.Connecting, 0, why);
        Restart(validator);
    }

    private void Restart(string? validator)
    {
        Local(() => part.Restart(validator));
        _pieced = false;
    }

    private string Md5(IProgress<FileProgress> checking)
    {
        part.Content.Flush();
        return FileDigest.Of(part.Content, ContentHash.Md5, checking, cancellation);
    }

    private void Report(DownloadPhase phase, long done, string? note)
    {
        if (progress is null)
        {
            return;
        }

        long now = time.GetTimestamp();
        if (phase == DownloadPhase.Receiving && done < file.Size && _lastReport != 0 && time.GetElapsedTime(_lastReport, now) < BetweenReports)
        {
            return;
        }

        _lastReport = now;
        double rate = phase == DownloadPhase.Receiving ? _rate.Measure() : 0;
        TimeSpan? left = rate > 0 ? TimeSpan.FromSeconds((file.Size - done) / rate) : null;
        progress.Report(new DownloadProgress(phase, done, file.Size, rate, left, note));
    }

    private sealed class Relay(DownloadRun run) : IProgress<FileProgress>
    {
        public void Report(FileProgress value) => run.Report(DownloadPhase.Checking, value.Done, null);
    }
}
