using System.Diagnostics;
using System.Globalization;
using VggCuda.Cli.Hosting;

namespace VggCuda.Cli.Commands;

/// <summary>How far a long list of pictures is: a line on stderr now and then, the first after some seconds.</summary>
internal sealed class PredictProgress(Invocation invocation, int total)
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private TimeSpan _next = Between;
    private int _done;

    public void Add(int pictures)
    {
        _done += pictures;
        if (_watch.Elapsed < _next || _done >= total)
        {
            return;
        }

        _next = _watch.Elapsed + Between;
        double rate = _done / _watch.Elapsed.TotalSeconds;
        invocation.Note(string.Create(CultureInfo.InvariantCulture, $"predict: {_done} of {total} pictures, {rate:F1} a second, {(total - _done) / rate:F0} s left"));
    }
}
