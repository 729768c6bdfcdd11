namespace VggCuda.Cli.Sweeps;

/// <summary>How long workers may say nothing before they count as hung.</summary>
/// <remarks>
/// A worker tells that it is alive with its steps, about once a second. How long a step takes depends on the device and on the layer, up to thousands of times between the
/// first layer and the last: so it is measured for each, and before there is a measure only a worker that also computes nothing counts as hung.
/// Time is that in which the process that watches was awake: a machine that sleeps, or a job that is stopped as a whole, makes nobody hang.
/// </remarks>
/// <param name="asked">What the user allows a worker with an order; zero for any time; null for what is measured.</param>
internal sealed class HangWatch(TimeSpan? asked)
{
    /// <summary>What is allowed at least where steps have been measured.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromMinutes(10);

    /// <summary>What is allowed where no step has been measured yet.</summary>
    public static readonly TimeSpan Unmeasured = TimeSpan.FromHours(1);

    /// <summary>How many times the longest silence between two steps is allowed.</summary>
    public const int TimesLongest = 30;

    // A gap between two looks that is longer was sleep.
    private static readonly TimeSpan MostBetweenLooks = TimeSpan.FromSeconds(1);

    // Of one processor: what a process that computes gets even on a machine that is far too busy.
    private const double LeastShare = 0.01;

    private readonly Dictionary<(string Device, int Part), TimeSpan> _longest = [];
    private long _looked = Environment.TickCount64;

    /// <summary>Time awake.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>Lets the time go on; to be called more often than once a second.</summary>
    public void Look()
    {
        long now = Environment.TickCount64;
        TimeSpan since = TimeSpan.FromMilliseconds(now - _looked);
        Now += since < MostBetweenLooks ? since : MostBetweenLooks;
        _looked = now;
    }

    /// <summary>Notes how long it took from one sign of life to the next while a part's units were drawn.</summary>
    public void Measure(string device, int part, TimeSpan silence)
    {
        if (silence > _longest.GetValueOrDefault((device, part)))
        {
            _longest[(device, part)] = silence;
        }
    }

    /// <summary>How long a worker may be silent, and whether a processor that works excuses it for longer; null for any time.</summary>
    /// <param name="device">Its device.</param>
    /// <param name="part">The part that it draws; null where it is starting.</param>
    public (TimeSpan Limit, bool IsExcused)? Limit(string device, int? part) =>
        asked == TimeSpan.Zero ? null
        : part is not int drawn ? (Unmeasured, true)
        : asked is { } given ? (given, false)
        : _longest.TryGetValue((device, drawn), out TimeSpan longest) ? (longest * TimesLongest > Least ? longest * TimesLongest : Least, false)
        : (Unmeasured, true);

    /// <summary>Whether processor time shows that something is computed; a GPU's worker shows nothing by it, since drivers wait busily.</summary>
    /// <param name="device">The worker's device.</param>
    /// <param name="processor">What it has taken of the processor.</param>
    /// <param name="over">In what time.</param>
    public static bool IsComputing(string device, TimeSpan processor, TimeSpan over) => device is "cpu" or "reference" && processor >= over * LeastShare;
}
