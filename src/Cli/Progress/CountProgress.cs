using System.Diagnostics;
using System.Globalization;
using VggCuda.Cli.Hosting;

namespace VggCuda.Cli.Progress;

/// <summary>How far a long list is: a line on stderr now and then, the first after some seconds.</summary>
/// <param name="invocation">Where to say it.</param>
/// <param name="command">What the line begins with.</param>
/// <param name="what">What is counted, in the plural.</param>
/// <param name="total">How many there are.</param>
internal sealed class CountProgress(Invocation invocation, string command, string what, int total)
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private TimeSpan _next = Between;
    private int _done;

    /// <summary>Some more are done.</summary>
    public void Add(int more)
    {
        _done += more;
        if (_watch.Elapsed < _next || _done >= total)
        {
            return;
        }

        _next = _watch.Elapsed + Between;
        double rate = _done / _watch.Elapsed.TotalSeconds;
        invocation.Note(string.Create(CultureInfo.InvariantCulture, $"{command}: {_done} of {total} {what}, {rate:F1} a second, {(total - _done) / rate:F0} s left"));
    }
}
