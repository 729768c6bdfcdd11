namespace VggCuda.Cli.Hosting;

/// <summary>Whether a command has something that a first signal must not lose: pictures that it draws, until they are in their files. Where it has nothing, a signal ends it within two seconds, whatever it waits for.</summary>
internal sealed class Keeping
{
    private int _depth;

    /// <summary>Whether there is something to keep.</summary>
    public bool IsActive => Volatile.Read(ref _depth) > 0;

    /// <summary>There is, until the scope is disposed of.</summary>
    public IDisposable Begin() => new Scope(this, 1);

    /// <summary>There is not while the scope lasts: the command waits for somebody else, such as the reader of a pipe.</summary>
    public IDisposable Suspend() => new Scope(this, -Volatile.Read(ref _depth));

    private sealed class Scope : IDisposable
    {
        private readonly Keeping _keeping;
        private readonly int _change;

        public Scope(Keeping keeping, int change)
        {
            (_keeping, _change) = (keeping, change);
            Interlocked.Add(ref keeping._depth, change);
        }

        public void Dispose() => Interlocked.Add(ref _keeping._depth, -_change);
    }
}
