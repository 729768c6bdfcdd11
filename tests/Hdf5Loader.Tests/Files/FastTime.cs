namespace VggCuda.Hdf5Loader.Tests.Files;

/// <summary>A clock whose timers run so many times faster than the wall's.</summary>
internal sealed class FastTime(double speed) : TimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new Timer(System.CreateTimer(callback, state, Scaled(dueTime), Scaled(period)), this);

    private TimeSpan Scaled(TimeSpan span) => span < TimeSpan.Zero ? span : span / speed;

    private sealed class Timer(ITimer inner, FastTime owner) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => inner.Change(owner.Scaled(dueTime), owner.Scaled(period));

        public void Dispose() => inner.Dispose();

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
