namespace VggCuda.Hdf5Loader.Files;

/// <summary>The speed of a transfer over its last five seconds.</summary>
internal sealed class TransferRate(TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);
    private readonly Queue<(long Timestamp, long Bytes)> _samples = [];
    private long _bytes;

    /// <summary>Forgets the past: a new attempt begins.</summary>
    public void Restart()
    {
        _samples.Clear();
        _bytes = 0;
        _samples.Enqueue((time.GetTimestamp(), 0));
    }

    /// <summary>Counts bytes.</summary>
    public void Add(int bytes) => _bytes += bytes;

    /// <summary>Bytes per second; call it some ten times a second.</summary>
    public double Measure()
    {
        long now = time.GetTimestamp();
        while (_samples.Count > 1 && time.GetElapsedTime(_samples.Peek().Timestamp, now) > Window)
        {
            _samples.Dequeue();
        }

        (long since, long before) = _samples.Count > 0 ? _samples.Peek() : (now, _bytes);
        _samples.Enqueue((now, _bytes));
        double seconds = time.GetElapsedTime(since, now).TotalSeconds;
        return seconds > 0 ? (_bytes - before) / seconds : 0;
    }
}
