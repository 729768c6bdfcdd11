using System.Diagnostics;

namespace VggCuda.Cli.Sweeps;

/// <summary>Units a minute over the last ten minutes: layers take their own times, so the whole run's mean would say little of what is being drawn.</summary>
internal sealed class SweepRate
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly Queue<(TimeSpan At, int Drawn)> _samples = new([(TimeSpan.Zero, 0)]);
    private (TimeSpan At, int Drawn) _last;

    /// <summary>0 where nothing has been drawn yet.</summary>
    public double PerMinute
    {
        get
        {
            (TimeSpan at, int drawn) = _samples.Peek();
            TimeSpan time = _watch.Elapsed - at;
            return _last.Drawn > drawn && time > TimeSpan.Zero ? (_last.Drawn - drawn) / time.TotalMinutes : 0;
        }
    }

    /// <summary>Notes how many have been drawn so far.</summary>
    public void Add(int drawn)
    {
        TimeSpan now = _watch.Elapsed;
        _last = (now, drawn);
        if (now - _samples.Last().At >= Between)
        {
            _samples.Enqueue(_last);
        }

        while (_samples.Count > 1 && now - _samples.Peek().At > Window)
        {
            _samples.Dequeue();
        }
    }
}
