using System.Net;
using System.Net.Http.Headers;

namespace VggCuda.Hdf5Loader.Files;

/// <summary>What to do with a server's answer.</summary>
internal enum AnswerKind
{
    /// <summary>The body continues the part.</summary>
    Continue,

    /// <summary>The body is the file from its beginning.</summary>
    FromStart,

    /// <summary>The range was answered wrongly: begin anew, and ask for no range.</summary>
    RangeUnusable,

    /// <summary>A passing fault: try again later.</summary>
    Later,

    /// <summary>Trying again is no use.</summary>
    Hopeless,
}

/// <summary>A server's answer to a request for a file or for the rest of it, judged by its status and headers alone.</summary>
/// <remarks>RFC 9110: sections 14 (ranges), 15.3.7 (206), 15.5.17 (416), 10.2.3 (Retry-After), 8.8.3 (entity tags), 13.1.5 (If-Range).</remarks>
/// <param name="Kind">What to do.</param>
/// <param name="Reason">What was wrong, a phrase; empty where nothing was.</param>
/// <param name="RetryAfter">How long the server asks to wait, or null.</param>
internal sealed record RangeAnswer(AnswerKind Kind, string Reason, TimeSpan? RetryAfter = null)
{
    /// <summary>Judges an answer.</summary>
    /// <param name="response">Status and headers.</param>
    /// <param name="have">Bytes of the part; a range was asked for from there on where it is above 0.</param>
    /// <param name="size">The file's size.</param>
    /// <param name="now">The time, for a Retry-After that is a date.</param>
    public static RangeAnswer Judge(HttpResponseMessage response, long have, long size, DateTimeOffset now)
    {
        int status = (int)response.StatusCode;
        return response.StatusCode switch
        {
            HttpStatusCode.OK => JudgeWhole(response, size),
            HttpStatusCode.PartialContent => JudgePartial(response, have, size),
            HttpStatusCode.RequestedRangeNotSatisfiable => response.Content.Headers.ContentRange?.Length is long length && length != size
                ? OtherSize(response, length, size)
                : new RangeAnswer(AnswerKind.RangeUnusable, $"the server has no range from byte {have} on"),
            HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError =>
                new RangeAnswer(AnswerKind.Later, $"the server answers {Status(response)}", Wait(response, now)),
            >= HttpStatusCode.Ambiguous and < HttpStatusCode.BadRequest =>
                new RangeAnswer(AnswerKind.Hopeless, $"the server redirects too often, or to another kind of address than before ({Status(response)}{(response.Headers.Location is Uri to ? $" to '{to.OriginalString}'" : "")})"),
            HttpStatusCode.ProxyAuthenticationRequired => new RangeAnswer(AnswerKind.Hopeless, $"the proxy wants to be told who you are ({Status(response)}); see HTTPS_PROXY"),
            _ => new RangeAnswer(AnswerKind.Hopeless, status < 400 ? $"the server answers {Status(response)}, which is no file" : $"the server answers {Status(response)}"),
        };
    }

    /// <summary>What If-Range may hold: the strong entity tag, else the date of the last change; null where there is neither.</summary>
    public static string? Validator(HttpResponseMessage response)
    {
        // A weak tag says "much the same", which is not enough to glue bytes together (RFC 9110, 13.1.5).
        if (response.Headers.ETag is { IsWeak: false } tag)
        {
            return tag.Tag;
        }

        return response.Content.Headers.LastModified?.ToString("r", System.Globalization.CultureInfo.InvariantCulture);
    }

    private static RangeAnswer JudgeWhole(HttpResponseMessage response, long size) =>
        response.Content.Headers.ContentLength is long length && length != size
            ? OtherSize(response, length, size)
            : new RangeAnswer(AnswerKind.FromStart, "");

    private static RangeAnswer JudgePartial(HttpResponseMessage response, long have, long size)
    {
        ContentRangeHeaderValue? range = response.Content.Headers.ContentRange;
        if (range?.Length is long length && length != size)
        {
            return OtherSize(response, length, size);
        }

        bool fits = have > 0
            && range is { HasRange: true } && string.Equals(range.Unit, "bytes", StringComparison.OrdinalIgnoreCase)
            && range.From == have && range.To < size
            && (response.Content.Headers.ContentLength is not long body || body == range.To - range.From + 1);
        return fits
            ? new RangeAnswer(AnswerKind.Continue, "")
            : new RangeAnswer(AnswerKind.RangeUnusable, $"asked for the bytes from {have} on, the server sent '{range?.ToString() ?? "no range"}'");
    }

    private static RangeAnswer OtherSize(HttpResponseMessage response, long length, long size)
    {
        string type = response.Content.Headers.ContentType?.MediaType is string media ? $", {media}" : "";
        return new RangeAnswer(AnswerKind.Hopeless, $"the server has another file: {length} bytes{type}; the published one has {size}");
    }

    private static TimeSpan? Wait(HttpResponseMessage response, DateTimeOffset now) => response.Headers.RetryAfter switch
    {
        { Delta: TimeSpan delta } => delta,
        { Date: DateTimeOffset date } => date > now ? date - now : TimeSpan.Zero,
        _ => null,
    };

    private static string Status(HttpResponseMessage response) =>
        string.IsNullOrEmpty(response.ReasonPhrase) ? $"{(int)response.StatusCode}" : $"{(int)response.StatusCode} {response.ReasonPhrase}";
}
