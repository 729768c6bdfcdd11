namespace VggCuda.Engine.Backends;

/// <summary>Notices a second thread in a backend: every public operation enters, and what another thread does meanwhile is refused before it touches anything.</summary>
/// <remarks>One compare and exchange for an operation, and a comparison for one inside another: a step's operations lie inside its replay.</remarks>
/// <param name="backend">What the backend is called, for the message.</param>
public sealed class BackendUse(string backend)
{
    private int _thread;

    /// <summary>Enters; the visit is disposed of when the operation is done.</summary>
    /// <exception cref="InvalidOperationException">Another thread is inside.</exception>
    public Visit Enter()
    {
        int own = Environment.CurrentManagedThreadId;
        if (Volatile.Read(ref _thread) == own)
        {
            return default;
        }

        return Interlocked.CompareExchange(ref _thread, own, 0) == 0
            ? new Visit(this)
            : throw new InvalidOperationException($"Two threads use one {backend} backend at a time. It would mix up what they compute, so this is refused: open a backend for each thread, or let one wait for the other.");
    }

    /// <summary>An operation under way.</summary>
    public readonly ref struct Visit
    {
        private readonly BackendUse? _use;

        internal Visit(BackendUse use) => _use = use;

        /// <summary>Ends it; of operations one inside another the outermost counts.</summary>
        public void Dispose()
        {
            if (_use is not null)
            {
                Volatile.Write(ref _use._thread, 0);
            }
        }
    }
}
